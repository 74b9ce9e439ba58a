"""A setpoint with an end: what is not renewed in time counts as fallen back to the safe state."""

from dataclasses import dataclass

from .world import Cause


@dataclass(slots=True, kw_only=True)
class Lease:
    """What a device was told last.

    Attributes:
        value: A per phase for a charger; W for a battery, None under its own control.
        cause: Why.
        written_at: Last told, grid time.
        changed_at: Last told something new, grid time.
        expires_at: End, grid time.
    """

    value: float | None
    cause: Cause
    written_at: float
    changed_at: float
    expires_at: float

    def expired(self, now: float) -> bool:
        """Return whether nobody renewed it, so that the device may have fallen back."""
        return now >= self.expires_at

    def due(self, now: float) -> bool:
        """Return whether half of its life is over: time to renew."""
        return now - self.written_at >= self.expires_at - now


def grant(previous: Lease | None, value: float | None, cause: Cause, now: float, life_s: float) -> Lease:
    """Return a new lease that follows `previous`."""
    same = previous is not None and previous.value == value
    return Lease(
        value=value,
        cause=cause,
        written_at=now,
        changed_at=previous.changed_at if same and previous is not None else now,
        expires_at=now + life_s,
    )
