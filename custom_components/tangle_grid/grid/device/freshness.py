"""Whether a reading may still be believed. No age, no trust: a missing meter is never 0 W."""

import math
from enum import StrEnum

from ..model.world import PhaseReading, Telemetry, Timing


class MeterFault(StrEnum):
    """Why a meter cannot be trusted; the values are the reason keys of `SafeState`."""

    MISSING = "meter_missing"
    INVALID = "meter_invalid"
    TOO_OLD = "meter_too_old"
    FROZEN = "meter_frozen"
    IMPLAUSIBLE = "meter_implausible"


def is_finite(reading: PhaseReading) -> bool:
    """Return whether all numbers of a reading are numbers."""
    return all(map(math.isfinite, reading.power_w)) and math.isfinite(reading.at) and math.isfinite(reading.changed_at)


def meter_fault(
    reading: PhaseReading | None, now: float, timing: Timing, *, max_age_s: float | None = None
) -> MeterFault | None:
    """Return why a meter's reading must not be used now; None: it may be.

    A reading from the future is as suspicious as an old one: after the clock was set back it would stay young for
    ever.

    Args:
        reading: What the meter showed last.
        now: Grid time.
        timing: Of the island.
        max_age_s: The age up to which this meter is believed, s; None: the island's.
    """
    if reading is None:
        return MeterFault.MISSING
    if not is_finite(reading):
        return MeterFault.INVALID
    greatest = timing.meter_max_age_s if max_age_s is None else max_age_s
    if abs(now - _alive_at(reading, now)) > greatest:
        return MeterFault.TOO_OLD
    # Who reports seldom must not count as frozen before it had the time to show something else a few times.
    if now - reading.changed_at > max(timing.meter_frozen_s, 2 * greatest):
        return MeterFault.FROZEN
    return None


def fresh_reading(
    telemetry: Telemetry | None, now: float, timing: Timing, *, max_age_s: float | None = None
) -> PhaseReading | None:
    """Return a device's reading, or None when it must not be used. A constant value is fine: an idle device has one.

    Many devices report only what has changed. So a reading is no older than the newest sign of life of its device.

    `max_age_s` is the device's own greatest age, s; None: the island's.
    """
    if telemetry is None or not telemetry.available or telemetry.reading is None:
        return None
    reading = telemetry.reading
    greatest = timing.telemetry_max_age_s if max_age_s is None else max_age_s
    if not is_finite(reading):
        return None
    return reading if abs(now - _alive_at(reading, now)) <= greatest else None


def _alive_at(reading: PhaseReading, now: float) -> float:
    """Return when a reading was still true: many report only what has changed, and show that they live elsewhere."""
    heard_at = reading.heard_at
    return reading.at if heard_at is None or not reading.at <= heard_at <= now else heard_at
