"""The arithmetic of a receipt, so that whoever holds one can repeat it: whole numbers only, nothing else enters.

Of a part of a request a receipt says, second by second, what its device drew (`readings`), what it was asked for
(`quantities`) and what it would have drawn (`baseline_w`, for a car until `need_wh` is reached). In each second
in which it was measured, delivered is the baseline less the reading, at least nothing and at most what was asked for.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from .errors import ProtocolError, Rejection

RECEIPT_VERSION: Final = 2
MAX_STEPS: Final = 4_096
MAX_DURATION_S: Final = 31 * 86_400
_MAX_NUMBER: Final = 2**53 - 1
_WS_PER_WH: Final = 3_600
_WH_PER_KWH: Final = 1_000

_SAID: Final = (
    "request_id",
    "device_id",
    "payment_id",
    "energy_wh",
    "baseline_wh",
    "measured_wh",
    "rate_i_per_kwh",
    "amount_i",
)
"""What evidence repeats of its settlement."""
_REPEATED: Final = {"device_id": "participant"}

type _Steps[T] = list[tuple[int, T]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recomputed:
    """What a receipt's readings come to. Energies are whole Wh (rounded down), the amount is iota."""

    energy_wh: int
    baseline_wh: int
    measured_wh: int
    amount_i: int


def _invalid(field: str) -> ProtocolError:
    return ProtocolError(Rejection.INVALID_BODY, {"field": field})


def _whole(field: str, value: Any, low: int, high: int = _MAX_NUMBER) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _invalid(field)
    return value


def _steps(field: str, value: Any, low: int, *, gaps: bool) -> _Steps[int | None]:
    """Read a step function: pairs of an offset and a value, the offsets rising from 0."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or len(value) > MAX_STEPS:
        raise _invalid(field)
    steps: _Steps[int | None] = []
    for pair in value:
        if not isinstance(pair, Sequence) or isinstance(pair, str | bytes) or len(pair) != 2:  # noqa: PLR2004 - a pair
            raise _invalid(field)
        offset = _whole(field, pair[0], steps[-1][0] + 1 if steps else 0, MAX_DURATION_S)
        if not steps and offset:
            raise _invalid(field)
        steps.append((offset, None if gaps and pair[1] is None else _whole(field, pair[1], low)))
    return steps


def _at(steps: _Steps[int | None], second: int) -> int | None:
    place = bisect_right(steps, second, key=lambda step: step[0])
    return steps[place - 1][1] if place else None


def contradictions(evidence: Mapping[str, Any], said: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the fields in which the evidence of a settlement says something else than the settlement, or than itself.

    `said` is the settlement's body. What the evidence does not repeat contradicts nothing.
    """
    known = {name: said.get(_REPEATED.get(name, name)) for name in _SAID}
    quantities = evidence.get("quantities")
    if isinstance(quantities, Sequence) and not isinstance(quantities, str | bytes):
        last = quantities[-1] if quantities else (0, 0)
        known["quantity_w"] = last[-1] if isinstance(last, Sequence) and last else None
    return tuple(name for name, value in known.items() if name in evidence and not _same(evidence[name], value))


def _same(left: Any, right: Any) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def recompute(receipt: Mapping[str, Any]) -> Recomputed:
    """Return what a receipt (version 2, the `evidence` of a settlement) must say about energy and amount.

    Raises:
        ProtocolError: invalid_body, naming the first field that is missing or cannot be.
    """
    if receipt.get("version") != RECEIPT_VERSION or isinstance(receipt.get("version"), bool):
        raise _invalid("version")
    duration = _whole("duration_s", receipt.get("duration_s"), 0, MAX_DURATION_S)
    readings = _steps("readings", receipt.get("readings"), -_MAX_NUMBER, gaps=True)
    quantities = _steps("quantities", receipt.get("quantities"), 0, gaps=False)
    baseline_w = _whole("baseline_w", receipt.get("baseline_w"), -_MAX_NUMBER)
    need = receipt.get("need_wh")
    left_ws = None if need is None else _whole("need_wh", need, 0) * _WS_PER_WH
    rate = _whole("rate_i_per_kwh", receipt.get("rate_i_per_kwh"), 0)
    if bool(readings) != bool(duration):
        raise _invalid("readings")

    borders = sorted({0, duration} | {at for at, _value in (*readings, *quantities) if at < duration})
    delivered = drawn = expected = 0
    for start, end in pairwise(borders):
        power_w, asked_w = _at(readings, start), _at(quantities, start) or 0
        if power_w is None:
            continue
        seconds = end - start
        full = seconds
        if left_ws is not None and baseline_w > 0:
            # Once the need is used up it stays so: what is left is less than one second's worth.
            full = min(seconds, left_ws // baseline_w)
            left_ws -= full * baseline_w
        delivered += full * min(max(0, baseline_w - power_w), asked_w)
        delivered += (seconds - full) * min(max(0, -power_w), asked_w)
        expected += full * baseline_w
        drawn += seconds * power_w
    energy_wh = delivered // _WS_PER_WH
    return Recomputed(
        energy_wh=energy_wh,
        baseline_wh=expected // _WS_PER_WH,
        measured_wh=drawn // _WS_PER_WH,
        amount_i=energy_wh * rate // _WH_PER_KWH,
    )
