"""What survives a restart: obligations and totals, never setpoints."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..device.state import DeviceState
from ..network.capacity_envelope import EnvelopeWatch
from ..network.capacity_tariff import PeakWindow
from ..network.feeder_watch import FeederWatch, TemporaryCapacity
from ..requests.lifecycle import Lifecycle
from .stored_state import VERSION, readable


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What else a stored state says.

    Attributes:
        day_started_at: When the day started, grid time.
        saved_at: When it was stored, grid time, as far as that is known.
        plan: What was learned for the plan.
        lost: What could not be read: paths, as `devices/car/stays`.
        supply: What fed the island.
    """

    day_started_at: float | None
    saved_at: float | None
    plan: Mapping[str, Any] | None
    lost: list[str]
    supply: Any = None


def dump(
    now: float | None,
    day_started_at: float | None,
    feeders: Sequence[FeederWatch],
    devices: Mapping[str, DeviceState],
    lifecycle: Lifecycle,
) -> dict[str, Any]:
    """Return JSON-able content."""
    return {
        "version": VERSION,
        "at": now,
        "day_started_at": day_started_at,
        "feeders": {
            feeder.config.feeder_id: {
                "peak_w": feeder.peak_w,
                "last_issued_at": feeder.last_issued_at,
                "rate_level": feeder.rate_level,
                "probation": feeder.echo.probation,
                "in_place": {
                    each: list(devices[each].configured.phases)
                    for each in sorted(feeder.order.in_place)
                    if each in devices
                },
                "reports": feeder.reports.to_dict(),
                "peak": None if feeder.peak is None else feeder.peak.to_dict(),
                "linked": feeder.linked.to_dict(),
                "temporary": None
                if feeder.temporary is None
                else {"power_w": feeder.temporary.power_w, "until": feeder.temporary.until},
            }
            for feeder in feeders
        },
        "devices": {device_id: device.to_dict() for device_id, device in devices.items()},
        "requests": lifecycle.to_dict(),
        "market": lifecycle.account(),
    }


def load(
    state: Any,
    feeders: Sequence[FeederWatch],
    devices: Mapping[str, DeviceState],
    lifecycle: Lifecycle,
) -> Loaded:
    """Take over what `dump` gave, or as much of it as can be read.

    Feeders and devices that no longer exist are left out; new ones start afresh.
    """
    read, unread = readable(state)
    lost = list(unread)
    for feeder in feeders:
        if (stored := read["feeders"].get(feeder.config.feeder_id)) is not None:
            feeder.peak_w = float(stored["peak_w"])
            feeder.last_issued_at = stored["last_issued_at"]
            feeder.rate_level = stored["rate_level"]
            feeder.echo.probation = stored.get("probation", False)
            feeder.order.restore(
                each
                for each, phases in stored.get("in_place", {}).items()
                if each in devices and list(devices[each].configured.phases) == list(phases)
            )
            feeder.reports.restore(stored.get("reports", ()))
            if feeder.peak is not None and (peak := stored.get("peak")) is not None:
                target_w, window_s = feeder.peak.target_w, feeder.peak.window_s
                feeder.peak = PeakWindow.from_dict(peak, target_w=target_w, window_s=window_s)
            feeder.linked = EnvelopeWatch.from_dict(stored.get("linked"))
            temporary = stored["temporary"]
            feeder.temporary = None if temporary is None else TemporaryCapacity(**temporary)
    for device_id, device in devices.items():
        if (stored := read["devices"].get(device_id)) is not None:
            _take(f"devices/{device_id}", partial(device.restore, stored), lost)
    for stored in read["requests"]:
        _take(f"requests/{stored['request_id']}", partial(lifecycle.take_request, stored), lost)
    _rehang(lifecycle, feeders)
    if (account := read.get("market")) is not None:
        _take("market", partial(lifecycle.take_account, account, read["day_started_at"]), lost)
    return Loaded(
        day_started_at=read["day_started_at"],
        saved_at=read.get("at"),
        plan=read.get("plan"),
        lost=lost,
        supply=read.get("supply"),
    )


def _take(path: str, restore: Callable[[], None], lost: list[str]) -> None:
    try:
        restore()
    except KeyError, TypeError, ValueError, AttributeError, OverflowError:
        # Its shape is right, and still it means nothing.
        lost.append(path)


def _rehang(lifecycle: Lifecycle, feeders: Sequence[FeederWatch]) -> None:
    """A request outlives the feeder that it was made for: the one above all takes its place."""
    known = {feeder.config.feeder_id for feeder in feeders}
    root = next(feeder.config.feeder_id for feeder in feeders if feeder.config.parent_id is None)
    for request in lifecycle.requests.values():
        if request.feeder_id not in known:
            request.feeder_id = root
