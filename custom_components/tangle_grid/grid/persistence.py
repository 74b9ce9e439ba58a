"""What survives a restart: obligations and totals, never setpoints."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from .device_state import DeviceState
from .errors import GridError
from .lifecycle import Lifecycle
from .protection import FeederWatch, TemporaryCapacity

VERSION: Final = 1


def dump(
    now: float | None,
    day_started_at: float | None,
    feeders: Sequence[FeederWatch],
    devices: Mapping[str, DeviceState],
    lifecycle: Lifecycle,
) -> dict[str, Any]:
    """JSON-able content."""
    return {
        "version": VERSION,
        "at": now,
        "day_started_at": day_started_at,
        "feeders": {
            feeder.config.feeder_id: {
                "peak_w": feeder.peak_w,
                "last_issued_at": feeder.last_issued_at,
                "rate_level": feeder.rate_level,
                "peak": None if feeder.peak is None else feeder.peak.to_dict(),
                "temporary": None
                if feeder.temporary is None
                else {"power_w": feeder.temporary.power_w, "until": feeder.temporary.until},
            }
            for feeder in feeders
        },
        "devices": {device_id: device.to_dict() for device_id, device in devices.items()},
        "requests": lifecycle.to_list(),
        "market": lifecycle.account(),
    }


def load(
    state: Mapping[str, Any],
    feeders: Sequence[FeederWatch],
    devices: Mapping[str, DeviceState],
    lifecycle: Lifecycle,
) -> tuple[float | None, float | None]:
    """Take over what `dump` gave; returns when the day started, and when it was stored, as far as that is known.

    Feeders and devices that no longer exist are left out; new ones start afresh.

    Raises:
        GridError: `invalid_state`, when it is not such a state.
    """
    if state.get("version") != VERSION:
        raise GridError("invalid_state", {"version": state.get("version")})
    try:
        for feeder in feeders:
            if (stored := state["feeders"].get(feeder.config.feeder_id)) is not None:
                feeder.peak_w = float(stored["peak_w"])
                feeder.last_issued_at = stored["last_issued_at"]
                feeder.rate_level = int(stored["rate_level"])
                if feeder.peak is not None and (peak := stored.get("peak")) is not None:
                    feeder.peak.restore(peak)
                temporary = stored["temporary"]
                feeder.temporary = None if temporary is None else TemporaryCapacity(**temporary)
        for device_id, device in devices.items():
            if (stored := state["devices"].get(device_id)) is not None:
                device.restore(stored)
        lifecycle.restore(state["requests"])
        _rehang(lifecycle, feeders)
        if (account := state.get("market")) is not None:
            lifecycle.restore_account(account)
        day_started_at: float | None = state["day_started_at"]
        saved_at: float | None = state.get("at")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise GridError("invalid_state", {"version": VERSION, "error": error}) from error
    return day_started_at, saved_at


def _rehang(lifecycle: Lifecycle, feeders: Sequence[FeederWatch]) -> None:
    """A request outlives the feeder that it was made for: the one above all takes its place."""
    known = {feeder.config.feeder_id for feeder in feeders}
    root = next(feeder.config.feeder_id for feeder in feeders if feeder.config.parent_id is None)
    for request in lifecycle.requests.values():
        if request.feeder_id not in known:
            request.feeder_id = root
