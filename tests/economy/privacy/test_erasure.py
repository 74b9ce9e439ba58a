"""Who is erased leaves exact sums, and nothing that tells when, where or with whom."""

from datetime import UTC

from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.economy.books import Month, Statement, balances, statement
from custom_components.tangle_grid.economy.effects import BookEntry, Kind
from custom_components.tangle_grid.economy.privacy import KINDS_OF, Category, erased, pseudonym
from tests.support.books import MEMBERS, Desk, desks

SECRET = b"s" * 32


def all_statements(lines: list[BookEntry]) -> dict[tuple[str, str], Statement]:
    return {
        (member, month): statement(
            lines, island="i", participant=member, month=Month.parse(month), zone=UTC, time_zone="UTC"
        )
        for member in MEMBERS
        for month in ("2026-11", "2026-12", "2027-01")
    }


@settings(max_examples=30, deadline=None)
@given(desk=desks(), person=st.sampled_from(MEMBERS))
def test_sums_stay_exact_and_nothing_tells_of_the_person(desk: Desk, person: str) -> None:
    references = {line.reference for line in desk.lines if line.participant == person}
    references |= {pseudonym(SECRET, reference) for reference in references}

    def erase(line: BookEntry) -> BookEntry:
        if line.reference not in references:
            return line
        start = Month.of(line.at, UTC).bounds(UTC)[0]
        return erased(line, secret=SECRET, month_start=start, person=person)

    after = list(map(erase, desk.lines))
    assert list(map(erase, after)) == after
    assert balances(after) == balances(desk.lines)
    before_by, after_by = all_statements(desk.lines), all_statements(after)
    for key, of in before_by.items():
        now = after_by[key]
        assert (now.opening_i, now.closing_i, now.totals, now.sessions, now.by_kind) == (
            of.opening_i,
            of.closing_i,
            of.totals,
            of.sessions,
            of.by_kind,
        )
    for line in after:
        assert line.counterparty != person
        if line.participant == person:
            assert not line.details
            assert line.counterparty is None
            assert line.reference.startswith("erased-")


def test_a_pseudonym_tells_nothing_without_its_secret() -> None:
    assert pseudonym(SECRET, "session-1") == pseudonym(SECRET, "session-1") != pseudonym(SECRET, "session-2")
    assert pseudonym(SECRET, "session-1") != pseudonym(b"other", "session-1")
    assert pseudonym(b"other", pseudonym(SECRET, "session-1")) == pseudonym(SECRET, "session-1")


def test_every_kind_of_line_has_a_time_after_which_its_details_go() -> None:
    found = [kind for category in (Category.PLACES, Category.OTHER) for kind in KINDS_OF[category]]
    assert sorted(found) == sorted(Kind)
