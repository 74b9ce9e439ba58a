"""The journal: what a step changed is there as a whole, once, and nothing that was promised changes."""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.tangle_grid.bridge.journal import Erased, Journal, Quarter, Step, TransferState
from custom_components.tangle_grid.economy.effects import BookEntry, Kind, Transfer
from custom_components.tangle_grid.ledger import LedgerError


def transfer(payment_id: str = "session-1:1", amount_i: int = 700) -> Transfer:
    """Return a payment from a car to the operator."""
    return Transfer(payment_id=payment_id, source="car", target="treasury", amount_i=amount_i, memo={"n": 1})


def line(entry_id: str = "session-1:1/car", **values: object) -> BookEntry:
    """Return the car's line of it."""
    usual = {
        "participant": "car",
        "at": 100.0,
        "kind": Kind.CHARGING,
        "reference": "session-1",
        "amount_i": -700,
        "wh_in": 500,
        "counterparty": "treasury",
        "payment_id": "session-1:1",
        "details": {"where": "charger 4"},
    }
    return BookEntry(entry_id=entry_id, **{**usual, **values})  # type: ignore[arg-type]


def step(**values: object) -> Step:
    """Return a step of a session."""
    usual = {"kind": "session", "saga_id": "session-1", "state": {"wh": 500}, "at": 100.0}
    return Step(**{**usual, **values})  # type: ignore[arg-type]


def test_a_step_is_there_after_the_file_was_opened_anew(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "economy.sqlite")
    journal.record([step(effects=[transfer(), line()])])
    journal.close()
    journal = Journal(tmp_path / "economy.sqlite")
    assert journal.open_sagas() == {"session": {"session-1": {"wh": 500}}}
    (ordered,) = journal.open_transfers()
    assert (ordered.transfer, ordered.state, ordered.order_id) == (transfer(), TransferState.WAITING, "session-1:1")
    assert list(journal.lines()) == [line()]
    journal.close()


def test_a_step_that_is_repeated_changes_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "economy.sqlite")
    for amount_i in (700, 900):
        journal.record([step(effects=[transfer(amount_i=amount_i), line(amount_i=-amount_i)])])
    (ordered,) = journal.open_transfers()
    assert ordered.transfer.amount_i == 700
    assert journal.balance_i("car") == -700
    journal.close()


def test_steps_are_written_together_or_not_at_all(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "economy.sqlite")
    with pytest.raises(LedgerError):
        journal.record([step(effects=[line()]), step(saga_id="other", effects=[transfer(amount_i=0)])])
    assert journal.open_sagas() == {}
    assert list(journal.lines()) == []
    journal.close()


def test_an_ended_saga_is_a_receipt_until_it_is_forgotten(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "economy.sqlite")
    journal.record([step(), step(state={"wh": 900}, at=200.0, ended=True)])
    assert journal.open_sagas() == {}
    assert journal.ended("session") == [{"wh": 900}]
    assert journal.saga("session", "session-1") == {"wh": 900}
    assert journal.saga("session", "session-2") is None
    journal.forget_ended("session", 200.0)
    assert journal.ended("session") == [{"wh": 900}]
    journal.forget_ended("session", 200.1)
    assert journal.ended("session") == []
    journal.close()


def test_where_transfers_stand(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "economy.sqlite")
    journal.record([step(effects=[transfer(), transfer("session-1:2")])])
    first, second = journal.open_transfers()
    object.__setattr__(first, "state", TransferState.CONFIRMED)
    object.__setattr__(second, "tries", 1)
    journal.note_states([first, second])
    (left,) = journal.open_transfers()
    assert left.order_id == "session-1:2~1"
    assert [each.transfer.payment_id for each in journal.newest_transfers(5)] == ["session-1:1", "session-1:2"]
    found = journal.transfer("session-1:1")
    assert found is not None
    assert found.state is TransferState.CONFIRMED
    assert journal.ordered_here(["session-1:2~1", "session-1:1", "elsewhere"]) == {"session-1:2~1", "session-1:1"}
    journal.close()


def test_a_payment_that_was_made_with_another_amount_takes_its_lines_with_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "economy.sqlite")
    other = line("session-1:1/treasury", participant="treasury", amount_i=700, counterparty="car")
    journal.record([step(effects=[transfer(), line(), other])])
    journal.note_amount("session-1:1", 640)
    assert (journal.balance_i("car"), journal.balance_i("treasury")) == (-640, 640)
    journal.close()


def test_of_a_payment_with_a_fee_the_fee_stays_and_the_rest_follows(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "economy.sqlite")
    lines = [
        line("1:car", amount_i=-650),
        line("1:treasury", participant="treasury", amount_i=650, counterparty="car"),
        line("1:fee:car", amount_i=-50, kind=Kind.FEE),
        line("1:fee:treasury", participant="treasury", amount_i=50, counterparty="car", kind=Kind.FEE),
    ]
    journal.record([step(effects=[transfer(), *lines])])
    journal.note_amount("session-1:1", 640)
    assert (journal.balance_i("car"), journal.balance_i("treasury")) == (-640, 640)
    assert {each.amount_i for each in journal.lines() if each.kind is Kind.FEE} == {-50, 50}
    journal.close()


def test_details_are_forgotten_and_sums_stay(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "economy.sqlite")
    later = line("b", at=300.0)
    parked = line("c", kind=Kind.PARKING)
    somebody = line("d", participant="other")
    journal.add_lines([line(), later, parked, somebody])
    assert journal.forget_details(participant="car", kinds=[Kind.CHARGING], before=200.0) == 1
    details = {each.entry_id: dict(each.details) for each in journal.lines()}
    assert [entry_id for entry_id, said in details.items() if not said] == ["session-1:1/car"]
    assert journal.balance_i("car") == -2_100
    assert journal.forget_details(kinds=list(Kind), before=1_000.0) == 3
    journal.close()


