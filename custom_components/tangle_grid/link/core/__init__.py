"""The protocol between an island and the one above it. Pure: no Home Assistant, no I/O, no clock; bytes in, bytes out.

`LowerEnd` is the house's side, `UpperEnd` the street's; neighbours have a `LeadingEnd` and a `FollowingEnd`, and each
island one `Trader` for all of them. All ends take bytes as they come (lost, twice, late, forged) with
the caller's own monotonic seconds, and give bytes to send. Begin with `bodies`, then `frames`, `session`, `end`.
"""

from .admission import Admission, admission
from .bodies import (
    Demand,
    Envelope,
    FlexibleTotal,
    Leave,
    LinkBody,
    Report,
    SlotTerms,
    Terms,
    body_of,
    link_body_types,
    read_link_body,
)
from .declaration import DECLARATION_KINDS, Declaration, Declared
from .end import (
    Delivered,
    LetterCame,
    LinkEvent,
    PeerLeft,
    Refused,
    SessionBegan,
    VersionsDiffer,
)
from .following import FollowingEnd
from .frames import MAX_FRAME_BYTES, VERSION, Frame, LinkRefusal, Rejected
from .heads import AGAIN_S, HEAD_KINDS, Heads, Operator, Seen
from .house import house_state, slots_of, terms_of
from .keys import Link, LinkKeys, new_link_id
from .leading import LeadingEnd
from .lower import EnvelopeChanged, HouseState, LowerEnd
from .neighbour import (
    BidCame,
    ClocksApart,
    CountCame,
    DealChanged,
    NeighbourEnd,
    Windows,
)
from .requests import (
    REQUEST_KINDS,
    HouseAnswer,
    HouseAsk,
    HouseEnded,
    HousePayee,
    HouseRequests,
    HouseSettled,
    StreetRequests,
)
from .stay_check import StayCheck
from .street import HouseFeeder, HouseShare, share_envelopes
from .trade_bodies import Counted
from .trade_count import Settlement
from .trader import Trader
from .upper import Reported, UpperEnd
from .witness import Finding, Head, Proof, Witness

__all__ = [
    "AGAIN_S",
    "DECLARATION_KINDS",
    "HEAD_KINDS",
    "MAX_FRAME_BYTES",
    "REQUEST_KINDS",
    "VERSION",
    "Admission",
    "BidCame",
    "ClocksApart",
    "CountCame",
    "Counted",
    "DealChanged",
    "Declaration",
    "Declared",
    "Delivered",
    "Demand",
    "Envelope",
    "EnvelopeChanged",
    "Finding",
    "FlexibleTotal",
    "FollowingEnd",
    "Frame",
    "Head",
    "Heads",
    "HouseAnswer",
    "HouseAsk",
    "HouseEnded",
    "HouseFeeder",
    "HousePayee",
    "HouseRequests",
    "HouseSettled",
    "HouseShare",
    "HouseState",
    "LeadingEnd",
    "Leave",
    "LetterCame",
    "Link",
    "LinkBody",
    "LinkEvent",
    "LinkKeys",
    "LinkRefusal",
    "LowerEnd",
    "NeighbourEnd",
    "Operator",
    "PeerLeft",
    "Proof",
    "Refused",
    "Rejected",
    "Report",
    "Reported",
    "Seen",
    "SessionBegan",
    "Settlement",
    "SlotTerms",
    "StayCheck",
    "StreetRequests",
    "Terms",
    "Trader",
    "UpperEnd",
    "VersionsDiffer",
    "Windows",
    "Witness",
    "admission",
    "body_of",
    "house_state",
    "link_body_types",
    "new_link_id",
    "read_link_body",
    "share_envelopes",
    "slots_of",
    "terms_of",
]
