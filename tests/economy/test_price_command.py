"""`scripts/price`: what it prints, and the sentence for what cannot be."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from custom_components.tangle_grid.economy import TariffError, read_tariff
from custom_components.tangle_grid.economy.cli import main
from custom_components.tangle_grid.economy.errors import SENTENCES
from tests.support.ocpi import cdr, component, element, tariff

GOOD = tariff(
    element(component("FLAT", 0.5, vat=20)), element(component("ENERGY", 0.25, 1, 10)), max_price={"excl_vat": 3}
)
SESSION = cdr((0, {"ENERGY": 20, "TIME": 1.5}))


type Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(by: str, session: str, *options: str) -> int:
        (tmp_path / "t.json").write_text(by)
        (tmp_path / "c.json").write_text(session)
        return main(["--tariff", str(tmp_path / "t.json"), "--cdr", str(tmp_path / "c.json"), *options])

    return run


def test_each_dimension_and_the_total(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(GOOD, SESSION) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["FLAT", "0.5000", "0.6000"] in rows
    assert ["ENERGY", "20.0000", "20.0000", "kWh", "5.0000", "5.5000"] in rows
    assert ["TIME", "1.5000", "0.0000", "h", "0.0000", "0.0000"] in rows
    assert ["maximum", "price", "-2.5000", "-2.5000"] in rows
    assert ["Total", "EUR", "3.0000", "3.6000"] in rows


def test_json(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(GOOD, SESSION, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["currency"] == "EUR"
    assert told["total"] == {"excl_vat": 3.0, "incl_vat": 3.6}
    energy = {"type": "ENERGY", "unit": "kWh", "volume": 20.0, "billed_volume": 20.0, "excl_vat": 5.0, "incl_vat": 5.5}
    assert energy in told["dimensions"]


@pytest.mark.parametrize(
    ("location", "options", "cost", "said"),
    [
        ({}, [], 3.0, "UTC"),
        ({"country": "NLD"}, [], 3.0, "NLD"),
        ({"time_zone": "Europe/Amsterdam"}, [], 1.0, "as the session says"),
        ({"time_zone": "Europe/Amsterdam"}, ["--time-zone", "America/New_York"], 3.0, "as given"),
    ],
)
def test_whose_time_it_is(
    run: Run, capsys: pytest.CaptureFixture[str], location: dict[str, str], options: list[str], cost: float, said: str
) -> None:
    by = tariff(
        element(component("ENERGY", 0.1), start_time="10:30", end_time="11:00"), element(component("ENERGY", 0.3))
    )
    assert run(by, cdr((0, {"ENERGY": 10}), cdr_location=location), "--json", *options) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["total"]["excl_vat"] == cost
    assert said in told["notes"][0]


ENERGY = component("ENERGY", 0.25)


def restricted(**restrictions: object) -> str:
    return tariff(element(ENERGY, **restrictions))


IMPOSSIBLE_TARIFFS = {
    "not_json": "{",
    "not_an_object": "[]",
    "not_a_list": json.dumps({"currency": "EUR", "elements": 5}),
    "empty_list": tariff(),
    "missing": json.dumps({"elements": [element(ENERGY)]}),
    "not_a_text": tariff(element(ENERGY), currency=5),
    "not_a_number": tariff(element(component("ENERGY", "0.25"))),  # type: ignore[arg-type]
    "number_too_large": tariff(element(ENERGY)).replace("0.25", "1e999999999"),
    "not_whole": tariff(element(component("ENERGY", 1, 1.5))),  # type: ignore[arg-type]
    "not_a_moment": tariff(element(ENERGY), start_date_time="yesterday"),
    "not_a_date": restricted(start_date="30.11.2026"),
    "not_a_time": restricted(start_time="24:00"),
    "unknown_choice": restricted(day_of_week=["FUNDAY"]),
    "same_dimension_twice": tariff(element(ENERGY, ENERGY)),
    "step_size_below_one": tariff(element(component("ENERGY", 1, -1))),
    "reservation_dimension": restricted(reservation="RESERVATION"),
    "negative_vat": tariff(element(component("ENERGY", 1, vat=-1))),
    "cannot_hold": restricted(min_kwh=20, max_kwh=20),
    "limits_cross": tariff(element(ENERGY), min_price={"excl_vat": 5}, max_price={"excl_vat": 4}),
    "currencies_differ": tariff(element(ENERGY), currency="CHF"),
    "tariff_not_valid": tariff(element(ENERGY), end_date_time="2026-11-30T09:30:00Z"),
}
IMPOSSIBLE_SESSIONS = {
    "negative_volume": cdr((0, {"TIME": -1})),
    "no_periods": cdr(),
    "runs_backwards": cdr((10, {"ENERGY": 1}), (9, {"ENERGY": 1})),
    "period_after_end": cdr((0, {"ENERGY": 1}), (90, {"ENERGY": 1})).replace("11:01:00", "10:59:00"),
}
MORE = [
    restricted(start_date="2026-12-01", end_date="2026-12-01"),
    restricted(start_time="08:00", end_time="08:00"),
    restricted(min_duration=60, max_duration=30),
    restricted(min_power=2, max_power=1),
    restricted(min_current=2, max_current=1),
    restricted(max_kwh=0),
    tariff(element(ENERGY), start_date_time="2026-12-01T00:00:00Z", end_date_time="2026-11-01T00:00:00Z"),
]


def refused(run: Run, capsys: pytest.CaptureFixture[str], by: str, session: str, *options: str) -> str:
    assert run(by, session, *options) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("scripts/price: ")
    assert told.err.count("\n") == 1
    return told.err


def told_by(key: str) -> str:
    """The longest part of a sentence that is the same for all values."""
    return max((part.split("}")[-1] for part in SENTENCES[key].split("{")), key=len)


@pytest.mark.parametrize("key", IMPOSSIBLE_TARIFFS)
def test_an_impossible_tariff(run: Run, capsys: pytest.CaptureFixture[str], key: str) -> None:
    assert told_by(key) in refused(run, capsys, IMPOSSIBLE_TARIFFS[key], SESSION)


@pytest.mark.parametrize("key", IMPOSSIBLE_SESSIONS)
def test_an_impossible_session(run: Run, capsys: pytest.CaptureFixture[str], key: str) -> None:
    assert told_by(key) in refused(run, capsys, GOOD, IMPOSSIBLE_SESSIONS[key])


@pytest.mark.parametrize("by", MORE)
def test_a_restriction_that_cannot_hold(run: Run, capsys: pytest.CaptureFixture[str], by: str) -> None:
    assert told_by("cannot_hold") in refused(run, capsys, by, SESSION)


def test_every_sentence_is_told_once() -> None:
    assert set(SENTENCES) == {*IMPOSSIBLE_TARIFFS, *IMPOSSIBLE_SESSIONS, "unknown_dimension", "no_tariffs"}


def test_a_session_that_ends_before_it_starts(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    backwards = SESSION.replace('"end_date_time": "2026-11-30T09:31', '"end_date_time": "2026-11-30T09:29')
    assert "runs backwards" in refused(run, capsys, GOOD, backwards)


def test_a_file_or_time_zone_that_is_not_there(run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "no time zone" in refused(run, capsys, GOOD, SESSION, "--time-zone", "Mars/Olympus")
    assert "no time zone" in refused(run, capsys, GOOD, SESSION, "--time-zone", "../../etc/passwd")
    assert main(["--tariff", str(tmp_path / "none"), "--cdr", str(tmp_path / "none")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_what_the_price_had_to_assume_is_said(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    by = tariff(element(component("ENERGY", 1), max_current=32, max_kwh=10), element(component("ENERGY", 2)))
    assert run(by, SESSION) == 0
    out = capsys.readouterr().out
    assert "Period 1: nothing says its current" in out
    assert "Period 1: another price begins within it" in out


def test_what_is_not_understood_is_passed_over_and_said(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    by = tariff(element(component("BLOCKING", 9), component("ENERGY", 0.25, 0)))
    assert run(by, cdr((0, {"ENERGY": 20, "WATER": 7})), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["total"]["excl_vat"] == 5.0
    said = " ".join(told["notes"])
    assert "Passed over: tariff.elements[0].price_components[0].type is BLOCKING" in said
    assert "price_components[1].step_size is 0" in said
    assert "charging_periods[0].dimensions[1].type is WATER" in said
    with pytest.raises(TariffError, match="OCPI does not know"):
        read_tariff(tariff(element(component("BLOCKING", 9))))
    with pytest.raises(TariffError, match="1 or more"):
        read_tariff(tariff(element(component("ENERGY", 1, 0))))


@pytest.mark.parametrize(
    ("totals", "cost"),
    [
        ({"total_energy": 10, "total_time": 2, "total_parking_time": 0.5}, 7.0),  # 2.50, 1.50 and 3.00
        ({"total_energy": 10, "total_time": 2}, 4.5),
        ({"total_energy": 10}, 4.5),  # and what lasted from the start to the end
    ],
)
def test_a_session_without_periods_is_priced_by_its_totals(
    run: Run, capsys: pytest.CaptureFixture[str], totals: dict[str, Any], cost: float
) -> None:
    by = tariff(element(component("ENERGY", 0.25), component("TIME", 1), component("PARKING_TIME", 6)))
    assert run(by, cdr(minutes=120, **totals), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["total"]["excl_vat"] == cost
    assert "its totals were priced as one" in " ".join(told["notes"])


def test_a_session_may_bring_its_tariff_along(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new, night = (
        json.loads(tariff(element(component("ENERGY", price)), **fields))
        for price, fields in (
            (0.1, {"id": "old", "end_date_time": "2026-11-01T00:00:00Z"}),
            (0.25, {"id": "new"}),
            (0.5, {"id": "night"}),
        )
    )
    session = json.loads(cdr((0, {"ENERGY": 20}), (30, {"ENERGY": 4}), tariffs=[old, new, night]))
    path = tmp_path / "c.json"

    def cost() -> tuple[float, str]:
        path.write_text(json.dumps(session))
        assert main(["--cdr", str(path), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        return told["total"]["excl_vat"], " ".join(told["notes"])

    excl, said = cost()
    assert excl == 6.0
    assert "one that the session brings along: new" in said
    for period, name in zip(session["charging_periods"], ("night", "new"), strict=True):
        period["tariff_id"] = name
    excl, said = cost()
    assert excl == 12.0
    assert "another tariff (new): all were priced by night, that of the first." in said
    del session["tariffs"]
    path.write_text(json.dumps(session))
    assert main(["--cdr", str(path)]) == 2
    assert "brings no tariff along: give one with --tariff" in capsys.readouterr().err


@pytest.mark.parametrize("totals", [{"total_time": -1}, {"total_time": 1, "total_parking_time": 2}])
def test_totals_that_cannot_be_are_refused(
    run: Run, capsys: pytest.CaptureFixture[str], totals: dict[str, Any]
) -> None:
    assert "a volume is not negative" in refused(run, capsys, GOOD, cdr(minutes=120, **totals))


@pytest.mark.parametrize(
    ("claimed", "said"),
    [
        ({"excl_vat": 3.0, "incl_vat": 3.6}, "3.0000 without VAT (as here) and 3.6000 with it (as here)"),
        ({"excl_vat": 3.004}, "3.0040 without VAT (as here)."),
        ({"before_taxes": 3.5, "taxes": [{"name": "VAT", "amount": 0.05}]}, "(0.5000 more than here) and 3.5500 with"),
        ({"excl_vat": 2}, "2.0000 without VAT (1.0000 less than here)."),
        (7, None),
    ],
)
def test_what_the_session_claims_is_held_against_the_price(
    run: Run, capsys: pytest.CaptureFixture[str], claimed: object, said: str | None
) -> None:
    assert run(GOOD, cdr((0, {"ENERGY": 20, "TIME": 1.5}), total_cost=claimed)) == 0
    out = capsys.readouterr().out
    assert "The session itself says" not in out if said is None else said in out


def test_periods_of_another_tariff_and_energy_that_is_fed_back_are_said(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    session = json.loads(cdr((0, {"ENERGY": 10}), (30, {"ENERGY": -4})))
    session["charging_periods"][1]["tariff_id"] = "night"
    assert run(tariff(element(ENERGY)), json.dumps(session), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["total"]["excl_vat"] == 1.5
    assert "another tariff (night): all were priced by 1" in " ".join(told["notes"])
    assert "Period 2: more energy was fed back" in " ".join(told["notes"])
    assert run(tariff(element(component("ENERGY", 1, 500))), cdr((0, {"ENERGY": -4})), "--json") == 0
    assert json.loads(capsys.readouterr().out)["total"]["excl_vat"] == -4.0


def test_a_session_at_the_end_of_time(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    late = cdr((0, {"ENERGY": 1}), start=datetime(9999, 12, 31, 23, 30, tzinfo=UTC))
    assert "not a date and time" in refused(run, capsys, GOOD, late, "--time-zone", "Asia/Tokyo")
    forever = tariff(element(ENERGY), end_date_time="9999-12-31T23:59:59Z")
    assert run(forever, SESSION) == 0


def test_files_that_are_the_wrong_way_round_are_named(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    by, session = tariff(element(ENERGY)), cdr((0, {"ENERGY": 1}))
    assert "wrong way round" in refused(run, capsys, session, by)
    assert "wrong way round" not in refused(run, capsys, "[]", session)
    assert "wrong way round" not in refused(run, capsys, "{", session)
