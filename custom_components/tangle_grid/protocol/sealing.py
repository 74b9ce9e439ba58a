"""Bodies that only those can read who have a key: for a ledger that others can read as well.

A sealed body is `{"sealed": ..., "epoch": n}`: base64 of a random nonce (12 bytes) and the body's canonical encoding
under ChaCha20-Poly1305 (RFC 8439). The rest of the envelope is authenticated with it: it opens in its own envelope
only. The sender signs the sealed form, so that a signature can be checked without the key. Bodies are filled up with
spaces to multiples of 256 bytes: how many digits a power has must not be seen from outside.
"""

import base64
import binascii
import os
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from .canonical import MAX_INTEGER, canonical, parse
from .derivation import KEY_BYTES
from .errors import ProtocolError, Rejection

PADDED_BYTES: Final = 256
MAX_SEALED_BODY_BYTES: Final = 11_264
"""The longest body, in its canonical encoding, that still fits an envelope when it is sealed."""

_NONCE_BYTES: Final = 12
_SEALED: Final = "sealed"
_EPOCH: Final = "epoch"


def is_sealed(body: Mapping[str, Any]) -> bool:
    """Tell whether a body has the form of a sealed one."""
    return body.keys() == {_SEALED, _EPOCH}


def seal_body(key: str, epoch: int, header: bytes, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sealed form of a body. `header` is what else the envelope says (`Envelope.header_bytes`).

    Raises ProtocolError (malformed) when the body is not JSON.
    """
    text = canonical(body)
    text += b" " * (-len(text) % PADDED_BYTES)
    nonce = os.urandom(_NONCE_BYTES)
    data = nonce + ChaCha20Poly1305(bytes.fromhex(key)).encrypt(nonce, text, header)
    return {_SEALED: base64.b64encode(data).decode(), _EPOCH: epoch}


def is_body_key(key: str) -> bool:
    """Tell whether this can be a key that opens bodies: 64 hexadecimal digits."""
    try:
        return len(bytes.fromhex(key)) == KEY_BYTES and len(key) == 2 * KEY_BYTES
    except ValueError:
        return False


def epoch_of(body: Mapping[str, Any]) -> int:
    """Return the epoch of a sealed body. Raises ProtocolError (unreadable)."""
    epoch = body.get(_EPOCH)
    if not isinstance(epoch, int) or isinstance(epoch, bool) or not 0 < epoch <= MAX_INTEGER:
        raise ProtocolError(Rejection.UNREADABLE)
    return epoch


def open_body(keys: Iterable[str], header: bytes, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a sealed body says, with whichever of the keys opens it.

    Raises:
        ProtocolError: unreadable. None of the keys opens it, or it is not of this envelope.
    """
    text = body.get(_SEALED)
    epoch_of(body)
    try:
        data = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except binascii.Error, ValueError:
        data = b""
    for key in keys if len(data) > _NONCE_BYTES else ():
        try:
            found = ChaCha20Poly1305(bytes.fromhex(key)).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], header)
            opened = parse(found)
        except InvalidTag, ProtocolError:
            continue
        if isinstance(opened, dict):
            return opened
    raise ProtocolError(Rejection.UNREADABLE)
