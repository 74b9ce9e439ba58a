"""One feeder: when its meter is no reason to give more, what an order does to it, and what is kept for whom."""

from collections.abc import Callable

import pytest

from custom_components.tangle_grid.grid import Cause, ChargerTelemetry, GridConfig, Timing
from custom_components.tangle_grid.grid.device.state import DeviceState
from custom_components.tangle_grid.grid.model.lease import grant
from custom_components.tangle_grid.grid.network.feeder_watch import FeederWatch, TemporaryCapacity
from custom_components.tangle_grid.grid.network.load_attribution import Attribution
from custom_components.tangle_grid.grid.network.protection import Room, limits_of, may_rise_a, room_for
from custom_components.tangle_grid.grid.network.topology import Topology
from custom_components.tangle_grid.grid.network.uncontrolled_load import Members, owed_a
from tests.support.grid.feeder_plant import START, charger, feeder, reading

V = 230.0
TIMING = Timing()


def seen(load_w: float = 3_000.0) -> FeederWatch:
    """A feeder of 40 A, threshold 32 A, whose meter was just read."""
    watch = FeederWatch(feeder())
    watch.observe(START, reading(load_w, START), TIMING)
    return watch


def gone(watch: FeederWatch) -> None:
    assert not watch.observe(START + 5, None, TIMING)


def contradicted(watch: FeederWatch) -> None:
    watch.plausibility.suspect = True


def looked_at(watch: FeederWatch) -> None:
    watch.echo.checking_since = START


def unanswered(watch: FeederWatch) -> None:
    watch.echo.unanswered = True


@pytest.mark.parametrize("happens", [gone, contradicted, looked_at, unanswered])
def test_a_meter_that_may_be_wrong_or_late_is_no_reason_to_give_more(happens: Callable[[FeederWatch], None]) -> None:
    assert not seen().suspect
    watch = seen()
    happens(watch)
    assert watch.suspect
    # It is believed all the same, for whoever has to be lowered.
    assert not watch.blind
    assert watch.reading is not None


def test_a_temporary_capacity_takes_the_threshold_along() -> None:
    watch = seen(3 * 20 * V)
    assert watch.excess_w() == (0.0, 0.0, 0.0)
    watch.temporary = TemporaryCapacity(power_w=3 * 20 * V, until=START + 600)
    watch.renew_limit(START + 1)
    assert watch.limit_a == pytest.approx((20.0, 20.0, 20.0))
    assert watch.threshold_a() == pytest.approx((16.0, 16.0, 16.0))
    assert watch.excess_w() == pytest.approx((4 * V, 4 * V, 4 * V))
    watch.renew_limit(START + 600)
    assert watch.limit_a == (40.0, 40.0, 40.0)


def test_no_order_gives_more_than_the_fuse_carries() -> None:
    watch = seen()
    watch.temporary = TemporaryCapacity(power_w=3 * 63 * V, until=START + 600)
    watch.renew_limit(START + 1)
    assert watch.limit_a == (40.0, 40.0, 40.0)


def test_what_a_blind_feeder_carries_is_unknown_and_no_limit_to_count_on() -> None:
    device = DeviceState(charger(feeder_id="garage"), TIMING)
    street, garage = feeder(), feeder(feeder_id="garage", parent_id=feeder().feeder_id)
    config = GridConfig(feeders=(street, garage), devices=(device.config,))
    watches = [FeederWatch(street), FeederWatch(garage)]
    watches[0].observe(START, reading(3_000.0, START), TIMING)
    assert limits_of(device, Topology(config), watches) == (0, 1, 2)
    watches[1].observe(START, reading(3_000.0, START), TIMING)
    assert sorted(limits_of(device, Topology(config), watches)) == [0, 1, 2, 3, 4, 5]


def drawing(amps: float, told_a: float | None, *, told_at: float = START - 600, safe_a: float = 6.0) -> DeviceState:
    """A charger that draws so much on each phase, and what it was told last."""
    device = DeviceState(charger(safe_current_a=safe_a), TIMING)
    telemetry = ChargerTelemetry(reading=reading((amps * V,) * 3, START), connected=True, soc=50.0)
    device.observe(START, 10.0, telemetry, TIMING)
    if told_a is not None:
        device.lease = grant(None, told_a, Cause.ALLOCATION, told_at, 900.0)
    return device


