"""The keys of one side of a link: one signs frames (Ed25519), one agrees on the key that seals them (X25519).

Each link has keys of its own, made when it is joined and forgotten when it ends. Sealing is by HKDF (RFC 5869) over
the X25519 secret (RFC 7748) with the link's id, so that two links between the same islands share nothing.
"""

import re
import secrets
from dataclasses import dataclass, field
from typing import Any, Final, Self

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ...protocol import SigningKey, is_public_key

_LINK_ID: Final = re.compile(r"[0-9a-f]{32}\Z")
_SALT: Final = b"tangle_grid link, version 1"
_KEY_BYTES: Final = 32


def new_link_id() -> str:
    """Return a new id of a link: 32 hexadecimal digits at random."""
    return secrets.token_hex(16)


def is_link_id(value: Any) -> bool:
    """Tell whether this can be the id of a link."""
    return isinstance(value, str) and _LINK_ID.match(value) is not None


class LinkKeys:
    """One side's secrets of one link. `public` is what the other side gets; `secret` never leaves this machine."""

    __slots__ = ("_agreement", "_secret", "signing")

    def __init__(self, secret: str) -> None:
        """Read what `secret` gave: 128 hexadecimal digits. Raises ValueError, without the secret in it."""
        half = _KEY_BYTES * 2
        try:
            signing, agreement = bytes.fromhex(secret[:half]), bytes.fromhex(secret[half:])
            self._agreement = X25519PrivateKey.from_private_bytes(agreement)
            self.signing = SigningKey.from_hex(signing.hex())
        except ValueError:
            self._secret = ""
        else:
            self._secret = secret
        if not self._secret:
            raise ValueError("not the keys of a link")

    @classmethod
    def generate(cls) -> Self:
        """Make new keys."""
        return cls(secrets.token_hex(2 * _KEY_BYTES))

    @property
    def secret(self) -> str:
        """What to store: 128 hexadecimal digits. It must never be shown."""
        return self._secret

    @property
    def public(self) -> str:
        """What the other side needs: 128 hexadecimal digits, the signing key first."""
        return self.signing.public + self._agreement.public_key().public_bytes_raw().hex()

    def sealing_key(self, peer: str, link_id: str) -> str:
        """Return the key (64 hexadecimal digits) that both sides of this link seal with; `peer` is the other `public`.

        Raises:
            ValueError: `peer` is no public key of a link.
        """
        if not is_link_public(peer):
            raise ValueError("not the public keys of a link")
        secret = self._agreement.exchange(X25519PublicKey.from_public_bytes(bytes.fromhex(peer[64:])))
        return HKDF(SHA256(), _KEY_BYTES, _SALT, link_id.encode()).derive(secret).hex()

    def __repr__(self) -> str:
        return f"LinkKeys(public={self.public!r})"


def is_link_public(value: Any) -> bool:
    """Tell whether this can be the public keys of one side of a link."""
    half = _KEY_BYTES * 2
    return isinstance(value, str) and is_public_key(value[:half]) and is_public_key(value[half:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link as one side knows it.

    Attributes:
        link_id: 32 hexadecimal digits, the same on both sides.
        signing: This side's key.
        peer: The other side's signing key, 64 hexadecimal digits.
        seals: The key that opens both sides' bodies.
    """

    link_id: str
    signing: SigningKey
    peer: str
    seals: str = field(repr=False)

    @classmethod
    def of(cls, link_id: str, own: LinkKeys, peer: str) -> Self:
        """Return the link between own keys and the other side's `public`.

        Raises:
            ValueError: `link_id` or `peer` is not what it must be, or both sides have the same keys.
        """
        if not is_link_id(link_id):
            raise ValueError("not the id of a link")
        if peer == own.public:
            raise ValueError("a link to itself")
        return cls(
            link_id=link_id, signing=own.signing, peer=peer[: 2 * _KEY_BYTES], seals=own.sealing_key(peer, link_id)
        )
