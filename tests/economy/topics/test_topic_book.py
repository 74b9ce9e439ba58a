"""What becomes of reports, one rule after the other."""

import json
from typing import Any

import pytest

from custom_components.tangle_grid.economy.effects import Transfer
from custom_components.tangle_grid.economy.topics import FindingState, Status, Topic, TopicBook, TopicError
from custom_components.tangle_grid.economy.topics.errors import SENTENCES
from custom_components.tangle_grid.economy.topics.reputation import DOUBTED_ABOVE, FIRST_OPEN, MAX_OPEN_OF_OWNER
from tests.support.topics import DAY, NOW, at, entries, report, topic, transfers

TOMORROW = "2026-05-29"


def found(book: TopicBook, *owners: str, north_m: float = 0.0) -> dict[str, int]:
    """Let owners report the same place, and return what is paid in the end."""
    paid: dict[str, int] = {}
    for owner in owners:
        paid = transfers(book.report(report(f"{owner} {north_m}", owner, at(north_m)), NOW, DAY)[1])
    return paid


def refused(call: Any) -> str:
    with pytest.raises(TopicError) as error:
        call()
    assert str(error.value)
    return error.value.key


def test_the_first_k_are_paid_when_the_kth_confirms() -> None:
    book = TopicBook(topic())
    first, none = book.report(report("a", "anna", at(0)), NOW, DAY)
    assert (first.status, first.reporters, first.needed, none) == (Status.OPEN, 1, 3, [])
    second, none = book.report(report("b", "ben", at(12)), NOW + 60, DAY)
    assert (second.status, second.reporters, none) == (Status.OPEN, 2, [])
    third, effects = book.report(report("c", "cleo", at(-12)), NOW + 90, DAY)
    assert (third.status, third.finding_id, third.reporters, third.paid_i) == (Status.CONFIRMED, "a", 3, 100)
    assert transfers(effects) == {"car of anna": 100, "car of ben": 100, "car of cleo": 100}
    assert entries(effects) == {"roads": -300, "car of anna": 100, "car of ben": 100, "car of cleo": 100}
    assert [each.payment_id for each in effects if isinstance(each, Transfer)] == [
        "data-roads-a",
        "data-roads-b",
        "data-roads-c",
    ]
    # Nothing of it tells others where anybody was.
    assert all(dict(each.memo) == {"kind": "data"} for each in effects if isinstance(each, Transfer))
    (finding,) = book.findings
    assert (finding.state, finding.place, finding.until) == (FindingState.CONFIRMED, at(0), NOW + 90 + 30 * 86_400)
    assert book.left_i(DAY) == (99_700, 9_700)
    assert not book.open


def test_what_is_known_earns_nothing_until_it_is_forgotten() -> None:
    book = TopicBook(topic(known_s=3_600))
    found(book, "anna", "ben", "cleo")
    late, effects = book.report(report("late", "dora", at(20)), NOW + 3_600, DAY)
    assert (late.status, late.finding_id, effects) == (Status.KNOWN, "anna 0.0", [])
    beside, _ = book.report(report("beside", "dora", at(40)), NOW, DAY)
    assert beside.status is Status.OPEN
    again, _ = book.report(report("again", "dora", at(-20), at=NOW + 3_700), NOW + 3_700, DAY)
    assert again.status is Status.OPEN
    assert not book.findings


def test_an_owner_counts_once_with_however_many_cars() -> None:
    book = TopicBook(topic())
    for number in range(5):
        said, effects = book.report(report(f"{number}", "anna", at(number), reporter=f"car {number}"), NOW, DAY)
        assert (said.status, said.reporters, effects) == (
            Status.REPEATED if number else Status.OPEN,
            1,
            [],
        )
    assert len(book.open) == 1
    assert found(book, "ben", "cleo") == {"car 0": 100, "car of ben": 100, "car of cleo": 100}


def test_the_middle_one_confirms_also_when_it_comes_first() -> None:
    for order in ((0, 25, -25), (25, -25, 0), (25, 0, -25)):
        book = TopicBook(topic())
        for number, north_m in enumerate(order):
            book.report(report(f"{number}", f"owner {number}", at(north_m)), NOW, DAY)
        assert [each.place for each in book.findings] == [at(0)], order


