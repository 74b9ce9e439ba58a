"""Ed25519 keys, hexadecimal at the edges."""

import re
from typing import Any, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_PUBLIC_KEY: Final = re.compile(r"[0-9a-f]{64}\Z")


class SigningKey:
    """A private key. It shows its public half only."""

    __slots__ = ("_key", "public")

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes_raw().hex()

    @classmethod
    def from_hex(cls, secret: str) -> Self:
        """Read the 32 secret bytes. Raises ValueError, without the secret in it, when they are not that."""
        try:
            return cls(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)))
        except ValueError:
            pass
        raise ValueError("not a signing key")

    @classmethod
    def generate(cls) -> Self:
        """Make a new key."""
        return cls(Ed25519PrivateKey.generate())

    def sign(self, data: bytes) -> str:
        """Return the signature, 128 hexadecimal digits."""
        return self._key.sign(data).hex()

    def __repr__(self) -> str:
        return f"SigningKey(public={self.public!r})"


def is_signed_by(public: str, signature: str, data: bytes) -> bool:
    """Tell whether the owner of the public key signed the data. Malformed keys and signatures are simply not valid."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), data)
    except InvalidSignature, ValueError:
        return False
    return True


def is_public_key(value: Any) -> bool:
    """Tell whether this can be a public key: 64 hexadecimal digits, in lower case."""
    return isinstance(value, str) and _PUBLIC_KEY.match(value) is not None
