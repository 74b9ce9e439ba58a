"""Who is erased leaves exact sums, and nothing that tells when, where or with whom."""

from dataclasses import replace
from datetime import UTC
from pathlib import Path

from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.economy.books import Month, Statement, balances, statement
from custom_components.tangle_grid.economy.effects import BookEntry, Kind
from custom_components.tangle_grid.economy.privacy import DEFAULT_DAYS, KINDS_OF, erase, pseudonym
from tests.support.books import MEMBERS, Desk, desks, entry

SECRET = b"s" * 32


def month_start(at: float) -> float:
    return Month.of(at, UTC).bounds(UTC)[0]


def after(lines: list[BookEntry], person: str, **given: object) -> list[BookEntry]:
    changed = {
        line.entry_id: line
        for line in erase(lines, person, secret=SECRET, month_start=month_start, **given)  # type: ignore[arg-type]
    }
    return [changed.get(line.entry_id, line) for line in lines]


def all_statements(lines: list[BookEntry]) -> list[Statement]:
    return [
        statement(lines, island="i", participant=member, month=Month.parse(month), zone=UTC, time_zone="UTC")
        for member in MEMBERS
        for month in ("2026-11", "2026-12", "2027-01")
    ]


@settings(max_examples=30, deadline=None)
@given(desk=desks(), person=st.sampled_from(MEMBERS))
def test_sums_stay_exact_and_nothing_tells_of_the_person(desk: Desk, person: str) -> None:
    lines = after(desk.lines, person)
    assert after(lines, person) == lines
    assert balances(lines) == balances(desk.lines)
    for before, now in zip(all_statements(desk.lines), all_statements(lines), strict=True):
        assert (now.opening_i, now.closing_i) == (before.opening_i, before.closing_i)
        for kind, sums in before.by_kind.items():
            assert replace(now.by_kind[kind], references=0) == replace(sums, references=0)
    for line in lines:
        assert line.counterparty != person
        if line.participant == person:
            assert not line.details
            assert (line.counterparty, line.reference[:7]) == (None, "erased-")
            assert line.at == month_start(line.at)


def test_a_session_stays_one_session_and_others_keep_theirs() -> None:
    lines = [
        entry("1", participant="car", counterparty="house", reference="s", amount_i=-5, details={"charger": "c"}),
        entry("2", participant="house", counterparty="car", reference="s", amount_i=5),
        entry("3", participant="house", counterparty="sun", reference="s", kind=Kind.FEED_IN, amount_i=-2),
        entry("4", participant="house", counterparty="bike", reference="t", amount_i=3, details={"charger": "c"}),
        entry("5", participant="car", kind=Kind.REWARD, reference="r", amount_i=1),
        entry("6", participant="bike", kind=Kind.REWARD, reference="r", amount_i=1),
    ]
    found = after(lines, "car")
    assert len({line.reference for line in found[:3]}) == 1
    assert [line.counterparty for line in found] == [None, None, "sun", "bike", None, None]
    assert [found[3], found[5]] == [lines[3], lines[5]]
    assert found[4].reference != "r"
    # What is under way stays until it has ended.
    assert after(lines, "car", is_kept=lambda reference: reference == "s")[:3] == lines[:3]


def test_a_pseudonym_tells_nothing_without_its_secret() -> None:
    assert pseudonym(SECRET, "session-1") == pseudonym(SECRET, "session-1") != pseudonym(SECRET, "session-2")
    assert pseudonym(SECRET, "session-1") != pseudonym(b"other", "session-1")
    assert pseudonym(b"other", pseudonym(SECRET, "session-1")) == pseudonym(SECRET, "session-1")


def test_every_kind_of_line_has_a_time_after_which_its_details_go() -> None:
    found = [kind for kinds in KINDS_OF.values() for kind in kinds]
    assert sorted(found) == sorted(Kind)


def test_the_page_on_privacy_says_the_same_times() -> None:
    page = (Path(__file__).parents[3] / "docs" / "privacy.md").read_text()
    for days in DEFAULT_DAYS.values():
        assert f"**{days} days**" in page