def test_three_that_nobody_is_near_to_confirm_nothing() -> None:
    book = TopicBook(topic())
    for number in range(8):
        said, _ = book.report(report(f"{number}", f"owner {number}", at(0, 31 * number)), NOW, DAY)
        assert said.status is Status.OPEN
    # Each one has one beside it at most: four in a row at 29 m have two.
    book = TopicBook(topic())
    states = [book.report(report(f"{n}", f"{n}", at(0, 29 * n)), NOW, DAY)[0].status for n in range(4)]
    assert states == [Status.OPEN, Status.OPEN, Status.CONFIRMED, Status.OPEN]


def test_reports_confirm_each_other_within_the_time_only() -> None:
    book = TopicBook(topic(confirmations=2, window_s=600))
    book.report(report("a", "anna", at=NOW - 600), NOW, DAY)
    said, _ = book.report(report("b", "ben", at=NOW + 100), NOW, DAY)
    assert said.status is Status.OPEN
    said, _ = book.report(report("c", "cleo", at=NOW - 500), NOW, DAY)
    assert (said.status, said.finding_id) == (Status.CONFIRMED, "a")
    # Anna and Ben are too far apart in time.
    assert [each.owner for each in book.findings[0].payees] == ["anna", "cleo"]
    assert not book.open


def test_whom_nobody_confirms_earns_nothing() -> None:
    book = TopicBook(topic(window_s=600))
    for number in range(3):
        book.report(report(f"{number}", "liar", at(100 * number)), NOW, DAY)
    assert book.accounts["liar"].open == 3
    assert book.tick(NOW + 601, DAY) == []
    assert not book.open
    account = book.accounts["liar"]
    assert (account.open, account.confirmed, account.unconfirmed, account.earned_i) == (0, 0, 3, 0)
    # And nobody needs less of others, or more, for it.
    said, _ = book.report(report("x", "liar", at=NOW + 700), NOW + 700, DAY)
    assert (said.reporters, said.needed) == (1, 3)


def test_a_repeated_report_keeps_the_sighting_alive() -> None:
    book = TopicBook(topic(confirmations=2, window_s=600))
    book.report(report("a", "anna"), NOW, DAY)
    again, _ = book.report(report("a2", "anna", at(5), at=NOW + 500), NOW + 500, DAY)
    assert (again.status, again.finding_id) == (Status.REPEATED, "a")
    said, effects = book.report(report("b", "ben", at=NOW + 1_000), NOW + 1_000, DAY)
    assert (said.status, said.finding_id) == (Status.CONFIRMED, "a")
    assert [each.payment_id for each in effects if isinstance(each, Transfer)] == ["data-roads-a", "data-roads-b"]


def test_the_same_report_is_taken_once() -> None:
    book = TopicBook(topic(confirmations=1, known_s=10))
    assert found(book, "anna") == {"car of anna": 100}
    for now in (NOW, NOW + 100):
        said, effects = book.report(report("anna 0.0", "anna"), now, DAY)
        assert (said.status, effects) == (Status.TAKEN, [])
    assert book.spent_i == 100


def test_a_day_that_is_spent_pays_on_the_next_in_order() -> None:
    book = TopicBook(topic(day_budget_i=300))
    assert found(book, "anna", "ben", "cleo")
    said = [book.report(report(f"{owner} 2", owner, at(100)), NOW, DAY) for owner in ("anna", "ben", "cleo")][-1]
    assert (said[0].status, said[0].paid_i, said[1]) == (Status.CONFIRMED, 0, [])
    found(book, "anna", "ben", "cleo", north_m=200)
    assert (book.spent_i, book.owed_i, book.left_i(DAY)) == (300, 600, (99_100, 0))
    assert book.tick(NOW, DAY) == []
    effects = book.tick(NOW, TOMORROW)
    assert [each.payment_id for each in effects if isinstance(each, Transfer)] == [
        "data-roads-anna 2",
        "data-roads-ben 2",
        "data-roads-cleo 2",
    ]
    # A clock that goes back and forth gives no day a second budget.
    assert book.tick(NOW, DAY) == book.tick(NOW, TOMORROW) == []
    assert transfers(book.tick(NOW, "2026-05-30")) == {"car of anna": 100, "car of ben": 100, "car of cleo": 100}
    assert book.owed_i == 0


