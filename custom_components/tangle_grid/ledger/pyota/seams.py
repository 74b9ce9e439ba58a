"""What pyota takes from others: its fast Curl (`ccurl`), its Kerl, and the version of itself that it looks up.

pyota imports `Curl` from a module named `ccurl` when there is one, and asks `pkg_resources` for its own version.
The sponges here keep pyota's interface, lists of trits that they read and write in place, and compute with ours.
"""

from types import ModuleType, SimpleNamespace
from typing import Any, Final

from ..trinary import HASH_TRITS, Curl, trits_to_int, trits_to_trytes
from ..trinary.codec import int_to_trits
from ..trinary.keccak import load_keccak
from ..trinary.kerl import number_of, to_bytes

PYOTA_VERSION: Final = "2.1.0"


def _pad(trits: list[int]) -> None:
    """Fill the list up to whole blocks, in place as pyota's sponges do; an empty list stays empty."""
    trits += [0] * (-len(trits) % HASH_TRITS)


def _check_length(length: int) -> None:
    if length < 1:
        raise ValueError("Invalid length passed to a sponge")


class ListCurl:
    """Curl-P-81 with the interface of pyota's `Curl`."""

    def __init__(self) -> None:
        self._sponge = Curl()

    def reset(self) -> None:
        """Start again."""
        self._sponge.reset()

    def absorb(self, trits: list[int], offset: int = 0, length: int | None = None) -> None:
        """Absorb blocks of 243 trits; a short block leaves the rest of the public state as it is."""
        _pad(trits)
        end = len(trits) if length is None else length
        _check_length(end)
        for start in range(offset, end, HASH_TRITS):
            block = trits[start : min(start + HASH_TRITS, end)]
            if len(block) < HASH_TRITS:
                block += self._sponge.public_trits()[len(block) :]
            self._sponge.absorb_trytes(trits_to_trytes(block))

    def squeeze(self, trits: list[int], offset: int = 0, length: int | None = HASH_TRITS) -> None:
        """Write blocks of 243 trits into the list, which grows as needed."""
        count = HASH_TRITS if length is None else length
        if count % HASH_TRITS:
            raise ValueError("Invalid length passed to a sponge")
        trits.extend([0] * (count - len(trits)))
        if len(trits) - offset < HASH_TRITS:
            raise ValueError("Invalid offset passed to a sponge")
        for start in range(offset, offset + count, HASH_TRITS):
            trits[start : start + HASH_TRITS] = self._sponge.squeeze_trits()


class ListKerl:
    """Kerl with the interface of pyota's `Kerl`."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start again."""
        self.k = load_keccak()()

    def absorb(self, trits: list[int], offset: int = 0, length: int | None = None) -> None:
        """Absorb blocks of 243 trits; the last trit of each full block becomes zero, in the list as well."""
        _pad(trits)
        end = len(trits) if length is None else length
        _check_length(end)
        for start in range(offset, end, HASH_TRITS):
            stop = min(start + HASH_TRITS, end)
            if stop - start == HASH_TRITS:
                trits[stop - 1] = 0
            self.k.update(to_bytes(trits_to_int(trits[start:stop])))

    def squeeze(self, trits: list[int], offset: int = 0, length: int | None = None) -> None:
        """Write blocks of 243 trits into the list, which grows as needed."""
        _pad(trits)
        end = (len(trits) or HASH_TRITS) if length is None else length
        _check_length(end)
        for start in range(offset, end, HASH_TRITS):
            digest = self.k.digest()
            stop = min(HASH_TRITS, end - start)
            trits[start : start + stop] = int_to_trits(number_of(digest))[:stop]
            self.reset()
            self.k.update(bytes([byte ^ 0xFF for byte in digest]))


def _module(name: str, **content: Any) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(content, __all__=list(content))
    return module


def modules() -> dict[str, ModuleType]:
    """Return the modules that must stand in `sys.modules`, by name, while pyota is imported."""
    return {
        "pkg_resources": _module("pkg_resources", require=lambda _name: [SimpleNamespace(version=PYOTA_VERSION)]),
        "ccurl": _module("ccurl", Curl=ListCurl, HASH_LENGTH=HASH_TRITS),
        "iota.crypto.kerl.pykerl": _module(
            "iota.crypto.kerl.pykerl", Kerl=ListKerl, BYTE_HASH_LENGTH=48, TRIT_HASH_LENGTH=HASH_TRITS
        ),
    }