def test_lines_of_a_time(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "economy.sqlite")
    journal.add_lines([line(str(at), at=float(at)) for at in (30, 10, 20)])
    assert [each.entry_id for each in journal.lines(since=10, until=30)] == ["10", "20"]
    assert [each.entry_id for each in journal.lines(participant="car")] == ["10", "20", "30"]
    assert list(journal.lines(participant="other")) == []
    assert journal.balance_i("car", before=30.0) == -1_400
    journal.close()


def test_books_begin_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "economy.sqlite")
    opening = line("opening/car", kind=Kind.TRANSFER, amount_i=5_000)
    assert journal.begin([opening], 50.0) == 50.0
    assert journal.begin([line("opening/other", participant="other")], 60.0) == 50.0
    assert list(journal.lines()) == [opening]
    journal.close()


def test_quarters_add_up(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "economy.sqlite")
    quarter = Quarter(participant="car", at=900, wh_in=10, wh_out=0)
    journal.add_quarters([quarter])
    journal.add_quarters([Quarter(participant="car", at=900, wh_in=5, wh_out=2)])
    assert journal.quarters(since=900, until=1_800) == [Quarter(participant="car", at=900, wh_in=15, wh_out=2)]
    assert journal.quarters(since=1_800, until=2_700) == []
    journal.close()


def test_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "economy.sqlite"
    path.write_bytes(b"this is no database" * 100)
    journal = Journal(path)
    assert [*journal.aside] == ["economy.sqlite.aside-1"]
    assert (tmp_path / "economy.sqlite.aside-1").read_bytes().startswith(b"this is no database")
    assert journal.open_sagas() == {}
    journal.close()


def test_what_is_older_than_it_is_kept_goes_and_sums_stay(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "economy.sqlite")
    journal.record([step(effects=[transfer(), line()], ended=True), step(saga_id="open", effects=[])])
    journal.add_quarters([Quarter(participant="car", at=at, wh_in=1, wh_out=0) for at in (0, 900)])
    journal.forget_ended(None, 99.0)
    journal.forget_quarters(900)
    assert journal.saga("session", "session-1") is not None
    assert [each.at for each in journal.quarters(since=0, until=10_000)] == [900]
    journal.forget_ended(None, 101.0)
    assert journal.saga("session", "session-1") is None
    assert journal.saga("session", "open") is not None
    assert list(journal.lines()) == [line()]
    journal.close()


def test_erasing_leaves_what_is_under_way(tmp_path: Path) -> None:
    """And what others have: a line's id and amount never change."""
    journal = Journal(tmp_path / "economy.sqlite")
    going_on = {"reference": "session-2", "payment_id": None}
    journal.record(
        [
            step(effects=[transfer(), line(), line("bike", participant="bike", reference="other")], ended=True),
            step(saga_id="session-2", state={"payer": "car"}, effects=[line("session-2:1", **going_on)]),
            step(saga_id="by name", state={"payer": "subentry"}, ended=True),
            step(saga_id="of the bike", state={"payer": "bike"}, ended=True),
        ]
    )
    journal.add_quarters([Quarter(participant=who, at=0, wh_in=1, wh_out=0) for who in ("car", "bike")])

    def rewritten(lines: Iterable[BookEntry], is_kept: Callable[[str], bool]) -> Iterable[BookEntry]:
        for each in lines:
            if each.participant == "car" and not is_kept(each.reference):
                yield replace(each, at=0.0, reference="erased-1", counterparty=None, details={}, amount_i=0)

    assert journal.erase("car", ("subentry",), rewritten) == Erased(lines=1, under_way=1)
    first, *others = journal.lines()
    assert (first.reference, first.at, first.counterparty, first.details) == ("erased-1", 0.0, None, {})
    assert (first.entry_id, first.amount_i, first.payment_id) == ("session-1:1/car", -700, "session-1:1")
    assert sorted(each.entry_id for each in others) == ["bike", "session-2:1"]
    assert all(each.details for each in others)
    sagas = ("session-1", "by name", "of the bike", "session-2")
    # The first one's state names nobody.
    assert [journal.saga("session", saga) is not None for saga in sagas] == [True, False, True, True]
    assert [each.participant for each in journal.quarters(since=0, until=1)] == ["bike"]
    journal.close()


def test_a_journal_of_before_is_read_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "economy.sqlite"
    journal = Journal(path)
    journal.record([step(effects=[transfer(), line()])])
    journal.close()
    with closing(sqlite3.connect(path)) as database:
        database.executescript("ALTER TABLE line DROP COLUMN rate; DROP TABLE erased; PRAGMA user_version=1")
    journal = Journal(path)
    assert list(journal.lines()) == [line()]
    (ordered,) = journal.open_transfers()
    journal.note_states([replace(ordered, state=TransferState.CONFIRMED)])
    erased = journal.erase("car", (), lambda lines, _kept: (replace(each, details={}) for each in lines))
    assert (erased.lines, journal.transfer("session-1:1")) == (1, None)
    assert journal.ordered_here(["session-1:1", "other"]) == {"session-1:1"}, "it is not booked as somebody else's"
    journal.close()


def test_the_payments_of_a_session_are_found_with_their_lines(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "economy.sqlite")
    other = transfer("session-12:1")
    journal.record([step(effects=[transfer(), line(), other, line("x", payment_id=other.payment_id)])])
    journal.record([step(effects=[transfer("session-1:2", 5)])])
    assert journal.transfers_of("session-1") == [(transfer(), [line()]), (transfer("session-1:2", 5), [])]
    journal.close()