def test_a_finding_is_owed_also_when_it_is_rejected_or_forgotten() -> None:
    book = TopicBook(topic(day_budget_i=300, known_s=60))
    found(book, "anna", "ben", "cleo")
    found(book, "anna", "ben", "cleo", north_m=100)
    assert book.reject("anna 100", NOW).state is FindingState.CONFIRMED
    book = TopicBook.from_dict(book.topic, json.loads(json.dumps(book.to_dict())))
    assert [each.finding_id for each in book.findings] == ["anna 0.0"]
    assert refused(lambda: book.reject("anna 100", NOW)) == "report_unknown"
    assert transfers(book.tick(NOW + 90_000, TOMORROW)) == {"car of anna": 100, "car of ben": 100, "car of cleo": 100}
    assert not book.findings
    assert book.to_dict()["findings"] == []


def test_the_whole_budget_ends_the_topic() -> None:
    book = TopicBook(topic(budget_i=700, day_budget_i=700))
    found(book, "anna", "ben", "cleo")
    found(book, "anna", "ben", "cleo", north_m=100)
    assert book.left_i(DAY) == (100, 100)
    assert refused(lambda: book.report(report("x", "anna", at(200)), NOW, DAY)) == "topic_budget_spent"
    more = TopicBook.from_dict(topic(budget_i=1_000), book.to_dict())
    assert more.report(report("x", "anna", at(200)), NOW, DAY)[0].status is Status.OPEN


def test_the_owner_accepts_an_open_report() -> None:
    book = TopicBook(topic())
    found(book, "anna", "ben")
    finding, effects = book.accept("ben 0.0", NOW, DAY)
    assert finding is not None
    assert (finding.state, finding.finding_id, finding.is_paid) == (FindingState.ACCEPTED, "anna 0.0", True)
    assert transfers(effects) == {"car of anna": 100, "car of ben": 100}
    assert book.report(report("c", "cleo"), NOW, DAY)[0].status is Status.KNOWN
    assert refused(lambda: book.accept("anna 0.0", NOW, DAY)) == "finding_known"
    assert refused(lambda: book.accept("nobody", NOW, DAY)) == "report_unknown"


def test_the_owner_rejects_an_open_report_and_changes_their_mind() -> None:
    book = TopicBook(topic())
    found(book, "anna", "ben")
    assert book.reject("ben 0.0", NOW).state is FindingState.REJECTED
    said, effects = book.report(report("c", "cleo"), NOW, DAY)
    assert (said.status, said.finding_id, effects) == (Status.REJECTED, "ben 0.0", [])
    assert (book.accounts["anna"].unconfirmed, book.spent_i) == (1, 0)
    assert book.accept("ben 0.0", NOW, DAY) == (None, [])
    assert book.report(report("c", "cleo"), NOW, DAY)[0].status is Status.OPEN
    assert refused(lambda: book.accept("anna 0.0", NOW, DAY)) == "report_unknown"


def test_what_is_not_there_any_more_can_be_found_again() -> None:
    book = TopicBook(topic())
    found(book, "anna", "ben", "cleo")
    book.reject("anna 0.0", NOW)
    said, _ = book.report(report("new", "anna"), NOW, DAY)
    assert said.status is Status.OPEN


def test_numbers_confirm_each_other_when_they_agree() -> None:
    book = TopicBook(topic(kind="air", wants_value=True, tolerance=5.0))

    def say(owner: str, value: float) -> Status:
        return book.report(report(f"{owner} {value}", owner, kind="air", value=value), NOW, DAY)[0].status

    assert [say("anna", 20), say("ben", 24), say("liar", 90), say("dora", -40)] == [Status.OPEN] * 4
    assert say("cleo", 25) is Status.CONFIRMED
    (finding,) = book.findings
    assert finding.value == 24
    assert [each.owner for each in finding.payees] == ["anna", "ben", "cleo"]
    # The place is known now; what others said of it earns nothing.
    assert (book.open, book.accounts["liar"].unconfirmed) == ((), 1)


