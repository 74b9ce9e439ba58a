"""Whoever cheats earns no more than its honest twin: the same participant, the same history, the same chance.

Both twins live on feeders of their own that see the same requests, so neither influences the other. Each history is
random: what the participant does anyway, when it is asked, for how long and for how much. The strategist adds one thing
to it. What may differ although nobody gained is rounding: settlements count whole watt hours, readings whole watts.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import accumulate
from random import Random
from typing import Any, Final

import pytest
from hypothesis import Phase, given, settings, strategies as st

from custom_components.tangle_grid.grid import GridError, PolicyConfig, PolicyMode, ShedLoad
from custom_components.tangle_grid.grid.requests.load_profile import SLOT_S, HouseholdProfile
from tests.support.grid.feeder_plant import ALWAYS, START, battery, charger, household
from tests.support.grid.simulated_market import DT_S, Bazaar, Cell, Driver, Participant, Path, Resident, always, path

RATE: Final = 1_000_000
WH_I: Final = RATE // 1000
FULL_A: Final = 16.0
WARM_S: Final = 300.0
FEEDS: Final = PolicyConfig(mode=PolicyMode.ALWAYS, v2g_floor_soc=30.0)
ASKED: Final = PolicyConfig(mode=PolicyMode.ASK)
CARS: Final = ("car", "car that feeds back")
HOUSEHOLDS: Final = ("household", "household with a habit")
KINDS: Final = (*CARS, *HOUSEHOLDS, "battery")
LOADS: Final = (ShedLoad(load_id="boiler", rated_w=2000.0), ShedLoad(load_id="pump", rated_w=1000.0))
#: How much of the time each of them does not run.
OFF_SHARE: Final = 0.4
#: What each kind draws by itself: A for a car, W for the others (a household's without its loads).
RANGES: Final = {"car": (6.0, 20.0), "household": (100.0, 1500.0), "battery": (-2000.0, 3000.0)}


@dataclass(frozen=True)
class Question:
    """A request: how long after the end of the one before, for how long, W."""

    after_s: float
    duration_s: float
    power_w: float


@dataclass(frozen=True)
class History:
    """What happens to both twins. Own consumption that is `steady` does not fall until a request is over."""

    kind: str
    seed: int
    questions: tuple[Question, ...]
    policy: PolicyConfig = ALWAYS
    steady: bool = False

    @property
    def own(self) -> Path:
        """What it does by itself."""
        low, high = RANGES[self.kind.split()[0]]
        if not self.steady:
            return path(self.seed, low, high)
        draw = Random(self.seed)  # noqa: S311 - a test
        levels = [draw.uniform(low, high) for _ in self.questions]
        ends = [end for _, end in self.times]
        return lambda second: levels[min(len(levels) - 1, bisect_right(ends, second))]

    @property
    def times(self) -> list[tuple[float, float]]:
        """Begin of each request, and when it is over for good, s after the start."""
        ends = [WARM_S + end for end in accumulate(each.after_s + each.duration_s + 60 for each in self.questions)]
        return [(end - 60 - each.duration_s, end) for each, end in zip(self.questions, ends, strict=True)]

    def runs(self, second: float, load: str) -> bool:
        """Whether a household wants a load; a steady one switches each on once before a request, until its end."""
        number = [each.load_id for each in LOADS].index(load)
        if not self.steady:
            return path(self.seed + number, 0.0, 1.0)(second) > OFF_SHARE
        draw = Random(self.seed + number)  # noqa: S311 - a test
        return any(begin - draw.uniform(0.0, 1200.0) <= second < end for begin, end in self.times)

    def twin(self, **values: Any) -> Participant:
        """A participant that lives through it."""
        if self.kind == "battery":
            return Cell(battery("twin", policy=self.policy, capacity_wh=20_000), self.own, **values)
        if self.kind in HOUSEHOLDS:
            config = household("twin", policy=self.policy, loads=LOADS)
            return Resident(config, self.own, **{"wants_on": self.runs, **values})
        feeds = self.kind != "car"
        floor = FEEDS.v2g_floor_soc if feeds else None
        config = charger(
            "twin",
            battery_wh=values.pop("battery_wh", 400_000),
            target_soc=100.0,
            max_discharge_a=FULL_A if feeds else 0.0,
            policy=replace(self.policy, v2g_floor_soc=floor),
        )
        return Driver(config, self.own, **{"really": 60.0, **values})


def histories(
    *kinds: str,
    policy: PolicyConfig = ALWAYS,
    most: int = 2,
    after: tuple[float, float] = (600.0, 900.0),
    steady: bool = False,
) -> st.SearchStrategy[History]:
    question = st.builds(
        Question,
        after_s=st.integers(int(after[0] / DT_S), int(after[1] / DT_S)).map(lambda steps: steps * DT_S),
        duration_s=st.sampled_from([300.0, 450.0, 600.0]),
        power_w=st.sampled_from([1500.0, 4000.0, 11_000.0, 25_000.0]),
    )
    return st.builds(
        History,
        kind=st.sampled_from(kinds or KINDS),
        seed=st.integers(0, 2**32),
        questions=st.lists(question, min_size=1, max_size=most).map(tuple),
        policy=st.just(policy),
        steady=st.just(steady),
    )


type Act = Callable[[Life, float], None]


class Life:
    """One twin's life. `act` is called before every step and may do to it what it likes; it is told the seconds until
    the next request, or how long ago the present one began, below 0."""

    def __init__(self, history: History, act: Act | None = None, **values: Any) -> None:
        self.history = history
        self.twin = history.twin(**values)
        self.bazaar = Bazaar(self.twin)
        self.act = act
        if history.kind == HOUSEHOLDS[1]:
            draw = Random(history.seed)  # noqa: S311 - a test
            profile = self.bazaar._parts.lifecycle.habits._profiles["twin"] = HouseholdProfile()
            for quarter in range(14 * 96):
                begin = START + (quarter - 14 * 96) * SLOT_S
                profile.add(begin, begin + SLOT_S, draw.uniform(500.0, 5000.0))

    def live(self) -> Life:
        self.bazaar.run(WARM_S)
        for question in self.history.questions:
            for left in range(round(question.after_s / DT_S), 0, -1):
                self.step(left * DT_S)
            self.bazaar.ask(question.duration_s, question.power_w, RATE)
            for since in range(round(question.duration_s / DT_S) + 2):
                self.step(-since * DT_S)
        return self

    def step(self, until: float) -> None:
        if self.act is not None:
            self.act(self, until)
        self.bazaar.step()

    @property
    def earned_i(self) -> int:
        return self.bazaar.earned_i("twin")

    @property
    def kept_i(self) -> float:
        """What it earned and does not owe."""
        return self.earned_i - self.bazaar._parts.lifecycle.habits.owes_i("twin")

    @property
    def parts(self) -> int:
        return len(self.bazaar.settlements("twin"))


def no_better(cheat: Life, honest: Life, *, slack_wh: float = 0.0) -> None:
    """`slack_wh`: what a part may earn more by chance."""
    assert cheat.kept_i <= honest.kept_i + WH_I * (1 + slack_wh) * max(1, cheat.parts + honest.parts), (
        cheat.history,
        cheat.kept_i,
        honest.kept_i,
    )


quick = settings(max_examples=50, deadline=None, phases=[Phase.explicit, Phase.generate], derandomize=True)


def test_the_honest_twin_does_earn() -> None:
    """Otherwise nothing here would mean anything."""
    for kind in KINDS:
        lives = [
            Life(History(kind, seed, (Question(900.0, 900.0, 25_000.0),), steady=True)).live() for seed in (1, 2, 3)
        ]
        assert sum(life.earned_i for life in lives) >= 3 * 50 * WH_I, kind


# Unplug during a request


@quick
@given(histories(*CARS), st.integers(0, 20), st.integers(1, 30))
def test_unplugging_during_a_request(history: History, leaves: int, away: int) -> None:
    def act(life: Life, until: float) -> None:
        assert isinstance(life.twin, Driver)
        life.twin.connected = not leaves <= -until / DT_S < leaves + away

    no_better(Life(history, act).live(), Life(history).live())


@quick
@given(histories(), st.integers(0, 20), st.integers(1, 30))
def test_pulling_the_plug_of_the_measurement(history: History, leaves: int, away: int) -> None:
    def act(life: Life, until: float) -> None:
        life.twin.silent = leaves <= -until / DT_S < leaves + away

    no_better(Life(history, act).live(), Life(history).live())


# Raise consumption just before a request


@quick
@given(histories(steady=True), st.integers(1, 8), st.booleans())
def test_raising_consumption_before_a_request(history: History, steps: int, go_on: bool) -> None:
    """For up to four minutes before it; the honest twin goes on with what both did until then."""

    def act(life: Life, until: float) -> None:
        more = 0 < until <= steps * DT_S or (go_on and until <= 0)
        match life.twin:
            case Driver() as car:
                car.wants_a = always(FULL_A) if more else history.own
            case Resident() as home:
                home.base_w = always(6000.0) if more else history.own
            case Cell() as cell:
                cell.own_w = always(5000.0) if more else history.own

    no_better(Life(history, act).live(), Life(history).live())


# Decline, then drop


@quick
@given(histories(policy=ASKED), st.integers(0, 20))
def test_declining_and_then_dropping(history: History, wait: int) -> None:
    def act(life: Life, until: float) -> None:
        bazaar = life.bazaar
        asks = [(each.request_id, ask) for each in bazaar._parts.lifecycle.open() for ask in each.asks.values()]
        for request_id, ask in asks:
            if ask.waiting:
                bazaar.answer(bazaar.now, request_id=request_id, device_id="twin", accept=False)
        dropped = until <= 0 and -until / DT_S >= wait
        match life.twin:
            case Driver() as car:
                car.wants_a = always(0.0) if dropped else history.own
            case Resident() as home:
                home.base_w = always(0.0) if dropped else history.own
            case Cell() as cell:
                cell.own_w = always(-5000.0) if dropped else history.own
        for request_id, _ in asks if dropped else ():
            with pytest.raises(GridError):
                bazaar.answer(bazaar.now, request_id=request_id, device_id="twin", accept=True)

    assert Life(history, act).live().earned_i == 0


# Tell what is not true


@quick
@given(histories(*CARS), st.floats(92.0, 99.5), st.floats(1.0, 60.0), st.none() | st.integers(-10, 10))
def test_a_false_state_of_charge(history: History, really: float, lie: float, begins: int | None) -> None:
    """Emptier than it is, from the arrival on or from some moment near each request on, until it is seen to be full."""

    def act(life: Life, until: float) -> None:
        assert isinstance(life.twin, Driver)
        life.twin.lie = always(lie if begins is None or until <= begins * DT_S else 0.0)

    lives = Life(history, act, battery_wh=60_000, really=really), Life(history, battery_wh=60_000, really=really)
    for life in lives:
        life.live()
        life.bazaar.run(1500.0)
    # When it is full is known to the energy of the step of time in which it ends.
    no_better(*lives, slack_wh=FULL_A * 3 * 230 * DT_S / 3600)


@quick
@given(histories("battery"), st.floats(10.0, 30.0), st.floats(-60.0, 60.0))
def test_a_battery_that_is_said_to_be_fuller_than_it_is(history: History, really: float, lie: float) -> None:
    """It earns what it really gives, whoever tells what."""
    life = Life(history, really=really, lie=lie).live()
    for each in life.bazaar.settlements("twin"):
        assert each.energy_wh <= max(0, each.baseline_wh) - each.measured_wh + 1 + 5000 * DT_S / 3600
    assert isinstance(life.twin, Cell)
    assert life.twin.really >= life.twin.config.min_soc - 5000 * DT_S / 36 / life.twin.config.capacity_wh


@quick
@given(histories(*HOUSEHOLDS))
def test_loads_that_are_said_to_run_and_do_not(history: History) -> None:
    values = {"wants_on": lambda _second, load: load == "pump"}
    cheat = Life(history, **values, says_on=lambda _load, _is_on: True).live()
    no_better(cheat, Life(history, **values).live())


# Flap


@quick
@given(histories(most=4, after=(30.0, 300.0)), st.lists(st.integers(0, 20), min_size=1, max_size=5))
def test_leaving_and_coming_back_again_and_again(history: History, stays: list[int]) -> None:
    def act(life: Life, until: float) -> None:
        if -until / DT_S in stays and life.bazaar.active("twin"):
            life.bazaar.seen += life.bazaar.opt_out(life.bazaar.now, device_id="twin")

    no_better(Life(history, act).live(), Life(history).live())


@quick
@given(histories(steady=True), st.integers(1, 5), st.integers(1, 5))
def test_switching_on_and_off_again_and_again(history: History, on: int, off: int) -> None:
    """The honest twin draws the same on average, all the time. As much is wanted as they can give: otherwise the least
    current of a car decides how much of it counts."""
    share = on / (on + off)
    history = replace(history, questions=tuple(replace(each, power_w=40_000.0) for each in history.questions))

    def act(life: Life, _until: float) -> None:
        is_on = round((life.bazaar.now - START) / DT_S) % (on + off) < on
        match life.twin:
            case Driver() as car:
                car.wants_a = always(FULL_A if is_on else 0.0)
            case Resident() as home:
                home.base_w = always(3000.0 if is_on else 0.0)
            case Cell() as cell:
                cell.own_w = always(5000.0 if is_on else -5000.0)

    def steadily(life: Life, _until: float) -> None:
        match life.twin:
            case Driver() as car:
                car.wants_a = always(max(6.0, FULL_A * share))
            case Resident() as home:
                home.base_w = always(3000.0 * share)
            case Cell() as cell:
                cell.own_w = always(5000.0 * (2 * share - 1))

    # A step of time in which it happened to draw nothing when it was asked; and of a household, where its blocks fall
    # in the two slots of a request at most.
    chance_s = 2 * min(on, off) * DT_S if history.kind in HOUSEHOLDS else 0
    slack_wh = max(5000 * DT_S, 3000 * chance_s) / 3600
    no_better(Life(history, act).live(), Life(history, steadily).live(), slack_wh=slack_wh)


# Ask for absurd rates


@quick
@given(histories(), st.integers(RATE + 1, 10**15), st.none() | st.floats(1.0, 1e6))
def test_absurd_rates(history: History, min_rate: int, power_w: float | None) -> None:
    """Who asks for more than is offered gets nothing, whatever it promises to give."""
    greedy = replace(history, policy=PolicyConfig(mode=PolicyMode.ALWAYS, min_rate=min_rate))
    assert Life(greedy).live().earned_i == 0
    if power_w is None:
        return

    def act(life: Life, _until: float) -> None:
        bazaar = life.bazaar
        for request in bazaar._parts.lifecycle.open():
            if any(ask.waiting for ask in request.asks.values()):
                try:
                    bazaar.seen += bazaar.answer(
                        bazaar.now, request_id=request.request_id, device_id="twin", accept=True, power_w=power_w
                    )
                except GridError as refused:
                    if refused.key not in {"power_below_loads", "power_below_step"}:  # less than it can give at all
                        raise

    no_better(Life(replace(history, policy=ASKED), act).live(), Life(history).live())