def test_what_goes_beyond_a_limit_does_not_come_back_by_telling_less() -> None:
    watch = seen()
    assert owed_a(drawing(16.0, 10.0), watch, 0, settle_s=10.0) == pytest.approx(10.0)
    # Told only just now, it has not followed yet.
    assert owed_a(drawing(16.0, 10.0, told_at=START - 5), watch, 0, settle_s=10.0) == pytest.approx(16.0)
    assert owed_a(drawing(16.0, -6.0), watch, 0, settle_s=10.0) == 0.0
    assert owed_a(drawing(16.0, None), watch, 0, settle_s=10.0) == pytest.approx(16.0)


def test_a_silent_charger_may_rise_to_what_it_was_told() -> None:
    assert may_rise_a(drawing(6.0, 16.0)) == pytest.approx(10.0)
    assert may_rise_a(drawing(16.0, 6.0)) == 0.0
    # Nobody has told it anything: then to what is safe.
    assert may_rise_a(drawing(0.0, None, safe_a=8.0)) == pytest.approx(8.0)


def room(**members: DeviceState) -> Room:
    """What there is on one feeder for others, where this device is of that kind."""
    kinds = {name: [(device, (0, 1, 2))] for name, device in members.items()}
    everybody = Members(**{"controlled": (), "uncertain": (), "feeding": (), "others": (), **kinds})
    return room_for(everybody, [seen(3 * 30 * V)], margin=0.0, band=0.1, now=START, timing=TIMING)


def test_what_a_silent_charger_may_still_take_is_kept_in_every_room() -> None:
    measured, silent = room(others=drawing(6.0, 16.0)), room(uncertain=drawing(6.0, 16.0))
    for known, unknown in (
        (measured.hard_a, silent.hard_a),
        (measured.soft_a, silent.soft_a),
        (measured.keep_a, silent.keep_a),
        (measured.start_a, silent.start_a),
    ):
        assert unknown[:3] == pytest.approx([amps - 10.0 for amps in known[:3]])
    assert silent.load_a == pytest.approx([amps + 10.0 for amps in measured.load_a])


def test_nobody_is_raised_by_energy_that_may_stop_being_fed_back() -> None:
    measured, feeding = room(others=drawing(-8.0, -8.0)), room(feeding=drawing(-8.0, -8.0))
    assert feeding.hard_a == pytest.approx(measured.hard_a)
    assert feeding.soft_a[:3] == pytest.approx([amps - 8.0 for amps in measured.soft_a[:3]])
    assert feeding.start_a[:3] == pytest.approx([amps - 8.0 for amps in measured.start_a[:3]])


def test_what_a_charger_draws_beyond_its_limit_comes_out_of_what_others_get() -> None:
    obeys, exceeds = room(controlled=drawing(16.0, 16.0)), room(controlled=drawing(16.0, 10.0))
    for theirs, less in ((obeys.hard_a, exceeds.hard_a), (obeys.soft_a, exceeds.soft_a)):
        assert less[:3] == pytest.approx([amps - 6.0 for amps in theirs[:3]])


@pytest.mark.parametrize(("near_a", "wide_a"), [(20.0, 14.0), (14.0, 20.0)])
def test_of_two_estimates_of_a_load_the_greater_one_decides_over_raises_and_over_what_is_short(
    near_a: float, wide_a: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is lowered by a load that may not be there, but where a phase is over, what is likely counts."""
    monkeypatch.setattr(Attribution, "update", lambda *_args: None)

    def rooms(load_a: float) -> Room:
        watch = seen(3 * load_a * V)
        watch.attribution.near_a, watch.attribution.wide_a = (near_a,) * 3, (wide_a,) * 3
        nobody = Members(controlled=(), uncertain=(), feeding=(), others=())
        return room_for(nobody, [watch], margin=0.0, band=0.0, now=START, timing=TIMING)

    assert rooms(30.0).hard_a[:3] == pytest.approx([40.0 - 14.0] * 3)
    assert rooms(41.0).hard_a[:3] == pytest.approx([40.0 - near_a] * 3)
    assert rooms(30.0).soft_a[:3] == pytest.approx([40.0 - 20.0] * 3)


def test_a_tariff_leaves_what_the_rest_of_the_load_does_not_use() -> None:
    nobody = Members(controlled=(), uncertain=(), feeding=(), others=())

    def left_a(load_a: float) -> float:
        watch = FeederWatch(feeder(peak_target_w=20_000.0))
        watch.observe(START, reading(3 * load_a * V, START), TIMING)
        return room_for(nobody, [watch], margin=0.0, band=0.0, now=START, timing=TIMING).hard_a[3]

    assert left_a(5.0) - left_a(15.0) == pytest.approx(30.0)
