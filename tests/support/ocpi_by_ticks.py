"""A second way to price an OCPI session, written from the specification alone: by hand, one tick after the other.

It knows nothing of the code that it is held against: it looks at the JSON, walks through the session in ticks of three
minutes (0.05 h, exact in JSON), and for each tick asks every element in turn whether it holds.
"""

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

TICK_S = 180
DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
TIMED = ("ENERGY", "TIME", "PARKING_TIME")


class Tick(NamedTuple):
    """What happened in a tick: Wh that were charged; None: the car only stood there."""

    wh: int | None

    @property
    def taken(self) -> dict[str, Fraction]:
        """Return what was taken of each dimension: kWh and hours."""
        if self.wh is None:
            return {"PARKING_TIME": Fraction(1, 20)}
        return {"ENERGY": Fraction(self.wh, 1000), "TIME": Fraction(1, 20)}

    @property
    def kw(self) -> Fraction:
        """Return the mean power."""
        return Fraction(self.wh or 0, 50)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)


def _holds(rules: dict[str, Any], at: datetime, seconds: int, kwh: Fraction, kw: Fraction) -> bool:
    now, begin, end = at.hour * 60 + at.minute, _minutes(rules.get("start_time", "00:00")), rules.get("end_time")
    until = 1440 if end is None or end == "00:00" else _minutes(end)
    inside = begin <= now < until if begin < until else not until <= now < begin
    day = at.strftime("%Y-%m-%d")
    outside = (
        not inside,
        "day_of_week" in rules and DAYS[at.weekday()] not in rules["day_of_week"],
        "start_date" in rules and day < rules["start_date"],
        "end_date" in rules and day >= rules["end_date"],
        "min_kwh" in rules and kwh < rules["min_kwh"],
        "max_kwh" in rules and kwh >= rules["max_kwh"],
        "min_power" in rules and kw < rules["min_power"],
        "max_power" in rules and kw >= rules["max_power"],
        "min_duration" in rules and seconds < rules["min_duration"],
        "max_duration" in rules and seconds >= rules["max_duration"],
    )
    return not any(outside)


def walk(tariff: str, start: datetime, zone: str, ticks: list[Tick]) -> list[dict[str, dict[str, Any]]]:
    """Return for each tick the price component that holds for each dimension."""
    elements = json.loads(tariff, parse_float=Fraction, parse_int=Fraction)["elements"]
    found, kwh = [], Fraction(0)
    for number, tick in enumerate(ticks):
        local = (start + timedelta(seconds=TICK_S * number)).astimezone(ZoneInfo(zone))
        holding: dict[str, dict[str, Any]] = {}
        for element in elements:
            if not _holds(element.get("restrictions", {}), local, TICK_S * number, kwh, tick.kw):
                continue
            for component in element["price_components"]:
                holding.setdefault(component["type"], component)
        found.append(holding)
        kwh += tick.taken.get("ENERGY", 0)
    return found


def bill(tariff: str, start: datetime, zone: str, ticks: list[Tick]) -> tuple[Fraction, Fraction, dict[str, Fraction]]:
    """Return what a session costs, without and with VAT, and without VAT by dimension."""
    said = json.loads(tariff, parse_float=Fraction, parse_int=Fraction)
    holding = walk(tariff, start, zone, ticks)
    costs: dict[str, tuple[Fraction, Fraction]] = {}

    def add(kind: str, component: dict[str, Any], volume: Fraction) -> None:
        without = component["price"] * volume
        old = costs.get(kind, (Fraction(0), Fraction(0)))
        costs[kind] = (old[0] + without, old[1] + without + without * component.get("vat", 0) / 100)

    for kind in TIMED:
        billed, last = Fraction(0), None
        for tick, prices in zip(ticks, holding, strict=True):
            volume = tick.taken.get(kind, Fraction(0))
            if volume and kind in prices:
                add(kind, prices[kind], volume)
                billed, last = billed + volume, prices[kind]
        # Where standing is billed after charging, only standing is rounded.
        stands = any(tick.wh is None and "PARKING_TIME" in prices for tick, prices in zip(ticks, holding, strict=True))
        if last is not None and not (kind == "TIME" and stands):
            add(kind, last, _whole_steps(billed, last["step_size"] / (1000 if kind == "ENERGY" else 3600)) - billed)
    for prices in holding:
        if "FLAT" in prices:
            add("FLAT", prices["FLAT"], Fraction(1))
            break
    sums = [sum((cost[side] for cost in costs.values()), Fraction(0)) for side in (0, 1)]
    excl, incl = (_limited(sums[side], said, name) for side, name in enumerate(("excl_vat", "incl_vat")))
    return excl, incl, {kind: cost[0] for kind, cost in costs.items()}


def _whole_steps(volume: Fraction, step: Fraction) -> Fraction:
    steps = 1
    while steps * step < volume:
        steps += max(1, int((volume - steps * step) / step))
    return steps * step


def _limited(amount: Fraction, said: dict[str, Any], name: str) -> Fraction:
    if "min_price" in said and amount < said["min_price"][name]:
        return Fraction(said["min_price"][name])
    if "max_price" in said and amount > said["max_price"][name]:
        return Fraction(said["max_price"][name])
    return amount


def record(tariff: str, start: datetime, zone: str, ticks: list[Tick]) -> str:
    """Return the session as a CDR whose periods begin where another price or another power does."""
    holding = walk(tariff, start, zone, ticks)
    periods: list[tuple[int, Tick, list[Tick]]] = []
    for number, tick in enumerate(ticks):
        if number == 0 or tick != ticks[number - 1] or holding[number] != holding[number - 1]:
            periods.append((number, tick, [tick]))
        else:
            periods[-1][2].append(tick)
    listed = []
    for number, tick, inside in periods:
        said = {kind: float(volume * len(inside)) for kind, volume in tick.taken.items()} | {"POWER": float(tick.kw)}
        dimensions = [{"type": kind, "volume": volume} for kind, volume in said.items()]
        begin = start + timedelta(seconds=TICK_S * number)
        listed.append({"start_date_time": begin.astimezone(UTC).isoformat(), "dimensions": dimensions})
    return json.dumps(
        {
            "start_date_time": start.isoformat(),
            "end_date_time": (start + timedelta(seconds=TICK_S * len(ticks))).isoformat(),
            "currency": "EUR",
            "charging_periods": listed,
        }
    )
