"""What the grid tells the world, in the order in which it happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .request import CurtailmentRequest, Decision, RequestState
from .supply import Supply
from .world import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestIssued:
    """A new request; its parts follow as `Asked`."""

    request: CurtailmentRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A participant was asked."""

    request_id: str
    device_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A participant, its policy or a person answered."""

    request_id: str
    device_id: str
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class AskChanged:
    """A participant's part changed its state (every change, also those that other events tell of)."""

    request_id: str
    device_id: str
    state: RequestState


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestClosed:
    """Nothing more is asked or given in this request."""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """A reward to pay: once, under `payment_id`.

    Attributes:
        energy_wh: Delivered, integer Wh.
        baseline_wh, measured_wh: What it would have drawn, and drew, while it was active; integer Wh.
        amount_i: energy_wh * rate_i_per_kwh // 1000, more than 0.
        receipt: JSON-able; everything needed to recompute the amount.
    """

    request_id: str
    device_id: str
    payment_id: str
    energy_wh: int
    baseline_wh: int
    measured_wh: int
    rate_i_per_kwh: int
    amount_i: int
    receipt: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeState:
    """A feeder went blind or a device silent, or came back.

    `target` is a feeder id or a device id. Reason keys: `meter_missing`, `meter_too_old`, `meter_frozen`,
    `meter_invalid`, `meter_implausible`, `meter_recovered`, `device_silent`, `device_unreadable`, `device_implausible`,
    `device_recovered`.
    """

    target: str
    entered: bool
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Compliance:
    """A charger draws more than it was told, or obeys again. A per phase."""

    device_id: str
    compliant: bool
    told: float
    measured: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyChanged:
    """Something else feeds the island than before."""

    supply: Supply


type GridEvent = (
    RequestIssued | Asked | Answered | AskChanged | RequestClosed | Settlement | SafeState | Compliance | SupplyChanged
)


def is_owed(event: GridEvent) -> bool:
    """Return whether an event carries a request or money: it must be on disk before anybody acts on it.

    That somebody is not seen or does not obey tells the next run nothing: it starts in the safe state and looks.
    """
    return not isinstance(event, SafeState | Compliance)
