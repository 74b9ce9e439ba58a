"""Leases: what the house believes never outlives what the street keeps free, and nobody else changes anything."""

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from benchmarks.link import run
from custom_components.tangle_grid.link.core import EnvelopeChanged, Refused, SessionBegan
from custom_components.tangle_grid.link.core.bodies import Envelope, body_of
from custom_components.tangle_grid.simulation.channel import ChannelFaults
from tests.support.linked import Clock, Pair, state


def within(pair: Pair) -> bool:
    """Whether the house believes in no more than the street keeps free for it."""
    envelope = pair.lower.envelope_a(pair.lower_now)
    reserved = pair.upper.envelope_reserved_a(pair.upper_now)
    return envelope is None or (
        reserved is not None and all(have <= kept for have, kept in zip(envelope, reserved, strict=True))
    )


LATE = ChannelFaults(most_delay_s=90.0, late=0.5, twice=0.3)
CHANGES = ["cut", "mend", "late", "lossy", "fine", "lower", "upper", "replay", "sleep"]
STEP = st.tuples(
    st.sampled_from(["wait"] * 6 + CHANGES),
    st.floats(0.05, 40.0),
    st.sampled_from([6.0, 9.0, 12.0, 16.0, 25.0, 40.0]),
)


def change(pair: Pair, what: str) -> None:
    """Let something happen to a link."""
    if what in {"cut", "mend"}:
        pair.up.is_cut = pair.down.is_cut = what == "cut"
    elif what in {"late", "lossy", "fine"}:
        pair.up.faults = pair.down.faults = {"late": LATE, "lossy": ChannelFaults(lost=0.6)}.get(what, ChannelFaults())
    elif what in {"lower", "upper"}:
        getattr(pair, f"restart_{what}")()
    elif what == "replay":
        for data in pair.down.kept:
            pair.lower.received(pair.lower_now, data)
        for data in pair.up.kept:
            pair.upper.received(pair.upper_now, data)
    elif what == "sleep":
        pair.lower.forget_envelope()


@given(st.integers(0, 2**32), st.lists(STEP, max_size=25), st.floats(0.995, 1.005), st.floats(0.995, 1.005))
@settings(max_examples=25, deadline=None)
def test_a_lease_never_outlives_its_reservation(
    seed: int, steps: list[tuple[str, float, float]], lower_rate: float, upper_rate: float
) -> None:
    pair = Pair(seed=seed)
    pair.lower_clock, pair.upper_clock = Clock(-3e6, lower_rate), Clock(7.0, upper_rate)
    for what, seconds, amps in steps:
        change(pair, what)
        end = pair.now + seconds
        while pair.now < end:
            pair.lower.observe(pair.lower_now, state(pair.source.uniform(0, 20)))
            pair.upper.grant(pair.upper_now, (amps,) * 3)
            pair.exchange()
            assert within(pair)
            pair.now += pair.source.choice([0.05, 0.5, 2.0])
            assert within(pair)


@pytest.mark.parametrize("up_s", [0.01, 25.0])
@pytest.mark.parametrize("down_s", [0.01, 25.0])
def test_a_slow_clock_and_slow_frames_make_a_lease_no_longer(up_s: float, down_s: float) -> None:
    """The house's clock runs half a percent slow, the street's as much fast; then nothing comes any more."""
    pair = Pair()
    pair.lower_clock, pair.upper_clock = Clock(0.0, 0.995), Clock(0.0, 1.005)
    pair.up.faults = ChannelFaults(least_delay_s=up_s, most_delay_s=up_s)
    pair.down.faults = ChannelFaults(least_delay_s=down_s, most_delay_s=down_s)
    pair.run(171.0)
    assert pair.lower.envelope_a(pair.lower_now)
    pair.up.is_cut = True
    while pair.lower.envelope_a(pair.lower_now) is not None:
        pair.exchange()
        assert within(pair)
        pair.now += 0.01
    assert pair.now < 171 + 61


def test_hostile_frames_change_nothing() -> None:
    """`scripts/bench link` tries a hundred thousand."""
    figures = run(2_000, seed=7)
    assert figures["hostile"] >= 2_000
    assert figures["changed"] == figures["outlived"] == 0
    assert figures["repeated"] > 500
    assert figures["forged"] > 500
    assert figures["envelopes"] > 10
    assert figures["held"] > 0.2


def test_a_retained_envelope_changes_nothing() -> None:
    """As a broker that hands the last frame to whoever subscribes again, also after a restart of the house."""
    pair = Pair().run(5)
    retained = pair.down.kept[-1]
    pair.restart_lower()
    for _time in range(3):
        assert all(isinstance(event, Refused) for event in pair.lower.received(pair.lower_now, retained))
        pair.now += 1
    assert pair.lower.limit_a(pair.lower_now) == pair.terms.fallback_a


def test_repeated_frames_begin_no_new_session() -> None:
    pair = Pair().run(10)
    old = [*pair.up.kept, *pair.down.kept]
    pair.restart_lower()
    pair.run(10)
    old += [*pair.up.kept, *pair.down.kept]
    before = len(pair.of(SessionBegan))
    for number in range(100):
        for end, at in ((pair.lower, pair.lower_now), (pair.upper, pair.upper_now)):
            end.received(at, old[number % len(old)])
        pair.run(0.5)
    assert len(pair.of(SessionBegan)) == before


