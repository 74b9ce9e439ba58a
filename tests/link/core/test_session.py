"""Sessions, letters and leaving, over a channel that works."""

from dataclasses import replace

import pytest

from custom_components.tangle_grid.link.core import (
    Delivered,
    EnvelopeChanged,
    Frame,
    LetterCame,
    LowerEnd,
    PeerLeft,
    Refused,
    Rejected,
    Reported,
    SessionBegan,
    UpperEnd,
    VersionsDiffer,
)
from custom_components.tangle_grid.link.core.end import MAX_LETTERS, Lapsed
from custom_components.tangle_grid.simulation.channel import ChannelFaults
from tests.support.linked import Pair, state


def test_a_house_and_its_street_find_each_other_and_agree() -> None:
    pair = Pair().run(2)
    assert len(pair.of(SessionBegan)) == 2
    assert not pair.of(Refused)
    assert pair.lower.envelope_a(pair.lower_now) == (16.0, 16.0, 16.0)
    assert pair.upper.reserved_a(pair.upper_now) == (16.0, 16.0, 16.0)
    assert pair.lower.is_alive(pair.lower_now)
    assert pair.upper.is_alive(pair.upper_now)
    assert pair.lower.shares_a == (13.0,)
    report = pair.of(Reported)[0].report
    assert report.measured_a == (10.0, 10.0, 10.0)
    assert report.demands[0].need_wh == 8000.0


@pytest.mark.parametrize("seed", range(3))
def test_a_fifth_of_all_frames_may_be_lost(seed: int) -> None:
    pair = Pair(seed=seed, faults=ChannelFaults(lost=0.2)).run(60)
    assert pair.lower.is_alive(pair.lower_now)
    assert pair.upper.is_alive(pair.upper_now)


@pytest.mark.parametrize("which", ["lower", "upper", "both"])
def test_either_side_may_start_again(which: str) -> None:
    pair = Pair().run(5)
    if which != "upper":
        pair.restart_lower()
        assert pair.lower.limit_a(pair.lower_now) == pair.terms.fallback_a
    if which != "lower":
        pair.restart_upper()
        assert pair.upper.reserved_a(pair.upper_now) == pair.terms.fuse_a
    pair.run(5, grant_a=12.0)
    assert pair.lower.envelope_a(pair.lower_now) == (12.0, 12.0, 12.0)
    assert pair.upper.reserved_a(pair.upper_now) in {(12.0,) * 3, (16.0,) * 3}


def test_a_channel_that_comes_back_after_an_hour() -> None:
    pair = Pair().run(5)
    pair.up.is_cut = pair.down.is_cut = True
    pair.run(3600, 5)
    assert not pair.upper.is_alive(pair.upper_now)
    pair.up.is_cut = pair.down.is_cut = False
    pair.lower.knock()
    pair.run(11)
    assert pair.lower.envelope_a(pair.lower_now) == (16.0, 16.0, 16.0)


def test_versions_are_negotiated() -> None:
    pair = Pair()
    pair.lower = LowerEnd(pair.lower_link, pair.terms, versions=(1, 2))
    pair.run(2)
    assert {event.version for event in pair.of(SessionBegan)} == {1}
    pair = Pair()
    pair.lower = LowerEnd(pair.lower_link, pair.terms, versions=(1, 2))
    pair.upper = UpperEnd.new(pair.upper_link, pair.terms, pair.upper_now, versions=(1, 2, 3))
    pair.run(2)
    assert {event.version for event in pair.of(SessionBegan)} == {2}
    assert pair.lower.envelope_a(pair.lower_now) == (16.0, 16.0, 16.0)
    pair = Pair()
    pair.lower = LowerEnd(pair.lower_link, pair.terms, versions=(2,))
    pair.run(5)
    assert {event.theirs for event in pair.of(VersionsDiffer)} == {(1,), (2,)}
    assert not pair.of(SessionBegan)


def test_a_kind_that_is_not_known_is_left_aside() -> None:
    pair = Pair().run(2)
    session = pair.lower._session
    pair.up.send(pair.now, session.seal("sunshine", {"hours": 7}))
    pair.run(2)
    assert [event.reason for event in pair.of(Refused)] == [Rejected.UNKNOWN_KIND]
    pair.up.send(pair.now, session.seal("envelope", {}))
    # What only the street says is nothing that it can hear.
    pair.up.send(pair.now, Frame.seal(pair.lower_link, session.session_id, 10_000, "report", {}).encode())
    pair.run(2)
    assert [event.reason for event in pair.of(Refused)][1:] == [Rejected.INVALID_BODY] * 2


def test_reports_are_rounded_and_rare() -> None:
    pair = Pair().run(100)
    assert len(pair.of(Reported)) == 10
    pair.run(20, amps=10.6)
    assert len(pair.of(Reported)) == 12
    pair.run(2, amps=12.26)
    assert len(pair.of(Reported)) == 13
    assert pair.of(Reported)[-1].report.measured_a == (12.5, 12.5, 12.5)
    assert pair.of(Reported)[-1].report.demands[0].measured_a == (9.5, 9.5, 9.5)


def test_a_meter_that_is_silent_is_told() -> None:
    pair = Pair().run(2)
    pair.now += 40
    pair.exchange()
    pair.now += 1
    pair.exchange()
    assert pair.of(Reported)[-1].report.measured_a is None
    pair.lower.observe(pair.lower_now, state(measured_a=None))
    pair.now += 20
    pair.exchange()


