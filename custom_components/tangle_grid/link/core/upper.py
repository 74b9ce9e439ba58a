"""The upper end of a link, the street's: it hears reports, leases envelopes, and knows what it has to keep free."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from .bodies import MAX_LEASE_S, Envelope, LinkBody, Report, Terms
from .checks import PHASES, Amps, rounded_down
from .end import End, LinkEvent
from .keys import Link

LEASE_S: Final = 60.0
GRANT_AGE_S: Final = 30.0
"""What the street granted is answered with for so long: when its control stands still, leases end."""
RAISE_GAP_S: Final = 1.0
_STEP_A: Final = 0.01
_LOWERS_A: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report came."""

    report: Report


type UpperEvent = LinkEvent | Reported


@dataclass(slots=True, kw_only=True)
class _Leased:
    """An envelope that the house may hold, until this moment of the own clock at most."""

    number: int
    limit_a: Amps
    until: float


class UpperEnd(End):
    """The street's end of one house.

    `grant` what the street's control gives it, after each pass; `reserved_a` is what it has to be counted at.
    """

    is_lower: ClassVar[bool] = False

    def __init__(self, link: Link, terms: Terms, mono: float, *, lease_s: float = LEASE_S, **options: Any) -> None:
        """Begin as after a restart: what the house holds is not known. Options: see `End`."""
        super().__init__(link, **options)
        self.terms = terms
        self.lease_s = min(lease_s, MAX_LEASE_S)
        self.report: Report | None = None
        self.reported_at: float | None = None
        self._unknown_until: float | None = mono + MAX_LEASE_S
        self._leases: list[_Leased] = []
        self._is_new = False
        self._number = 0
        self._answered = 0
        self._granted: Amps | None = None
        self._granted_at = 0.0
        self._shares_a: tuple[float, ...] = ()
        self._sent_at = -math.inf

    @classmethod
    def new(cls, link: Link, terms: Terms, mono: float, **options: Any) -> Self:
        """Begin with a house that has just joined, and holds nothing."""
        end = cls(link, terms, mono, **options)
        end._unknown_until = None
        return end

    @classmethod
    def from_dict(cls, link: Link, terms: Terms, mono: float, stored: Mapping[str, Any], **options: Any) -> Self:
        """Go on after a restart: the house counts at its fuse until it says what it holds, or no lease can be left."""
        end = cls(link, terms, mono, **options)
        end._go_on(mono, stored)
        return end

    def to_dict(self, mono: float) -> dict[str, Any]:
        """Return what has to survive a restart, as JSON."""
        return {**super().to_dict(mono), "lease_s": self.lease_s}

    def _go_on(self, mono: float, stored: Mapping[str, Any]) -> None:
        """Take up what `to_dict` gave; what cannot be read of it is left aside."""
        super()._go_on(mono, stored)
        lease_s = stored.get("lease_s")
        if isinstance(lease_s, int | float) and 0 < lease_s <= MAX_LEASE_S:
            self._unknown_until = mono + max(lease_s, self.lease_s)

    def next_due(self, mono: float) -> float:
        """Return when `due` should be called next, at the latest."""
        waits = self._granted is not None and self._leases and self._granted != self._leases[-1].limit_a
        return max(mono, min(super().next_due(mono), self._sent_at + RAISE_GAP_S if waits else math.inf))

    def grant(self, mono: float, limit_a: Sequence[float], shares_a: Sequence[float] = ()) -> None:
        """Give the house this from now on, A per phase; by slot what it was reckoned with, as a hint."""
        capped = [min(max(0.0, amps), fuse) for amps, fuse in zip(limit_a, self.terms.fuse_a, strict=True)]
        self._granted = rounded_down(capped, _STEP_A)
        self._granted_at = mono
        self._shares_a = tuple(shares_a)

    def envelope_reserved_a(self, mono: float) -> Amps | None:
        """Return the most that the house may believe to be granted, A per phase; None: it can hold no envelope."""
        self._forget(mono)
        if self._unknown_until is not None:
            return self.terms.fuse_a
        held = [lease.limit_a for lease in self._leases]
        if not held:
            return None
        most = [max(each[phase] for each in held) for phase in range(PHASES)]
        return most[0], most[1], most[2]

    def reserved_a(self, mono: float) -> Amps:
        """Return what the house has to be counted at, A per phase: what it may hold, else what it falls back to."""
        held = self.envelope_reserved_a(mono)
        return self.terms.fallback_a if held is None else held

    def report_age_s(self, mono: float) -> float | None:
        """Return how long ago the last report came; None: none since the start."""
        return None if self.reported_at is None else mono - self.reported_at

    def _session_began(self) -> None:
        super()._session_began()
        self._number = self._answered = 0
        self._is_new = True

    def _bodies_due(self, mono: float) -> list[LinkBody]:
        bodies = super()._bodies_due(mono)
        envelope = self._envelope(mono)
        return bodies if envelope is None else [*bodies, envelope]

    def _envelope(self, mono: float) -> Envelope | None:
        report, granted = self.report, self._granted
        if self._is_new or report is None or self.reported_at is None or granted is None:
            return None
        until = self.reported_at + self.lease_s
        if mono >= until or mono - self._granted_at > GRANT_AGE_S:
            return None
        if self._answered == report.number:
            last = self._leases[-1].limit_a if self._leases else granted
            lowers = any(new <= old - _LOWERS_A for new, old in zip(granted, last, strict=True))
            raises = granted != last and mono - self._sent_at >= RAISE_GAP_S
            if not lowers and not raises:
                return None
        self._number += 1
        self._answered = report.number
        self._sent_at = mono
        self._leases.append(_Leased(number=self._number, limit_a=granted, until=until))
        return Envelope(
            number=self._number,
            report=report.number,
            limit_a=granted,
            lease_s=self.lease_s,
            shares_a=self._shares_a,
        )

    def _take(self, mono: float, body: LinkBody) -> tuple[Any, ...]:
        if not isinstance(body, Report):
            return super()._take(mono, body)
        self._forget(mono)
        if self._is_new:
            self._take_over(mono, body)
            self._is_new = False
        # It never goes back behind one that it has taken.
        self._leases = [lease for lease in self._leases if lease.number >= body.heard]
        self.report, self.reported_at = body, mono
        return (Reported(report=body),)

    def _take_over(self, mono: float, first: Report) -> None:
        """Reckon with what the house says in its first report of a session that it still holds.

        Whatever was sent in an earlier session and is not taken yet never will be.
        """
        until = max([lease.until for lease in self._leases], default=self._unknown_until or mono)
        most = self.envelope_reserved_a(mono)
        self._unknown_until = None
        self._leases = []
        if first.holds_a is not None and most is not None:
            held = [min(said, known) for said, known in zip(first.holds_a, most, strict=True)]
            self._leases.append(_Leased(number=0, limit_a=(held[0], held[1], held[2]), until=until))

    def _forget(self, mono: float) -> None:
        if self._unknown_until is not None and mono >= self._unknown_until:
            self._unknown_until = None
        self._leases = [lease for lease in self._leases if mono < lease.until]

    def _echo(self) -> int | None:
        return None if self._is_new or self.report is None else self.report.number
