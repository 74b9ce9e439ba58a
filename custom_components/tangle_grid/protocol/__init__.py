"""The messages between transformer and participants: typed, signed, versioned. Pure: no I/O, no clock, no state kept.

`Signer` seals an `Envelope` around a body; `Receiver` lets it in or refuses it with a typed reason. Begin with
`bodies`, then `envelope`.
"""

from .bodies import (
    Answer,
    Body,
    CurtailmentAsk,
    DataReport,
    FreeData,
    KeyNotice,
    MeterReading,
    SettlementReceipt,
    body_types,
    read_body,
    to_body,
)
from .canonical import canonical, parse
from .derivation import body_key, member_key
from .envelope import GENESIS, MAX_BYTES, VERSION, Envelope, Signer, is_kind
from .errors import ProtocolError, Rejection
from .receipt import Recomputed, contradictions, recompute
from .receiver import Receiver, SenderState, why_rejected
from .registry import PARTICIPANT, ROLE_KINDS, KeyRegistry, Member, read_notice
from .sealing import MAX_SEALED_BODY_BYTES, epoch_of, is_body_key, is_sealed
from .signing import SigningKey, is_public_key, is_signed_by

__all__ = [
    "GENESIS",
    "MAX_BYTES",
    "MAX_SEALED_BODY_BYTES",
    "PARTICIPANT",
    "ROLE_KINDS",
    "VERSION",
    "Answer",
    "Body",
    "CurtailmentAsk",
    "DataReport",
    "Envelope",
    "FreeData",
    "KeyNotice",
    "KeyRegistry",
    "Member",
    "MeterReading",
    "ProtocolError",
    "Receiver",
    "Recomputed",
    "Rejection",
    "SenderState",
    "SettlementReceipt",
    "Signer",
    "SigningKey",
    "body_key",
    "body_types",
    "canonical",
    "contradictions",
    "epoch_of",
    "is_body_key",
    "is_kind",
    "is_public_key",
    "is_sealed",
    "is_signed_by",
    "member_key",
    "parse",
    "read_body",
    "read_notice",
    "recompute",
    "to_body",
    "why_rejected",
]
