"""Random tariffs and sessions cost what a second implementation says, which was written in another way."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.economy.cdr import read_cdr
from custom_components.tangle_grid.economy.pricing import price
from custom_components.tangle_grid.economy.tariff import read_tariff
from tests.support.ocpi import component, element, tariff
from tests.support.ocpi_by_ticks import DAYS, TIMED, Tick, bill, record

ZONES = ["Europe/Amsterdam", "America/St_Johns", "UTC", "Australia/Lord_Howe"]
# Clocks go back and forward within these days.
STARTS = st.builds(
    lambda day, minutes: day + timedelta(minutes=minutes),
    st.sampled_from([datetime(2026, month, day, tzinfo=UTC) for month, day in ((10, 24), (3, 28), (4, 4), (11, 30))]),
    st.integers(0, 2 * 1440),
)
CENTS = st.integers(-50, 200).map(lambda cents: cents / 100)
CLOCKS = st.integers(0, 1439).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")


@st.composite
def sometimes(draw: st.DrawFn, name: str, low: int, high: int) -> dict[str, int]:
    """A restriction from a least to a most; either may be missing."""
    first, second = sorted(draw(st.lists(st.integers(low, high), min_size=2, max_size=2, unique=True)))
    return {
        **({f"min_{name}": first} if draw(st.booleans()) else {}),
        **({f"max_{name}": max(second, 1)} if draw(st.booleans()) else {}),
    }


@st.composite
def restrictions(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["none", "time", "days", "dates", "kwh", "power", "duration"]))
    match kind:
        case "time":
            begin, end = draw(st.lists(CLOCKS, min_size=2, max_size=2, unique=True))
            return {"start_time": begin, "end_time": end}
        case "days":
            return {"day_of_week": draw(st.lists(st.sampled_from(DAYS), min_size=1, unique=True))}
        case "dates":
            return {"start_date": "2026-03-29", "end_date": draw(st.sampled_from(["2026-10-25", "2026-12-01"]))}
        case "kwh":
            return draw(sometimes("kwh", 0, 12))
        case "power":
            return draw(sometimes("power", 0, 12))
        case "duration":
            return draw(sometimes("duration", 0, 4 * 3600))
    return {}


@st.composite
def elements(draw: st.DrawFn) -> dict[str, Any]:
    kinds = draw(st.lists(st.sampled_from([*TIMED, "FLAT"]), min_size=1, max_size=3, unique=True))
    return element(
        *(
            component(
                kind,
                draw(CENTS),
                draw(st.sampled_from([1, 60, 300, 1000, 3600])),
                draw(st.sampled_from([None, 0.0, 21.0, 9.5])),
            )
            for kind in kinds
        ),
        **draw(restrictions()),
    )


@st.composite
def limits(draw: st.DrawFn) -> dict[str, Any]:
    low, high = sorted(draw(st.tuples(st.integers(0, 1500), st.integers(0, 1500))))
    said: dict[str, Any] = {}
    if draw(st.booleans()):
        said["min_price"] = {"excl_vat": low / 100, "incl_vat": round(low * 0.015, 3)}
    if draw(st.booleans()):
        said["max_price"] = {"excl_vat": high / 100, "incl_vat": round(high * 0.015, 3)}
    return said


RUNS = st.lists(
    st.tuples(st.one_of(st.none(), st.sampled_from([0, 50, 111, 350, 550])), st.integers(1, 25)), min_size=1, max_size=4
)


@settings(max_examples=50, deadline=None)
@given(
    parts=st.lists(elements(), min_size=1, max_size=5),
    limit=limits(),
    start=STARTS,
    zone=st.sampled_from(ZONES),
    runs=RUNS,
)
def test_two_implementations_come_to_the_same(
    parts: list[dict[str, Any]], limit: dict[str, Any], start: datetime, zone: str, runs: list[tuple[int | None, int]]
) -> None:
    text = tariff(*parts, **limit)
    ticks = [Tick(wh) for wh, count in runs for _ in range(count)]
    excl, incl, by_dimension = bill(text, start, zone, ticks)
    found = price(read_tariff(text), read_cdr(record(text, start, zone, ticks)), ZoneInfo(zone))
    assert {line.dimension: line.cost.excl_vat for line in found.lines if line.billed} == by_dimension
    assert (found.total.excl_vat, found.total.incl_vat) == (excl, incl)