def test_letters_arrive_once_and_are_told_until_they_are_done() -> None:
    pair = Pair(faults=ChannelFaults(lost=0.3, twice=0.3), seed=3).run(20)
    pair.upper.post(pair.upper_now, "a", "ask", {"power_w": 1000}, keep_s=600)
    pair.lower.post(pair.lower_now, "b", "answer", {"accepted": True}, keep_s=600)
    pair.run(20)
    came = pair.of(LetterCame)
    assert {event.letter for event in came} == {"a", "b"}
    assert {event.about for event in came} == {"ask", "answer"}
    assert len(came) > 2
    assert all(event.age_s < 60 for event in came)
    pair.restart_upper()
    pair.lower.done("a")
    pair.upper.done("b")
    pair.run(60)
    assert {event.letter for event in pair.of(Delivered)} == {"a", "b"}
    count = len(pair.of(LetterCame))
    pair.run(20)
    assert len(pair.of(LetterCame)) == count
    # The same letter again, as after a crash: it is acknowledged, and not told.
    pair.upper.post(pair.upper_now, "a", "ask", {"power_w": 1000}, keep_s=600)
    pair.run(30)
    assert len(pair.of(LetterCame)) == count
    assert [event.letter for event in pair.of(Delivered)].count("a") == 2


def test_a_letter_that_was_held_up_shows_its_age() -> None:
    pair = Pair().run(5)
    pair.upper.post(pair.upper_now, "a", "ask", {}, keep_s=600)
    pair.down.faults = replace(pair.down.faults, least_delay_s=90.0, most_delay_s=90.0)
    pair.exchange()
    pair.down.faults = ChannelFaults(lost=1.0)
    pair.run(100)
    (came,) = pair.of(LetterCame)
    assert 90 <= came.age_s < 100


def test_letters_lapse_and_are_bounded() -> None:
    pair = Pair()
    pair.upper.post(pair.upper_now, "a", "ask", {}, keep_s=10)
    assert pair.upper.lapsed(pair.upper_now + 9) == ()
    assert pair.upper.lapsed(pair.upper_now + 10) == (Lapsed(letter="a", about="ask"),)
    for number in range(MAX_LETTERS):
        pair.upper.post(pair.upper_now, str(number), "ask", {}, keep_s=10)
    pair.upper.post(pair.upper_now, "7", "ask", {}, keep_s=10)
    with pytest.raises(ValueError, match="too many"):
        pair.upper.post(pair.upper_now, "x", "ask", {}, keep_s=10)
    pair.upper.recall("7")
    pair.upper.post(pair.upper_now, "x", "ask", {}, keep_s=10)


@pytest.mark.parametrize("who", ["lower", "upper"])
def test_leaving_ends_what_was_granted(who: str) -> None:
    pair = Pair().run(5)
    getattr(pair, who).leave("revoked")
    if who == "lower":
        assert pair.lower.envelope_a(pair.lower_now) is None
    pair.run(2)
    assert [event.reason for event in pair.of(PeerLeft)] == ["revoked"]
    assert pair.lower.limit_a(pair.lower_now) == pair.terms.fallback_a
    # Until its lease would have ended, the street counts it as before: it might not have heard.
    pair.run(120)
    assert pair.upper.reserved_a(pair.upper_now) == pair.terms.fallback_a
    assert not pair.up.arrived(pair.now + 99)
    assert pair.lower.next_due(pair.lower_now) == float("inf")
    if who == "upper":
        pair.restart_lower()
        assert pair.lower.left == "revoked"


def test_stored_letters_that_cannot_be_read_are_left_aside() -> None:
    pair = Pair()
    stored = {
        "letters": {"a": {"about": "ask"}, "b": {"about": "ask", "says": {}, "age_s": 1, "left_s": 9}},
        "done": ["c", 7],
        "left": 3,
        "lease_s": "x",
    }
    upper = UpperEnd.from_dict(pair.upper_link, pair.terms, 0.0, stored)
    assert upper.to_dict(0.0)["letters"].keys() == {"b"}
    assert upper.to_dict(0.0)["done"] == ["c"]
    assert upper.left is None
    assert UpperEnd.from_dict(pair.upper_link, pair.terms, 0.0, {"letters": 1, "done": 2}).left is None


def test_the_end_says_when_it_wants_to_be_called() -> None:
    """Called only then, and when something comes, both say the same at the same time."""
    pair = Pair().run(5)
    before = len(pair.of(EnvelopeChanged))
    calls = 0
    end = pair.now + 60
    while pair.now < end:
        pair.lower.observe(pair.lower_now, state())
        pair.upper.grant(pair.upper_now, (16.0,) * 3)
        pair.exchange()
        calls += 1
        waits = [
            pair.lower.next_due(pair.lower_now) - pair.lower_now,
            pair.upper.next_due(pair.upper_now) - pair.upper_now,
            *(at - pair.now for at in (pair.up.next_at(), pair.down.next_at()) if at is not None),
        ]
        pair.now += max(0.001, min(waits))
    assert len(pair.of(EnvelopeChanged)) - before in {5, 6, 7}
    assert calls < 60