def test_a_silent_street_is_out_of_the_way_after_a_lease() -> None:
    pair = Pair().run(5)
    sent_at = max(pair.of(EnvelopeChanged)[-1].until - 60 * 0.99, 0)
    pair.up.is_cut = pair.down.is_cut = True
    pair.run(50)
    assert pair.lower.envelope_a(pair.lower_now) == (16.0, 16.0, 16.0)
    pair.now += sent_at + 59.41 - pair.lower_now
    assert pair.lower.envelope_a(pair.lower_now) is None
    assert pair.lower.limit_a(pair.lower_now) == pair.terms.fallback_a
    # The street keeps it free a little longer, and then counts the house at what it falls back to.
    assert pair.upper.reserved_a(pair.upper_now) == (16.0, 16.0, 16.0)
    pair.now += 2
    assert pair.upper.reserved_a(pair.upper_now) == pair.terms.fallback_a


def test_a_delayed_envelope_has_lost_its_lease() -> None:
    pair = Pair().run(5)
    pair.down.faults = replace(pair.down.faults, least_delay_s=70.0, most_delay_s=70.0)
    pair.run(200)
    assert pair.lower.envelope_a(pair.lower_now) is None
    assert pair.of(EnvelopeChanged)
    assert pair.lower.limit_a(pair.lower_now) == pair.terms.fallback_a


def test_a_street_whose_control_stands_still_grants_nothing() -> None:
    pair = Pair().run(5)
    pair.run(120, grant_a=None)
    assert pair.lower.envelope_a(pair.lower_now) is None


def test_a_lower_envelope_is_in_force_at_once_and_frees_when_it_was_heard() -> None:
    pair = Pair().run(5)
    pair.down.is_cut = True
    pair.run(12, grant_a=8.0)
    assert pair.lower.envelope_a(pair.lower_now) == (16.0, 16.0, 16.0)
    assert pair.upper.reserved_a(pair.upper_now) == (16.0, 16.0, 16.0)
    pair.down.is_cut = False
    pair.run(10, grant_a=8.0)
    assert pair.lower.envelope_a(pair.lower_now) == (8.0, 8.0, 8.0)
    pair.run(10, grant_a=8.0)
    assert pair.upper.reserved_a(pair.upper_now) == (8.0, 8.0, 8.0)


def test_a_house_that_fell_silent_before_a_restart_counts_at_its_fuse_for_a_lease() -> None:
    pair = Pair().run(5)
    pair.up.is_cut = pair.down.is_cut = True
    pair.restart_upper()
    pair.run(59)
    assert pair.upper.reserved_a(pair.upper_now) == pair.terms.fuse_a
    pair.run(2)
    assert pair.upper.reserved_a(pair.upper_now) == pair.terms.fallback_a


def envelope(pair: Pair, **changed: object) -> bytes:
    """Return an envelope as only the street can seal it, in answer to the newest report, and not as it would."""
    report = pair.upper.report
    assert report is not None
    body = Envelope(**{"number": 90, "report": report.number, "limit_a": (9.0,) * 3, "lease_s": 60.0, **changed})
    return pair.upper._session.seal(Envelope.kind, body_of(body))


def test_a_street_that_grants_more_than_the_fuse_grants_the_fuse() -> None:
    pair = Pair().run(5)
    pair.lower.received(pair.lower_now, envelope(pair, limit_a=(90.0, 91.0, 92.0)))
    assert pair.lower.limit_a(pair.lower_now) == pair.terms.fuse_a


def test_a_street_that_goes_back_behind_an_envelope_is_not_followed() -> None:
    """The older number may be a lease that the street has forgotten."""
    pair = Pair().run(5)
    pair.lower.received(pair.lower_now, envelope(pair))
    assert pair.lower.received(pair.lower_now, envelope(pair, number=89, limit_a=(25.0,) * 3)) == ()
    assert pair.lower.limit_a(pair.lower_now) == (9.0,) * 3


def test_a_house_that_claims_more_than_it_was_granted_is_reckoned_with_what_it_was() -> None:
    pair = Pair().run(5, grant_a=10.0)
    before = pair.upper.envelope_reserved_a(pair.upper_now)
    assert before == (10.0,) * 3
    # A new session, whose first report says what the house still holds.
    held = pair.lower._held
    assert held is not None
    pair.restart_lower()
    pair.lower._held = replace(held, limit_a=(25.0,) * 3, until=pair.lower_now + 1000)
    pair.upper.grant(pair.upper_now, (8.0,) * 3)
    reserved = []
    for _ in range(8):
        pair.lower.observe(pair.lower_now, state())
        pair.exchange()
        reserved.append(pair.upper.envelope_reserved_a(pair.upper_now))
        pair.now += 0.25
    assert (10.0,) * 3 in reserved
    assert all(each is None or max(each) <= 10.0 for each in reserved)