def test_a_newer_number_takes_the_place_of_the_older_one() -> None:
    book = TopicBook(topic(kind="air", wants_value=True, tolerance=5, confirmations=2))
    for value, when in ((20, NOW), (60, NOW + 60), (30, NOW + 30)):
        book.report(report(f"{value}", "anna", kind="air", value=value, at=when), NOW + 60, DAY)
    assert book.open[0].value == 60
    said, _ = book.report(report("b", "ben", kind="air", value=62, at=NOW + 60), NOW + 60, DAY)
    assert said.status is Status.CONFIRMED


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"topic_id": "air"}, "report_wrong_topic"),
        ({"kind": "ice"}, "report_wrong_kind"),
        ({"owner": "town"}, "report_own_topic"),
        ({"place": at(5_001)}, "report_outside"),
        ({"at": NOW + 121}, "report_in_future"),
        ({"at": NOW - 7 * 86_400 - 1}, "report_too_old"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_lost(changes: dict[str, Any], key: str) -> None:
    book = TopicBook(topic())
    found(book, "anna", "ben")
    before = book.to_dict()
    assert refused(lambda: book.report(report("x", **{"owner": "cleo", **changes}), NOW, DAY)) == key
    assert book.to_dict() == before
    assert len(found(book, "cleo")) == 3


def test_numbers_and_rounding_are_checked() -> None:
    book = TopicBook(topic(step=100, wants_value=True, least=0, most=500))
    assert refused(lambda: book.report(report("x", "anna", at(1), value=1), NOW, DAY)) == "report_not_rounded"
    assert refused(lambda: book.report(report("x", "anna"), NOW, DAY)) == "report_value_missing"
    for value in (-0.1, 501):
        with pytest.raises(TopicError) as error:
            book.report(report("x", "anna", value=value), NOW, DAY)
        assert error.value.key == "report_value_out_of_range"
    assert book.report(report("x", "anna", value=500), NOW, DAY)[0].status is Status.OPEN


def test_whom_nobody_confirms_is_soon_heard_no_more() -> None:
    book = TopicBook(topic(window_s=86_400))
    for number in range(FIRST_OPEN):
        book.report(report(f"{number}", "liar", at(31 * number)), NOW, DAY)
    assert refused(lambda: book.report(report("x", "liar", at(-500)), NOW, DAY)) == "too_many_reports"
    # What is open may be said again, and others are heard.
    assert book.report(report("again", "liar", at(0)), NOW, DAY)[0].status is Status.REPEATED
    assert found(book, "anna", "ben", "cleo", north_m=-500)
    # Time alone makes room, and not more of it than at first.
    book.tick(NOW + 86_401, TOMORROW)
    later = NOW + 86_401
    for number in range(FIRST_OPEN):
        book.report(report(f"{number} later", "liar", at(31 * number), at=later), later, TOMORROW)
    assert refused(lambda: book.report(report("y", "liar", at(500), at=later), later, TOMORROW)) == "too_many_reports"


def test_whom_nobody_confirms_counts_with_one_more_only() -> None:
    book = TopicBook(topic(confirmations=2))
    for liar, east_m in (("liar", 0), ("other", 100)):
        for number in range(DOUBTED_ABOVE + 1):
            book.report(report(f"{liar} {number}", liar, at(-500 - 40 * number, east_m)), NOW, DAY)
    # By chance they agree, and somebody new does with one of them.
    assert found(book, "liar", "other") == {}
    assert found(book, "liar", "anna", north_m=100) == {}
    assert book.report(report("more", "ben", at(100)), NOW, DAY)[0].status is Status.CONFIRMED
    assert [each.owner for each in book.findings[0].payees] == ["liar", "anna"]
    # Those of whom nothing is known yet are believed.
    assert found(book, "cleo", "dora", north_m=200) == {"car of cleo": 100, "car of dora": 100}


def test_who_was_confirmed_is_believed_sooner_and_what_waited_is_found() -> None:
    book = TopicBook(topic(confirmations=2))
    for number in range(DOUBTED_ABOVE + 1):
        book.report(report(f"far {number}", "anna", at(-500 - 40 * number)), NOW, DAY)
    assert found(book, "ben", "anna") == {}
    assert found(book, "cleo", north_m=-500) == {}
    assert book.report(report("third", "dora", at(-500)), NOW, DAY)[0].status is Status.CONFIRMED
    read = TopicBook.from_dict(book.topic, json.loads(json.dumps(book.to_dict())))
    for each in (book, read):
        assert transfers(each.tick(NOW, DAY)) == {"car of ben": 100, "car of anna": 100}


def test_who_came_too_late_to_earn_was_right_all_the_same() -> None:
    book = TopicBook(topic(confirmations=2, tolerance=1.0, wants_value=True))
    for number in range(DOUBTED_ABOVE + 1):
        book.report(report(f"far {number}", "anna", at(-500 - 40 * number), value=1), NOW, DAY)
    for owner, value in (("ben", 1.0), ("anna", 1.5), ("liar", 9.0), ("cleo", 1.2)):
        book.report(report(owner, owner, value=value), NOW, DAY)
    assert [each.owner for each in book.findings[0].payees] == ["ben", "anna"]
    assert (book.accounts["cleo"].open, book.accounts["cleo"].unconfirmed) == (0, 0)
    assert book.accounts["liar"].unconfirmed == 1


def test_each_report_that_was_confirmed_allows_one_more() -> None:
    book = TopicBook(topic())
    for number in range(2):
        found(book, "anna", "ben", "cleo", north_m=-100 * (number + 1))
    for number in range(FIRST_OPEN + 2):
        book.report(report(f"{number}", "anna", at(31 * number)), NOW, DAY)
    assert refused(lambda: book.report(report("x", "anna", at(-500)), NOW, DAY)) == "too_many_reports"
    assert FIRST_OPEN + 2 < MAX_OPEN_OF_OWNER


@pytest.mark.parametrize("day", ["", "20260528", "2026-W22-4", "2026-5-28", None, 20260528])
def test_a_day_has_one_name(day: Any) -> None:
    book = TopicBook(topic())
    assert refused(lambda: book.tick(NOW, day)) == "report_invalid"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"bounty_i": 40_000}, "bounty_above_budget"),
        ({"bounty_i": 3_334}, "bounty_above_budget"),
        ({"bounty_i": 0}, "topic_invalid"),
        ({"bounty_i": 1.5}, "topic_invalid"),
        ({"budget_i": -1}, "topic_invalid"),
        ({"confirmations": 0}, "topic_invalid"),
        ({"confirmations": True}, "topic_invalid"),
        ({"kind": "Pothole"}, "topic_invalid"),
        ({"radius_m": 0}, "topic_invalid"),
        ({"window_s": 0}, "topic_invalid"),
        ({"known_s": 10**9}, "topic_invalid"),
        ({"step": 0}, "topic_invalid"),
        ({"tolerance": 5}, "topic_invalid"),
        ({"wants_value": True, "tolerance": 0}, "topic_invalid"),
        ({"least": 2, "most": 1}, "topic_invalid"),
        ({"least": float("nan")}, "topic_invalid"),
        ({"owner": ""}, "topic_invalid"),
    ],
)
def test_a_topic_that_cannot_be_is_refused(changes: dict[str, Any], key: str) -> None:
    assert refused(lambda: topic(**changes)) == key


