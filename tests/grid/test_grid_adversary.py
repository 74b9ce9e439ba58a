"""Whoever cheats earns no more than its honest twin: same car, same needs, same feeder, side by side.

Both twins live on feeders of their own that see the same base load and get the same requests, so neither influences
the other. `ROUNDING_I` is what may differ although nobody gained: settlements count whole watt hours, a reading is
rounded up to a whole watt, and the twins' slots of at most 15 s may begin a step apart, which moves the power of one
step (10 s) at each end of a part from one of them to the other.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import Phase, given, settings, strategies as st

from custom_components.tangle_grid.grid import GridError, MarketConfig, PolicyConfig, PolicyMode, Settlement
from tests.grid.plant import ALWAYS, Car, Plant, Store, battery, charger

RATE = 1_000_000
#: 11 kW for one step of 10 s at both ends, and a watt hour, at the rate: per part.
ROUNDING_I = (11_040 * 20 // 3600 + 1) * RATE // 1000
MAX_A = 16.0
FULL_W = MAX_A * 3 * 230.0


@dataclass
class Twin(Car):
    """A car whose driver decides what it takes (`wants_a`), and that tells `tells(soc)` about its charge."""

    wants_a: float = MAX_A
    tells: Callable[[float], float] = field(default=lambda soc: soc)
    full_soc: float = 100.0
    really: float = 50.0

    def follow(self, dt: float) -> None:
        self.accepts_a = min(self.wants_a, MAX_A)
        told = self.told if self.connected and self.really < self.full_soc else min(self.told, 0.0)
        if not self.connected:
            told = 0.0
        self.draws_a = min(told, self.accepts_a) if told > 0 else max(told, -self.config.max_discharge_a)
        assert self.config.battery_wh
        self.really += self.draws_a * self.config.watts_per_amp * dt / 3600 / self.config.battery_wh * 100
        self.soc = min(100.0, max(0.0, self.tells(self.really)))


def twin(policy: PolicyConfig = ALWAYS, *, really: float = 30.0, target: float = 100.0, **values: object) -> Twin:
    config = charger(policy=policy, battery_wh=60_000, max_current_a=MAX_A, target_soc=target)
    return Twin(config, soc=really, really=really, **values)  # type: ignore[arg-type]


class Feeder:
    """A twin's own world."""

    def __init__(self, device: Twin | Store, *, automatic: bool = False) -> None:
        self.device = device
        self.plant = Plant(device, market=MarketConfig(automatic=automatic), base_a=(5.0, 5.0, 5.0), dt=10.0)

    @property
    def earned_i(self) -> int:
        return sum(event.amount_i for event in self.plant.of(Settlement))

    @property
    def parts(self) -> int:
        return len(self.plant.of(Settlement))

    def ask(self, duration_s: float = 900.0, power_w: float = 11_000.0) -> None:
        _, events = self.plant.engine.request_curtailment(
            self.plant.now, power_w=power_w, duration_s=duration_s, rate_i_per_kwh=RATE
        )
        self.plant.events += events


def bounded(cheat: Feeder, honest: Feeder) -> None:
    assert cheat.earned_i <= honest.earned_i + ROUNDING_I * max(1, cheat.parts)


quick = settings(max_examples=3, deadline=None, phases=[Phase.generate])


@quick
@given(leaves_after_s=st.integers(5, 890), returns_after_s=st.none() | st.integers(5, 600))
def test_unplugging_during_a_request(leaves_after_s: int, returns_after_s: int | None) -> None:
    cheat, honest = Feeder(twin()), Feeder(twin())
    for feeder in (cheat, honest):
        feeder.plant.run(700)
        feeder.ask()
        feeder.plant.run(leaves_after_s)
    assert isinstance(cheat.device, Twin)
    cheat.device.connected = False
    if returns_after_s is not None:
        cheat.plant.run(returns_after_s)
        cheat.device.connected = True
    for feeder in (cheat, honest):
        feeder.plant.run(1200)
    bounded(cheat, honest)
    # Nothing at all for the time after it left.
    assert cheat.earned_i <= (FULL_W * (leaves_after_s + 10) / 3600 + 1) * RATE / 1000


@quick
@given(usual_a=st.sampled_from([6.0, 8.0, 10.0]), raised_s=st.integers(5, 235), crossing=st.booleans())
def test_raising_consumption_before_a_request(usual_a: float, raised_s: int, crossing: bool) -> None:
    """Up to four minutes before a request, or at any time once the feeder is above its threshold."""
    cheat, honest = Feeder(twin(wants_a=usual_a), automatic=crossing), Feeder(twin(wants_a=usual_a), automatic=crossing)
    for feeder in (cheat, honest):
        feeder.plant.run(900)
    assert isinstance(cheat.device, Twin)
    if crossing:
        for feeder in (cheat, honest):
            feeder.plant.base_a = (28.0, 28.0, 28.0)
    else:
        cheat.device.wants_a = MAX_A
        for feeder in (cheat, honest):
            feeder.plant.run(raised_s)
            feeder.ask()
    if crossing:
        cheat.device.wants_a = MAX_A
    for feeder in (cheat, honest):
        feeder.plant.run(1500)
    bounded(cheat, honest)


