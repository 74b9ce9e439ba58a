"""The one-time code with which an island joins another: where that is, its key's fingerprint, and a secret.

As text it is `TG1-` and groups of letters and digits, none of which is mistaken for another (Crockford's base 32), with
a check against typing errors. How long it holds is not in it: the island that made it knows, whatever clocks show.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .errors import JoinError, Problem

PREFIX: Final = "TG1"
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKE: Final = str.maketrans("OILU", "011V")
_GROUP: Final = 5
_ID_BYTES: Final = 16
_SECRET_BYTES: Final = 16
_CHECK_BYTES: Final = 3
_FIXED_BYTES: Final = 3 * _ID_BYTES + _CHECK_BYTES
_MAX_CHARACTERS: Final = 1_000
_SALT: Final = b"tangle_grid joining, version 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinCode:
    """What a code says.

    Attributes:
        url: The Home Assistant of the island above, as others reach it; empty: it is met at the MQTT broker.
        island_id: The island above, 32 hexadecimal digits.
        fingerprint: Of the public keys with which it answers, 32 hexadecimal digits.
        secret: 32 hexadecimal digits, known to nobody else.
    """

    url: str
    island_id: str
    fingerprint: str
    secret: str = field(repr=False)

    @classmethod
    def make(cls, *, url: str, island_id: str, public: str) -> Self:
        """Return a new code of an island that answers with these public keys."""
        return cls(
            url=url, island_id=island_id, fingerprint=fingerprint(public), secret=secrets.token_hex(_SECRET_BYTES)
        )

    @property
    def text(self) -> str:
        """The code as people copy it."""
        content = bytes.fromhex(self.island_id + self.fingerprint + self.secret) + self.url.encode()
        content += hashlib.sha256(content).digest()[:_CHECK_BYTES]
        digits = _to_digits(content)
        return "-".join([PREFIX, *(digits[begin : begin + _GROUP] for begin in range(0, len(digits), _GROUP))])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what somebody typed or pasted.

        Raises:
            JoinError: code_nonsense, code_newer.
        """
        plain = "".join(text.split()).replace("-", "").upper()
        if len(plain) > _MAX_CHARACTERS or not plain.startswith(PREFIX[:2]):
            raise JoinError(Problem.NONSENSE)
        if not plain.startswith(PREFIX):
            raise JoinError(Problem.NEWER if plain[2:3].isdigit() else Problem.NONSENSE)
        content = _from_digits(plain[len(PREFIX) :].translate(_LOOK_ALIKE))
        told, check = content[:-_CHECK_BYTES], content[-_CHECK_BYTES:]
        if len(content) < _FIXED_BYTES or hashlib.sha256(told).digest()[:_CHECK_BYTES] != check:
            raise JoinError(Problem.NONSENSE)
        parts = [told[begin : begin + _ID_BYTES].hex() for begin in range(0, 3 * _ID_BYTES, _ID_BYTES)]
        try:
            url = told[3 * _ID_BYTES :].decode()
        except UnicodeDecodeError:
            raise JoinError(Problem.NONSENSE) from None
        if url and not is_address(url):
            raise JoinError(Problem.NONSENSE)
        return cls(island_id=parts[0], fingerprint=parts[1], secret=parts[2], url=url)

    @property
    def code_id(self) -> str:
        """What the code is called where it must not be shown, 32 hexadecimal digits."""
        return self._derive(b"id").hex()[:32]

    @property
    def token(self) -> str:
        """The bearer token with which the island below comes in to ask."""
        return self._derive(b"token").hex()

    @property
    def topic_id(self) -> str:
        """The name of the topics on which it asks over MQTT, 32 hexadecimal digits."""
        return self._derive(b"topic").hex()[:32]

    @property
    def sealing_key(self) -> str:
        """The key that seals what is asked and answered, 64 hexadecimal digits."""
        return self._derive(b"seal").hex()

    def _derive(self, use: bytes) -> bytes:
        return HKDF(SHA256(), 32, _SALT, use).derive(bytes.fromhex(self.secret))


def fingerprint(public: str) -> str:
    """Return the fingerprint of public keys, 32 hexadecimal digits."""
    return hashlib.sha256(public.encode()).hexdigest()[:32]


def is_address(url: str) -> bool:
    """Tell whether this can be the address of a Home Assistant."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _to_digits(content: bytes) -> str:
    number, digits = int.from_bytes(b"\x01" + content), []
    while number:
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def _from_digits(digits: str) -> bytes:
    number = 0
    for digit in digits:
        if digit not in _ALPHABET:
            raise JoinError(Problem.NONSENSE)
        number = number * len(_ALPHABET) + _ALPHABET.index(digit)
    content = number.to_bytes((number.bit_length() + 7) // 8)
    if content[:1] != b"\x01":
        raise JoinError(Problem.NONSENSE)
    return content[1:]
