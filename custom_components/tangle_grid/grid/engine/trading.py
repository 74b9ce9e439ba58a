"""What an island has and needs in the next windows, as its bids to neighbours are made of it.

The load is what is usual, or forecast, and what the plan gives cars; the sun is what is forecast or usual. Batteries
count with what they hold above the owner's floor. While the cable is dead nothing is drawn from it or fed back: what is
missing then is worth whatever the island says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..model.forecast import Forecast, Series
from ..model.world import NOMINAL_V, BatteryConfig, ChargerConfig, DeviceKind
from ..planning.valley_filling import SLOT_S
from ..trade import MAX_PRICE, OwnWindow, Store
from .parts import EngineParts

#: So many times what was entered is the price of the own feed, by the shape of a forecast.
_PRICE_BOUNDS: Final = (0.1, 3.0)
_MOVED: Final = frozenset({DeviceKind.CHARGER, DeviceKind.BATTERY})


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeTerms:
    """What power is worth to an island, iota per MWh, and what it keeps for itself.

    Attributes:
        import_prices: What a MWh from its own feed costs, by window.
        export_prices: What a MWh to its own feed earns, by window.
        missing_price: What it is worth not to go without.
        stored_price: What a MWh is worth that is left in batteries at the end.
        keep_w: Of what its feed carries, this stays free.
        floor_soc: Below this state of charge batteries are not emptied for others, %.
        tied_w: What flows to neighbours now, W: the meter of the feed shows it, and it is no load of the island.
    """

    import_prices: Sequence[int]
    export_prices: Sequence[int]
    missing_price: int = MAX_PRICE
    stored_price: int = 0
    keep_w: int = 0
    floor_soc: float = 0.0
    tied_w: float = 0.0


def shaped_prices(price: int, series: Series | None, *, begin: float, window_s: float, count: int) -> tuple[int, ...]:
    """Return a price for each of `count` windows: up and down with a forecast, whose mean stands for `price`.

    Forecasts come in many units, and only their shape is used, within bounds. Where nothing is forecast it is `price`.
    """
    if series is None:
        return (price,) * count
    starts = [begin + number * window_s for number in range(count)]
    means = [series.mean(start, start + window_s) for start in starts]
    known = [mean for mean in means if mean is not None]
    middle = sum(known) / len(known) if known else 0.0
    if middle <= 0:
        return (price,) * count
    least, most = _PRICE_BOUNDS
    return tuple(price if mean is None else round(price * min(most, max(least, mean / middle))) for mean in means)


def own_windows(
    parts: EngineParts, now: float, forecast: Forecast | None, terms: TradeTerms, *, begin: float, window_s: float
) -> tuple[OwnWindow, ...]:
    """Return what the island has and needs in each window that there are prices for, W on average.

    Args:
        parts: The grid.
        now: Grid time.
        forecast: What somebody forecasts.
        terms: Prices, and what is kept.
        begin: When the first window began, or begins, grid time.
        window_s: Length of a window, s.
    """
    root = parts.feeder(None)
    alone = parts.supply is not None and parts.supply.alone
    carries_w = max(0, int(sum(root.limit_a) * NOMINAL_V * (1 - parts.config.capacity_margin)) - terms.keep_w)
    most_w = 0 if alone else carries_w
    found = []
    for number, (bought, sold) in enumerate(zip(terms.import_prices, terms.export_prices, strict=True)):
        start = begin + number * window_s
        load_w = _mean(parts, max(start, now), start + window_s, forecast, terms.tied_w)
        load_w += _planned_w(parts, start, start + window_s)
        found.append(
            OwnWindow(
                load=round(load_w),
                imports=((bought, most_w),) if most_w else (),
                # Who buys dearer than it sells gains nothing by doing both.
                exports=((min(sold, bought - 1), most_w),) if most_w else (),
                missing_price=terms.missing_price,
            )
        )
    return tuple(found)


def stored(parts: EngineParts, terms: TradeTerms, *, window_s: float) -> Store | None:
    """Return all batteries in one, those that say what is in them; None: there is none."""
    now = least = most = charge = discharge = 0.0
    per_wh = 3600.0 / window_s
    for device in parts.devices.values():
        config, soc = device.config, device.least_soc
        if not isinstance(config, BatteryConfig) or soc is None or device.silent:
            continue
        now += soc / 100.0 * config.capacity_wh * per_wh
        least += max(config.min_soc, terms.floor_soc) / 100.0 * config.capacity_wh * per_wh
        most += config.capacity_wh * per_wh
        charge += config.max_charge_w
        discharge += config.on_order_w
    if most <= 0:
        return None
    return Store(
        now=int(now),
        least=int(least),
        most=int(most),
        charge_most=int(charge),
        discharge_most=int(discharge),
        worth=terms.stored_price,
    )


def _mean(parts: EngineParts, start: float, end: float, forecast: Forecast | None, tied_w: float) -> float:
    """Return the load that nobody controls, less the sun, W on average: as forecast, as usual, or as it is now."""
    outlook = parts.planning.planner.outlook
    load = None if forecast is None else _series(forecast.base_w, start, end)
    sun = None if forecast is None else _series(forecast.sun_w, start, end)
    moments = [start + each * SLOT_S for each in range(max(1, round((end - start) / SLOT_S)))]
    if load is None:
        usual = [watts for each in moments if (watts := outlook.usual_load_w(each)) is not None]
        load = sum(usual) / len(usual) if usual else None
    if sun is None:
        usual = [watts for each in moments if (watts := outlook.usual_sun_w(each)) is not None]
        sun = sum(usual) / len(usual) if usual else 0.0
    if load is None:
        reading = parts.feeder(None).reading
        # Cars and batteries have places of their own in a bid.
        moved = (device.power_w or 0.0 for device in parts.devices.values() if device.config.kind in _MOVED)
        return 0.0 if reading is None else reading.total_w - sum(moved) - tied_w
    return load - max(0.0, sun)


def _series(series: Series | None, start: float, end: float) -> float | None:
    return None if series is None else series.mean(start, end)


def _planned_w(parts: EngineParts, start: float, end: float) -> float:
    """Return what the plan gives cars, W on average."""
    if not parts.config.planning:
        return 0.0
    total = 0.0
    for device in parts.devices.values():
        config = device.config
        if isinstance(config, ChargerConfig):
            for run in parts.planning.runs(device.device_id):
                seconds = min(end, run.end) - max(start, run.start)
                if seconds > 0:
                    total += run.current_a * config.watts_per_amp * seconds
    return total / (end - start)
