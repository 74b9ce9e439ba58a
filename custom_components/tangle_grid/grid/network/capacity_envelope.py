"""What a feeder may carry that hangs on another island: a leased limit per phase, and what it falls back to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from ..model.validation import MAX_DURATION_S
from ..model.world import PhaseTriple

#: Longer than this no single measurement counts for, s.
_COUNTED_S: Final = 15.0
_NOTHING: Final = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityEnvelope:
    """A limit until a grid time, and what holds from then on; A per phase."""

    fallback_a: PhaseTriple
    limit_a: PhaseTriple
    until: float

    def at(self, now: float) -> PhaseTriple:
        """Return what holds now."""
        return self.limit_a if now < self.until else self.fallback_a


@dataclass(slots=True)
class EnvelopeWatch:
    """The envelope of one feeder from step to step.

    Attributes:
        envelope: What it may carry; None: it hangs on no other island.
        over_a: By how much the load that nobody controls is above it, A per phase.
        over_s: For how long it was since the day started, s.
    """

    envelope: CapacityEnvelope | None = None
    over_a: PhaseTriple = _NOTHING
    over_s: float = 0.0
    _seen_at: float | None = field(default=None, repr=False)

    def within(self, now: float, capacity_a: PhaseTriple) -> PhaseTriple:
        """Return the fuse and the envelope together, A per phase."""
        if self.envelope is None:
            return capacity_a
        return _least(capacity_a, self.envelope.at(now))

    def count(self, now: float, at: float, uncontrolled_a: Iterable[float]) -> None:
        """Look at what nobody controls, as it was measured at `at`."""
        if self.envelope is None:
            self.over_a = _NOTHING
            return
        if self._seen_at is not None and any(self.over_a):
            self.over_s += min(max(0.0, at - self._seen_at), _COUNTED_S)
        self._seen_at = at
        first, second, third = (
            max(0.0, load - limit) for load, limit in zip(uncontrolled_a, self.envelope.at(now), strict=True)
        )
        self.over_a = (first, second, third)

    def turn_back(self, now: float, by_s: float) -> None:
        """Note that the clock was set back: nothing lasts any longer by it."""
        self._seen_at = None
        if (envelope := self.envelope) is not None:
            until = min(envelope.until - by_s, now + MAX_DURATION_S)
            self.envelope = CapacityEnvelope(fallback_a=envelope.fallback_a, limit_a=envelope.limit_a, until=until)

    def to_dict(self) -> dict[str, Any] | None:
        """Return what a restart must not lose: what it falls back to, and nothing that was leased."""
        return None if self.envelope is None else {"fallback_a": list(self.envelope.fallback_a)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any] | None) -> Self:
        """Return what `to_dict` described: until an envelope is heard, what it falls back to holds."""
        if stored is None:
            return cls()
        first, second, third = (float(amps) for amps in stored["fallback_a"])
        fallback_a = (first, second, third)
        return cls(envelope=CapacityEnvelope(fallback_a=fallback_a, limit_a=fallback_a, until=0.0))


def _least(one: PhaseTriple, other: PhaseTriple) -> PhaseTriple:
    return min(one[0], other[0]), min(one[1], other[1]), min(one[2], other[2])
