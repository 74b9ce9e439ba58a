"""Salted commitments: a hash that binds whoever published it to data, and tells nobody else anything of them.

The commitment is SHA-256 over a constant, a salt of 32 bytes that nobody can guess, and the canonical encoding (RFC
8785) of the data. A salt is derived (HKDF with SHA-256, RFC 5869) from a person's key and the name of what it is for,
so that only the key has to be kept. A key that was destroyed cannot be made again: the one that follows is derived from
it, and not the other way round. Whoever restores a backup has the old key again, and with it all that follow.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ...protocol import ProtocolError, canonical

SALT_BYTES: Final = 32
_KEY_BYTES: Final = 32
_COMMITMENT: Final = b"tangle_grid commitment, version 1\0"
_DERIVATION: Final = b"tangle_grid personal keys, version 1"


def new_key() -> str:
    """Return a person's first key, 64 hexadecimal digits, from the operating system's source of randomness."""
    return secrets.token_hex(_KEY_BYTES)


def _derived(key: str, *use: str) -> bytes:
    return HKDF(SHA256(), SALT_BYTES, _DERIVATION, canonical(use)).derive(bytes.fromhex(key))


def following_key(key: str) -> str:
    """Return the key that takes the place of one that is destroyed."""
    return _derived(key, "next").hex()


def salt_of(key: str, name: str) -> str:
    """Return the salt (64 hexadecimal digits) for what has this name, such as a payment's id."""
    return _derived(key, "salt", name).hex()


def commit(data: Mapping[str, Any], salt: str) -> str:
    """Return the commitment to the data, 64 hexadecimal digits. `salt` is 64 hexadecimal digits.

    Raises:
        ValueError: the salt is none.
        ProtocolError: malformed. The data are no JSON that can be encoded canonically.
    """
    plain = bytes.fromhex(salt)
    if len(plain) != SALT_BYTES:
        raise ValueError("not a salt")
    return hashlib.sha256(_COMMITMENT + plain + canonical(data)).hexdigest()


def fits(commitment: str, data: Mapping[str, Any], salt: str) -> bool:
    """Tell whether a commitment is one to these data with this salt; what cannot be encoded fits none."""
    try:
        return hmac.compare_digest(commit(data, salt).encode(), commitment.encode())
    except ValueError, ProtocolError:
        return False