@pytest.mark.parametrize(
    ("field", "value"),
    [("value", float("nan")), ("picture", "no hash"), ("at", -1), ("at", float("inf")), ("report_id", ""), ("kind", 7)],
)
def test_a_report_that_cannot_be_is_refused(field: str, value: Any) -> None:
    with pytest.raises(TopicError) as error:
        report("x", "anna", **{field: value}) if field != "report_id" else report(value, "anna")
    assert (error.value.key, error.value.placeholders) == ("report_invalid", {"field": field})


def test_a_topic_is_read_as_it_is_written_and_strictly() -> None:
    wanted = topic(wants_value=True, tolerance=2.5, least=0)
    data = json.loads(json.dumps(wanted.to_dict()))
    assert Topic.from_dict(data) == wanted
    for wrong in (
        {**data, "more": 1},
        {**data, "version": 2},
        {k: v for k, v in data.items() if k != "kind"},
        [],
        None,
    ):
        assert refused(lambda wrong=wrong: Topic.from_dict(wrong)) == "topic_invalid"


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"topic": "others"},
        {"next": -1},
        {"spent_i": 1.5},
        {"days": {DAY: -3}},
        {"days": []},
        {"seen": {"a": "now"}},
        {"sightings": [{}]},
        {"sightings": None},
        {"findings": [{"state": "maybe"}]},
        {"accounts": {"anna": [1, 2]}},
        {"rules": 7},
    ],
)
def test_a_stored_state_is_not_believed(change: dict[str, Any]) -> None:
    book = TopicBook(topic())
    found(book, "anna", "ben", "cleo")
    found(book, "anna", north_m=100)
    data = json.loads(json.dumps(book.to_dict()))
    assert TopicBook.from_dict(book.topic, data).to_dict() == data
    assert refused(lambda: TopicBook.from_dict(book.topic, {**data, **change})) == "topic_state_invalid"


