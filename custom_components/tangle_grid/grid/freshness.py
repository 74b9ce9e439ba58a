"""Whether a reading may still be believed. No age, no trust: a missing meter is never 0 W."""

import math
from enum import StrEnum

from .model import PhaseReading, Telemetry, Timing


class MeterFault(StrEnum):
    """Why a meter cannot be trusted; the values are the reason keys of `SafeState`."""

    MISSING = "meter_missing"
    INVALID = "meter_invalid"
    TOO_OLD = "meter_too_old"
    FROZEN = "meter_frozen"
    IMPLAUSIBLE = "meter_implausible"


def is_finite(reading: PhaseReading) -> bool:
    """All numbers of a reading are numbers."""
    return all(map(math.isfinite, reading.power_w)) and math.isfinite(reading.at) and math.isfinite(reading.changed_at)


def meter_fault(reading: PhaseReading | None, now: float, timing: Timing) -> MeterFault | None:
    """Why a meter's reading must not be used now; None: it may be.

    A reading from the future is as suspicious as an old one: after the clock was set back it would stay young for
    ever.
    """
    if reading is None:
        return MeterFault.MISSING
    if not is_finite(reading):
        return MeterFault.INVALID
    if abs(now - reading.at) > timing.meter_max_age_s:
        return MeterFault.TOO_OLD
    if now - reading.changed_at > timing.meter_frozen_s:
        return MeterFault.FROZEN
    return None


def fresh_reading(
    telemetry: Telemetry | None, now: float, timing: Timing, *, max_age_s: float | None = None
) -> PhaseReading | None:
    """A device's reading, or None when it must not be used. A constant value is fine: an idle device has one.

    `max_age_s` is the device's own greatest age, s; None: the island's.
    """
    if telemetry is None or not telemetry.available or telemetry.reading is None:
        return None
    reading = telemetry.reading
    greatest = timing.telemetry_max_age_s if max_age_s is None else max_age_s
    if not is_finite(reading) or abs(now - reading.at) > greatest:
        return None
    return reading
