"""The lower end of a link, the house's: it reports, and holds an envelope for as long as it is leased."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Self

from .bodies import Demand, Envelope, FlexibleTotal, Letter, LinkBody, Report, Terms
from .checks import Amps
from .end import CLOCK_RATE, End, LinkEvent
from .keys import Link

REPORT_EACH_S: Final = 10.0
REPORT_GAP_S: Final = 1.0
CHANGE_A: Final = 1.0
ROUNDED_A: Final = 0.5
STATE_AGE_S: Final = 30.0
"""What the house said of itself counts for so long: after that its meter is silent."""
OFFERED_W: Final = 500
"""Offers are told in steps of this, down."""
_SENT_KEPT: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseState:
    """What the house says of itself, exactly; the end rounds it. Currents are A per phase.

    Attributes:
        measured_a: What its main meter shows; None: it is silent.
        uncontrolled_a: The greatest load seen that nobody controls.
        safe_a: What it falls back to, its uncontrolled load aside.
        demands: One per slot.
        total: Instead of demands.
        offers_w: By how much it could take less when it is asked, W over all phases.
    """

    measured_a: Amps | None
    uncontrolled_a: Amps = (0.0, 0.0, 0.0)
    safe_a: Amps = (0.0, 0.0, 0.0)
    demands: tuple[Demand, ...] = ()
    total: FlexibleTotal | None = None
    offers_w: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeChanged:
    """An envelope was taken: A per phase, until this moment of the own clock."""

    limit_a: Amps
    until: float
    shares_a: tuple[float, ...]


type LowerEvent = LinkEvent | EnvelopeChanged


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    limit_a: Amps
    until: float


class LowerEnd(End):
    """The house's end.

    `observe` what the house measures, as often as it is measured; `limit_a` is what its own feeder may carry now.
    """

    is_lower: ClassVar[bool] = True

    def __init__(self, link: Link, terms: Terms, **options: Any) -> None:
        """Begin at the safe power. Options: see `End`."""
        super().__init__(link, **options)
        self.terms = terms
        self._state: HouseState | None = None
        self._state_at = 0.0
        self._number = 0
        self._sent_at: dict[int, float] = {}
        self._reported: Report | None = None
        self._reported_at = 0.0
        self._heard = 0
        self._held: _Held | None = None
        self.shares_a: tuple[float, ...] = ()

    @classmethod
    def from_dict(cls, link: Link, terms: Terms, mono: float, stored: Mapping[str, Any], **options: Any) -> Self:
        """Go on after a restart: at the safe power until an envelope is heard."""
        end = cls(link, terms, **options)
        end._go_on(mono, stored)
        return end

    def observe(self, mono: float, state: HouseState) -> None:
        """Take what the house measures now."""
        self._state, self._state_at = state, mono

    def envelope_a(self, mono: float) -> Amps | None:
        """Return the envelope in force, A per phase; None: there is none."""
        held = self._held
        return held.limit_a if held is not None and mono < held.until and not self.has_ended else None

    def limit_a(self, mono: float) -> Amps:
        """Return what the house may draw, A per phase: its envelope, else what it falls back to; at most its fuse."""
        envelope = self.envelope_a(mono)
        return self.terms.fallback_a if envelope is None else envelope

    def envelope_until(self, mono: float) -> float | None:
        """Return when the envelope in force ends, by the own clock."""
        return None if self._held is None or self.envelope_a(mono) is None else self._held.until

    def forget_envelope(self) -> None:
        """Fall back at once: something may have stopped the own clock, as a machine that was asleep."""
        self._held = None

    def next_due(self, mono: float) -> float:
        """Return when `due` should be called next, at the latest."""
        times = [super().next_due(mono)]
        if self.has_ended:
            return times[0]
        until = self.envelope_until(mono)
        if until is not None:
            times.append(until)
        if self._session.is_open and self._state is not None:
            times.append(self._report_at(mono))
        return max(mono, min(times))

    def _session_began(self) -> None:
        super()._session_began()
        self._number = self._heard = 0
        self._sent_at.clear()
        self._reported = None

    def _bodies_due(self, mono: float) -> list[LinkBody]:
        bodies = super()._bodies_due(mono)
        if self._state is None or mono < self._report_at(mono):
            return bodies
        self._number += 1
        report = self._report(mono)
        self._reported, self._reported_at = report, mono
        self._sent_at[report.number] = mono
        self._sent_at.pop(report.number - _SENT_KEPT, None)
        return [*bodies, report]

    def _report_at(self, mono: float) -> float:
        """Return when the next report is due."""
        if self._reported is None:
            return mono
        early = self._has_changed(self._rounded(mono), self._reported.measured_a)
        return self._reported_at + (REPORT_GAP_S if early else REPORT_EACH_S)

    @staticmethod
    def _has_changed(now_a: Amps | None, then_a: Amps | None) -> bool:
        if now_a is None or then_a is None:
            return now_a is not then_a
        return any(abs(now - then) >= CHANGE_A for now, then in zip(now_a, then_a, strict=True))

    def _rounded(self, mono: float) -> Amps | None:
        state = self._state
        if state is None or state.measured_a is None or mono - self._state_at > STATE_AGE_S:
            return None
        return rounded(state.measured_a)

    def _report(self, mono: float) -> Report:
        state = self._state or HouseState(measured_a=None)
        total = state.total
        return Report(
            number=self._number,
            measured_a=self._rounded(mono),
            uncontrolled_a=rounded(state.uncontrolled_a),
            safe_a=rounded(state.safe_a),
            offers_w=state.offers_w // OFFERED_W * OFFERED_W,
            heard=self._heard,
            holds_a=self.envelope_a(mono),
            demands=tuple(replace(each, measured_a=rounded(each.measured_a)) for each in state.demands),
            total=None if total is None else replace(total, measured_a=rounded(total.measured_a)),
        )

    def _take(self, mono: float, body: LinkBody) -> tuple[Any, ...]:
        if not isinstance(body, Envelope):
            return super()._take(mono, body)
        sent_at = self._sent_at.get(body.report)
        if sent_at is None or body.number <= self._heard:
            return ()
        self._heard = body.number
        fuse_a = self.terms.fuse_a
        limit = (
            min(body.limit_a[0], fuse_a[0]),
            min(body.limit_a[1], fuse_a[1]),
            min(body.limit_a[2], fuse_a[2]),
        )
        self._held = _Held(limit_a=limit, until=sent_at + body.lease_s * (1 - CLOCK_RATE))
        self.shares_a = body.shares_a
        return (EnvelopeChanged(limit_a=limit, until=self._held.until, shares_a=body.shares_a),)

    def _age_s(self, mono: float, letter: Letter) -> float | None:
        sent_at = self._sent_at.get(letter.report)
        return None if sent_at is None else letter.age_s + mono - sent_at


def rounded(amps: Amps) -> Amps:
    """Return A per phase to the nearest half."""
    near = [round(each / ROUNDED_A) * ROUNDED_A for each in amps]
    return near[0], near[1], near[2]