def test_other_rules_are_applied_to_what_is_open() -> None:
    book = TopicBook(topic())
    found(book, "anna", "ben")
    easier = TopicBook.from_dict(topic(confirmations=2), book.to_dict())
    assert transfers(easier.tick(NOW, DAY)) == {"car of anna": 100, "car of ben": 100}
    assert easier.tick(NOW, DAY) == []


def test_a_budget_that_was_lowered_lets_others_go_first() -> None:
    book = TopicBook(topic(day_budget_i=300))
    found(book, "anna", "ben", "cleo")
    found(book, "anna", "ben", "cleo", north_m=100)
    lower = TopicBook.from_dict(topic(bounty_i=10, day_budget_i=50), book.to_dict())
    assert lower.tick(NOW, TOMORROW) == []
    for owner in ("anna", "ben", "cleo"):
        effects = lower.report(report(f"{owner} new", owner, at(200)), NOW, TOMORROW)[1]
    assert transfers(effects) == {"car of anna": 10, "car of ben": 10, "car of cleo": 10}
    assert lower.owed_i == 300


def test_every_refusal_has_a_sentence() -> None:
    for key, sentence in SENTENCES.items():
        assert sentence.endswith("."), key


def test_the_first_picture_is_kept() -> None:
    book = TopicBook(topic(confirmations=2))
    for owner, picture in (("anna", None), ("ben", "a" * 64)):
        book.report(report(owner, owner, picture=picture), NOW, DAY)
    assert book.findings[0].picture == "a" * 64


def test_what_somebody_reported_can_be_forgotten() -> None:
    book = TopicBook(topic(day_budget_i=300))
    found(book, "anna", "ben", "cleo")
    found(book, "anna", "ben", "cleo", north_m=100)
    found(book, "anna", "ben", north_m=200)
    assert book.forget("car of anna") == 2
    stored = json.dumps(book.to_dict())
    # What is owed is still paid, and its payee known until then.
    assert stored.count("car of anna") == 1
    assert [len(each.payees) for each in book.findings] == [3, 3]
    assert transfers(book.tick(NOW, TOMORROW))["car of anna"] == 100
    assert book.forget("car of anna") == 1
    assert "anna" not in json.dumps(TopicBook.from_dict(book.topic, book.to_dict()).to_dict()["findings"]).replace(
        "anna 0.0", ""
    ).replace("anna 100", "")
    assert [each.owner for each in book.open] == ["ben"]
    assert book.forget("nobody") == 0


def test_both_cars_of_an_owner_can_be_forgotten() -> None:
    book = TopicBook(topic(confirmations=1))
    for north_m, car in ((0, "first"), (100, "second")):
        book.report(report(car, "anna", at(north_m), reporter=car), NOW, DAY)
    assert (book.forget("first"), book.forget("second")) == (1, 1)
    assert "anna" not in json.dumps(book.to_dict())