@quick
@given(usual_w=st.sampled_from([0.0, 1000.0, -1000.0]), raised_s=st.integers(5, 235))
def test_loading_a_battery_up_before_a_request(usual_w: float, raised_s: int) -> None:
    cheat, honest = (Feeder(Store(battery(policy=ALWAYS), own_w=usual_w)) for _ in range(2))
    for feeder in (cheat, honest):
        feeder.plant.run(900)
    assert isinstance(cheat.device, Store)
    cheat.device.own_w = 5000.0
    for feeder in (cheat, honest):
        feeder.plant.run(raised_s)
        feeder.ask(power_w=20_000.0)
        feeder.plant.run(1000)
    bounded(cheat, honest)


@quick
@given(wait_s=st.integers(0, 600), drops_to_a=st.floats(0, 15))
def test_declining_and_then_dropping(wait_s: int, drops_to_a: float) -> None:
    asked = PolicyConfig(mode=PolicyMode.ASK)
    cheat, honest = Feeder(twin(asked)), Feeder(twin(ALWAYS))
    for feeder in (cheat, honest):
        feeder.plant.run(700)
        feeder.ask()
    plant = cheat.plant
    plant.engine.answer(plant.now, request_id="r1", device_id="car", accept=False)
    plant.run(wait_s)
    assert isinstance(cheat.device, Twin)
    cheat.device.wants_a = drops_to_a
    with pytest.raises(GridError):
        plant.engine.answer(plant.now, request_id="r1", device_id="car", accept=True)
    plant.run(1000)
    assert cheat.earned_i == 0


@quick
@given(real_soc=st.floats(94.0, 99.8), lie=st.floats(1.0, 60.0))
def test_a_false_state_of_charge_that_begins_with_the_request(real_soc: float, lie: float) -> None:
    """It would soon be full, and says in time for the request that it would not."""
    cheat, honest = (Feeder(twin(really=real_soc - 4.0)) for _ in range(2))
    for feeder in (cheat, honest):
        while isinstance(feeder.device, Twin) and feeder.device.really < real_soc:
            feeder.plant.run(60)
        feeder.plant.run(max(0.0, 960 - (feeder.plant.now - 1_000_000)))
    assert isinstance(cheat.device, Twin)
    cheat.device.tells = lambda soc: soc - lie
    for feeder in (cheat, honest):
        feeder.ask()
        feeder.plant.run(2000)
    bounded(cheat, honest)


@quick
@given(real_soc=st.floats(95.0, 99.5), lie=st.floats(5.0, 60.0))
def test_a_false_state_of_charge_from_the_arrival_on_once_it_was_seen_to_stop(real_soc: float, lie: float) -> None:
    cheat, honest = (Feeder(twin(really=97.0)) for _ in range(2))
    assert isinstance(cheat.device, Twin)
    cheat.device.tells = lambda soc: soc - lie
    for feeder in (cheat, honest):
        device = feeder.device
        assert isinstance(device, Twin)
        # An earlier stay, to the end.
        feeder.plant.run(1800)
        device.connected = False
        feeder.plant.run(60)
        device.connected, device.really = True, real_soc - 3.5
        while device.really < real_soc:
            feeder.plant.run(30)
        feeder.ask()
        feeder.plant.run(1500)
    # Where it stopped is known to within the energy of a step and of the rounding of a percentage.
    bounded(cheat, honest)


@quick
@given(times=st.lists(st.tuples(st.integers(0, 200), st.integers(5, 200)), min_size=2, max_size=5))
def test_flapping(times: list[tuple[int, int]]) -> None:
    """Accepting and opting out again and again; the honest twin stays in each request to its end."""
    cheat, honest = Feeder(twin()), Feeder(twin())
    for feeder in (cheat, honest):
        feeder.plant.run(700)
    for wait_s, stay_s in times:
        for feeder in (cheat, honest):
            feeder.ask(duration_s=300.0)
            feeder.plant.run(stay_s)
        status = cheat.plant.result
        if status is not None and status.status.devices["car"].curtailment == "active":
            cheat.plant.events += cheat.plant.engine.opt_out(cheat.plant.now, device_id="car")
        for feeder in (cheat, honest):
            feeder.plant.run(300 - stay_s + wait_s + 700)
    bounded(cheat, honest)


@quick
@given(min_rate=st.integers(2_000_001, 10**15), base_a=st.floats(28.0, 36.0))
def test_absurd_rates(min_rate: int, base_a: float) -> None:
    """Who asks for more than the greatest rate gets nothing at all, however short the feeder is."""
    greedy = PolicyConfig(mode=PolicyMode.ALWAYS, min_rate=min_rate)
    cheat, honest = Feeder(twin(greedy), automatic=True), Feeder(twin(), automatic=True)
    for feeder in (cheat, honest):
        feeder.plant.run(700)
        feeder.plant.base_a = (base_a, 5.0, 5.0)
        feeder.plant.run(2400)
    assert cheat.earned_i == 0
    assert honest.earned_i >= 0
    assert all(request.rate_i_per_kwh <= 2_000_000 for request in cheat.plant.engine.requests.values())


def test_the_honest_twin_does_earn() -> None:
    honest = Feeder(twin())
    honest.plant.run(700)
    honest.ask()
    honest.plant.run(1000)
    assert honest.earned_i >= 0.97 * FULL_W * 0.25 * RATE / 1000
