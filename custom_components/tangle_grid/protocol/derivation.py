"""Keys that follow from the island's signing key, so that nobody has to keep another secret.

HKDF (RFC 5869) with SHA-256. What a key is for, the island, and whatever else tells it from others is the canonical
encoding in HKDF's `info`: no two uses share a key, and no key tells anything of another one or of the signing key.
"""

from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .canonical import canonical
from .signing import SigningKey

KEY_BYTES: Final = 32
_SALT: Final = b"tangle_grid keys, version 1"
_MEMBER: Final = "member"
_BODIES: Final = "bodies"


def _derive(signing_key: str, *use: str | int) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, _SALT, canonical(use)).derive(bytes.fromhex(signing_key))


def member_key(signing_key: str, island: str, participant: str, epoch: int) -> SigningKey:
    """Return a participant's own key: the first is of epoch 1, and each that replaces it of the next.

    `signing_key` is the island's, in 64 hexadecimal digits.
    """
    return SigningKey.from_hex(_derive(signing_key, _MEMBER, island, participant, epoch).hex())


def body_key(signing_key: str, island: str, epoch: int) -> str:
    """Return the key (64 hexadecimal digits) that opens the sealed bodies of an epoch, and nothing else."""
    return _derive(signing_key, _BODIES, island, epoch).hex()
