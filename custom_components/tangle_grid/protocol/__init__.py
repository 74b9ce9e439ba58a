"""The messages between transformer and participants: typed, signed, versioned. Pure: no I/O, no clock, no state kept.

``Signer`` seals an ``Envelope`` around a body; ``Receiver`` lets it in or refuses it with a typed reason.
"""

from .bodies import (
    Answer,
    Body,
    CurtailmentAsk,
    FreeData,
    MeterReading,
    SettlementReceipt,
    read_body,
    to_body,
)
from .canonical import canonical, parse
from .envelope import GENESIS, MAX_BYTES, VERSION, Envelope, Signer, is_kind
from .errors import ProtocolError, Rejection
from .receiver import Receiver, SenderState, why_rejected
from .signing import SigningKey, is_signed_by

__all__ = [
    "GENESIS",
    "MAX_BYTES",
    "VERSION",
    "Answer",
    "Body",
    "CurtailmentAsk",
    "Envelope",
    "FreeData",
    "MeterReading",
    "ProtocolError",
    "Receiver",
    "Rejection",
    "SenderState",
    "SettlementReceipt",
    "Signer",
    "SigningKey",
    "canonical",
    "is_kind",
    "is_signed_by",
    "parse",
    "read_body",
    "to_body",
    "why_rejected",
]
