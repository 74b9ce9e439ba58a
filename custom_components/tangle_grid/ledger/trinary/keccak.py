"""Keccak-384 with the original padding, before FIPS 202, on which Kerl stands.

It comes from a package that is installed when the first ledger is opened. It is looked for when it is needed, so that
everything that does no arithmetic loads without it.
"""

import importlib
from collections.abc import Callable
from functools import cache
from typing import Protocol, cast


class Keccak(Protocol):
    """What is being hashed."""

    def update(self, data: bytes, /) -> None:
        """Absorb more bytes."""

    def digest(self) -> bytes:
        """Return the 48 bytes of what was absorbed so far."""


@cache
def load_keccak() -> Callable[..., Keccak]:
    """Return the function that begins a hash, of the bytes that it is given.

    Raises:
        ImportError: The package is not installed.
    """
    return cast("Callable[..., Keccak]", importlib.import_module("sha3").keccak_384)
