"""The zoo's animals, one by one: what each does, and what the fuse may feel of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

from custom_components.tangle_grid.simulation.zoo import obeying, reporting, showing
from custom_components.tangle_grid.simulation.zoo.behaviour import Behaviour
from custom_components.tangle_grid.simulation.zoo.charger import FOLLOW_S

#: What a well-behaved charger and a well-behaved meter report, s.
REPORT_S: Final = 10.0
METER_S: Final = 5.0
#: A charger is raised from its least to its most in this time, s, and is taken to have followed after this, s.
_RAMP_S: Final = 50.0
_FOLLOWED_S: Final = 10.0
#: What the grid may need on top of a device's own slowness, s.
GRACE_S: Final = 30.0
#: A raise that cannot be told from what other chargers do, since they have not reported yet, is taken back after this
#: time where the meter is doubted, s.
HIDDEN_S: Final = 60.0

type Behaviours = tuple[Behaviour, ...]


class Shows(Enum):
    """From when on somebody could see that something has to be mended.

    Attributes:
        AT_ONCE: Whatever is.
        PLUGGED: While a car is there: without one it is known that nothing flows, whatever the power reads.
        CHARGING: While current flows.
    """

    AT_ONCE = auto()
    PLUGGED = auto()
    CHARGING = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Animal:
    """A behaviour, or a few that go together.

    Attributes:
        name: For the table.
        reports: Makes that which says when the charger reports; None: as a well-behaved one.
        rude: Makes what else one charger does differently.
        meter: Makes what the meter does differently, its reports included.
        spec: Further settings for `ChargerSpec`.
        car: Further settings for its `ZooCar`.
        report_s: The interval that can be learned of it, s.
        follow_s: What it takes to follow, s.
        bound_s: The longest time above the capacity that somebody could have ended, where no controller can do better
            than `why` says, s; None: what it reports, follows and half a minute allow.
        why: What nobody can know sooner.
        tells_truth: Nothing that it says is wrong, nor kept back: its car gets its energy.
        named_s: From when on somebody could mend it and must be told what, seconds after the start; None: nobody need.
        shows: From when on it could be seen: nobody can be told before.
        battery: Makes what a battery beside the chargers does differently; None: there is none.
        home: Makes the same for a home that has a meter of its own.
        flicker_a: How far the rest of the load goes up and down from second to second, A.
        hides: It shows only in what all chargers do together.
    """

    name: str
    reports: Callable[[], Behaviours] | None = None
    rude: Callable[[], Behaviours] = tuple
    meter: Callable[[], Behaviours] = tuple
    spec: Mapping[str, Any] = field(default_factory=dict)
    car: Mapping[str, Any] = field(default_factory=dict)
    report_s: float = REPORT_S
    follow_s: float = 0.0
    bound_s: float | None = None
    why: str = ""
    tells_truth: bool = True
    named_s: float | None = None
    shows: Shows = Shows.AT_ONCE
    battery: Callable[[], Behaviours] | None = None
    home: Callable[[], Behaviours] | None = None
    flicker_a: float = 0.5
    hides: bool = False

    def charger(self, offset_s: float = 3.0) -> Behaviours:
        """Return what a charger does that reports, unless it says otherwise, every so often from `offset_s` on."""
        reports = (reporting.Every(REPORT_S, offset_s),) if self.reports is None else self.reports()
        return (*reports, *self.rude())

    @property
    def allowed_s(self) -> float:
        """The bound that holds, s."""
        return self.report_s + FOLLOW_S + self.follow_s + GRACE_S if self.bound_s is None else self.bound_s


def _charger(name: str, make: Callable[[], Behaviours], **more: Any) -> Animal:
    return Animal(name=f"charger {name}", rude=make, **more)


def _reports(name: str, make: Callable[[], Behaviours], report_s: float, **more: Any) -> Animal:
    return Animal(name=f"charger reports {name}", reports=make, report_s=report_s, **more)


def _meter(name: str, make: Callable[[], Behaviours], **more: Any) -> Animal:
    return Animal(name=f"meter {name}", meter=lambda: (reporting.Every(METER_S, 1.0), *make()), **more)


def _text(name: str, make: Callable[[], Behaviour], **more: Any) -> Animal:
    return _charger(
        f"power reads {name}",
        lambda: (make().between(500.0),),
        tells_truth=False,
        **{"named_s": 500.0, "shows": Shows.PLUGGED, **more},
    )


def _wrong(name: str, make: Callable[[], Behaviour], **more: Any) -> Animal:
    """Return a meter that goes wrong without a trace: only what chargers do shows it."""
    return _meter(
        f"showing {name}",
        lambda: (make().between(500.0),),
        tells_truth=False,
        hides=True,
        bound_s=_RAMP_S + 2 * (REPORT_S + _FOLLOWED_S + METER_S) + GRACE_S,
        why="a wrong meter shows only in the steps of the chargers: in a raise, and in a look downwards",
        **more,
    )


def _battery(name: str, make: Callable[[], Behaviours], **more: Any) -> Animal:
    return Animal(name=f"battery {name}", battery=make, **more)


def _home(name: str, make: Callable[[], Behaviours], **more: Any) -> Animal:
    return Animal(name=f"home {name}", home=make, **more)


_NO_SWITCH: Final = {"has_switch": False}
_IN_WATTS: Final = {"in_watts": True, "per_phase": False}

ANIMALS: Final = (
    Animal(name="none"),
    # When a charger speaks
    _reports("every 1 s", lambda: (reporting.Every(1.0),), 1.0),
    _reports("every 60 s", lambda: (reporting.Every(60.0, 17.0),), 60.0),
    _reports("every 90 s", lambda: (reporting.Every(90.0, 41.0),), 90.0),
    _reports("every 300 s", lambda: (reporting.Every(300.0, 70.0),), 300.0),
    _reports("every 900 s", lambda: (reporting.Every(900.0, 200.0),), 900.0),
    _reports("every 50 to 60 s", lambda: (reporting.Drifting(55.0, 5.0, 20.0),), 60.0),
    _reports("on change", lambda: (reporting.OnChange(1.0),), REPORT_S),
    _reports("only in a session", lambda: (reporting.Every(REPORT_S), reporting.OnlyInSession()), REPORT_S),
    _reports("30 s late", lambda: (reporting.Every(REPORT_S), reporting.Late(30.0)), REPORT_S + 30.0),
    # What it does with what it is told
    _charger("forgets its limit at a new session", lambda: (obeying.Forgets(at_session=True),)),
    _charger("forgets its limit when it resumes", lambda: (obeying.Forgets(at_resume=True),)),
    _charger("forgets its limit after a power cut", lambda: (obeying.Forgets(at_power_cut=True),)),
    _charger(
        "forgets its limit whenever it can",
        lambda: (obeying.Forgets(at_session=True, at_resume=True, at_power_cut=True),),
    ),
    _charger("draws a quarter more than it is told", lambda: (obeying.DoesAnotherThing(gain=1.25),), tells_truth=False),
    _charger("draws 3 A more than it is told", lambda: (obeying.DoesAnotherThing(more_a=3.0),), tells_truth=False),
    _charger(
        "draws its maximum, whatever it is told",
        lambda: (obeying.OwnMind(),),
        spec={"floor_a": 16.0},
        tells_truth=False,
    ),
    _charger("takes 0 for no change", lambda: (obeying.ZeroIsNoChange(),), spec={**_NO_SWITCH, "floor_a": 6.0}),
    _charger("takes no more than 9 A", lambda: (obeying.Clamps(9.0),)),
    _charger("rounds up to 4 A", lambda: (obeying.RoundsUp(4.0),)),
    _charger("cannot pause", tuple, spec={**_NO_SWITCH, "lowest_a": 6.0, "floor_a": 6.0}),
    _charger("has a switch that starts and ends sessions", lambda: (obeying.SwitchIsSession(),)),
    _charger("waits for its session to be started", lambda: (obeying.SwitchIsSession(starts_alone=False),)),
    _charger("has an inverted switch", lambda: (obeying.SwitchInverted(),), spec={"floor_a": 6.0}, tells_truth=False),
    _charger(
        "has an inverted switch, as was entered", lambda: (obeying.SwitchInverted(),), spec={"switch_pauses": True}
    ),
    _charger(
        "ignores three commands",
        lambda: (obeying.Ignores(3).between(590.0),),
        bound_s=4 * (REPORT_S + FOLLOW_S) + GRACE_S,
        why="each lost command shows only in the report after it",
    ),
    _charger("follows after 20 s", lambda: (obeying.Follows(18.0),), follow_s=18.0),
    _charger("follows after 60 s", lambda: (obeying.Follows(58.0),), follow_s=58.0),
    _charger("shows 0 W before its current falls", lambda: (showing.ZeroFirst(), obeying.Follows(8.0)), follow_s=8.0),
    # Phases
    _charger("knows only its total", tuple, spec={"per_phase": False}),
    _charger("knows only its total, car on one phase", tuple, spec={"per_phase": False}, car={"lines": (0,)}),
    _charger("knows only its total, car on two phases", tuple, spec={"per_phase": False}, car={"lines": (0, 1)}),
    _charger("told W, knows only its total", tuple, spec=_IN_WATTS),
    _charger("told W, knows only its total, car on one phase", tuple, spec=_IN_WATTS, car={"lines": (0,)}),
    _charger("with a car on one phase", tuple, car={"lines": (0,)}),
    _charger("with rotated wires, car on one phase", tuple, spec={"wires": (2, 0, 1)}, car={"lines": (1,)}),
    _charger(
        "with rotated wires, knows only its total",
        tuple,
        spec={"wires": (2, 0, 1), "per_phase": False},
        car={"lines": (1,)},
    ),
    # What it says
    _charger("says unplugged for 5 s every 5 min", lambda: (showing.PlugDrops(),)),
    _charger("with a state of charge that stands still", tuple, car={"soc_every_s": 60.0, "soc_stands": 40.0}),
    _charger("with a state of charge once an hour", tuple, car={"soc_every_s": 3600.0}),
    _charger(
        "with a state of charge that vanishes",
        lambda: (showing.Vanishes("soc").between(900.0, 1500.0),),
        car={"soc_every_s": 60.0},
    ),
    _charger("with a state of charge from before the trip", tuple, car={"soc_every_s": 60.0, "soc_stands": 79.0}),
    _charger("with a car that leaves at 0000-00-00", tuple, car={"departure": "0000-00-00 00:00:00"}),
    _charger(
        "without its number for ten minutes",
        lambda: (showing.Renamed("limit").between(500.0, 1100.0),),
        tells_truth=False,
        named_s=500.0,
    ),
    _charger("whose entities come three minutes late", lambda: (showing.Renamed().between(0.0, 180.0),)),
    _charger(
        "unavailable for ten minutes",
        lambda: (showing.Vanishes().between(500.0, 1100.0),),
        tells_truth=False,
        named_s=500.0,
    ),
    _text("nan", lambda: showing.Says("nan", "power")),
    _text("inf", lambda: showing.Says("inf", "power")),
    _text("1e308", lambda: showing.Says("1e308", "power")),
    _text("3.4e38", lambda: showing.Says("3.4e38", "power")),
    _text("a thousandth", lambda: showing.Scaled(0.001, ("power",)), named_s=None),
    _text("a thousandfold", lambda: showing.Scaled(1000.0, ("power",)), shows=Shows.CHARGING),
    _text("1_000", lambda: showing.Underscores("power"), named_s=None),
    _text("in other digits", lambda: showing.OtherDigits("power"), named_s=None),
    _text("in a unit that is a list", lambda: showing.UnitIs(["W"], "power")),
    _charger("whose number shows other digits", lambda: (showing.OtherDigits("limit"),)),
    # Batteries and homes
    _battery("with a mind of its own", tuple),
    _battery("reports every 60 s", lambda: (reporting.Every(60.0, 23.0),)),
    _battery("without a state of charge", lambda: (showing.Vanishes("soc").between(500.0),)),
    _battery(
        "power reads 1e308", lambda: (showing.Says("1e308", "power").between(500.0),), tells_truth=False, named_s=500.0
    ),
    _battery("unavailable for ten minutes", lambda: (showing.Vanishes().between(500.0, 1100.0),), named_s=500.0),
    _home("with a meter of its own", tuple),
    _home("reports every 300 s", lambda: (reporting.Every(300.0, 50.0),)),
    _home("power reads nan", lambda: (showing.Says("nan", "power").between(500.0),), named_s=500.0),
    _home("unavailable for ten minutes", lambda: (showing.Vanishes().between(500.0, 1100.0),), named_s=500.0),
    # Meters
    Animal(name="meter reports every 1 s", meter=lambda: (reporting.Every(1.0),)),
    Animal(name="meter reports every 10 s", meter=lambda: (reporting.Every(10.0, 7.0),)),
    Animal(name="meter reports every 30 s", meter=lambda: (reporting.Every(30.0, 11.0),), report_s=30.0),
    Animal(name="meter reports every 60 s", meter=lambda: (reporting.Every(60.0, 31.0),), report_s=60.0),
    Animal(
        name="meter reports on change",
        meter=lambda: (reporting.Every(1.0), reporting.OnlyChanges(), showing.Coarse(100.0)),
    ),
    _meter("whose phases come one after another", lambda: (reporting.OneAfterAnother(0.05),)),
    _meter("late by 10 s", lambda: (reporting.Late(10.0),), report_s=15.0),
    _meter(
        "dead for five minutes", lambda: (reporting.Dead().between(550.0, 850.0),), tells_truth=False, named_s=550.0
    ),
    _meter("silent for 5 s every two minutes", lambda: _blinks(5.0)),
    _wrong("half from the middle on", lambda: showing.Scaled(0.5)),
    _wrong("half on a restless feed", lambda: showing.Scaled(0.5), flicker_a=2.0),
    _wrong("a constant with noise", lambda: showing.NoiseAroundAConstant(3000.0)),
    _meter("with two clamps swapped", lambda: (showing.Swapped().between(500.0),), tells_truth=False),
    _meter(
        "with two clamps swapped, cars on one phase",
        lambda: (showing.Swapped().between(500.0),),
        tells_truth=False,
        car={"lines": (0,)},
        bound_s=2 * (REPORT_S + _FOLLOWED_S + 3 * METER_S) + GRACE_S,
        why="a phase that is shown elsewhere shows only in the steps of the chargers: in two of them",
    ),
    _meter("frozen", lambda: (showing.Frozen().between(500.0, 1000.0),), tells_truth=False),
    _meter(
        "reading nan on L1",
        lambda: (showing.Says("nan", "power_l1").between(500.0, 1000.0),),
        tells_truth=False,
        named_s=500.0,
    ),
    _meter(
        "reading 1e308 on L1",
        lambda: (showing.Says("1e308", "power_l1").between(500.0, 1000.0),),
        tells_truth=False,
        named_s=500.0,
    ),
)


def _blinks(for_s: float) -> Behaviours:
    return tuple(showing.Vanishes().between(120.0 * turn, 120.0 * turn + for_s) for turn in range(4, 30))
