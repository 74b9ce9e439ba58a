"""A house as its street's grid sees it: a feeder with a meter, and its slots as chargers of which nobody knows more.

What the street's control decides for them becomes the house's envelope. So its allocator treats what a house asks for
as it treats its own chargers, and the house does with its envelope what it likes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...grid import (
    NOMINAL_V,
    ChargerConfig,
    ChargerTelemetry,
    FeederConfig,
    HouseholdConfig,
    HouseholdTelemetry,
    PhaseReading,
    PolicyConfig,
    PolicyMode,
    ShedLoad,
)
from .bodies import Demand, FlexibleTotal, Report, Terms
from .checks import PHASES, Amps
from .lower import OFFERED_W
from .stay_check import StayCheck

#: A house that reported nothing for longer is silent, s.
SILENT_S = 45.0
#: The most parts into which the help of a house is cut.
_MOST_PARTS = 48
#: What a report may be off by, A: who is to start with their least current must not fail by it.
_ROUNDED_A = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseFeeder:
    """One house in its street's configuration.

    Attributes:
        feeder_id: Of the house, in the street's grid.
        parent_id: The feeder of the street that it hangs on.
        terms: What it declared.
    """

    feeder_id: str
    parent_id: str
    terms: Terms

    @property
    def feeder(self) -> FeederConfig:
        """The house's main fuse as a feeder. It asks nobody: the street does."""
        return FeederConfig(
            feeder_id=self.feeder_id,
            parent_id=self.parent_id,
            capacity_a=self.terms.fuse_a,
            threshold_a=self.terms.fuse_a,
            is_reported=True,
        )

    @property
    def chargers(self) -> tuple[ChargerConfig, ...]:
        """Its slots, as chargers."""
        return tuple(
            ChargerConfig(
                device_id=self.slot_id(slot),
                feeder_id=self.feeder_id,
                phases=each.phases,
                min_current_a=max(each.step_a, min(each.least_a, each.most_a)),
                max_current_a=max(each.step_a, each.most_a),
                safe_current_a=each.safe_a if each.safe_a >= each.least_a else 0.0,
                step_a=each.step_a,
                max_age_s=SILENT_S,
                learn_phases=False,
                is_shared=True,
            )
            for slot, each in enumerate(self.terms.slots)
        )

    @property
    def helper_id(self) -> str:
        """What the house is called as a participant that is asked for help."""
        return f"{self.feeder_id}/help"

    @property
    def helper(self) -> HouseholdConfig:
        """The house as one participant: it answers for its people, and what it gives is measured at its own meter.

        What it can give is cut into equal parts, as loads that are on while it offers them.
        """
        parts = min(_MOST_PARTS, int(sum(self.terms.fuse_a) * NOMINAL_V // OFFERED_W))
        return HouseholdConfig(
            device_id=self.helper_id,
            feeder_id=self.feeder_id,
            loads=tuple(ShedLoad(load_id=str(part), rated_w=float(OFFERED_W)) for part in range(parts)),
            policy=PolicyConfig(mode=PolicyMode.ASK),
        )

    def help_telemetry(self, report: Report | None, at: float, shed: frozenset[str]) -> HouseholdTelemetry | None:
        """Return what the house says as a participant; `shed`: the parts that it gives now."""
        if report is None or report.measured_a is None:
            return None
        offered = report.offers_w // OFFERED_W
        free = [load.load_id for load in self.helper.loads if load.load_id not in shed][:offered]
        return HouseholdTelemetry(
            reading=_reading(report.measured_a, at),
            loads_on={load.load_id: load.load_id in free for load in self.helper.loads},
        )

    def slot_id(self, slot: int) -> str:
        """Return what a slot is called in the street's grid."""
        return f"{self.feeder_id}/{slot}"

    def meter(self, report: Report | None, at: float) -> PhaseReading | None:
        """Return what the house's own meter showed, as reported at a grid time of the street."""
        return None if report is None or report.measured_a is None else _reading(report.measured_a, at)

    def telemetry(
        self, report: Report | None, at: float, stays: StayCheck | None = None
    ) -> Mapping[str, ChargerTelemetry]:
        """Return what its slots say, as reported at a grid time of the street. One that it left out says nothing.

        `stays`: what is known of how long its cars stay; they are not believed to leave sooner than that.
        """
        if report is None:
            return {}
        if stays is not None:
            for each in report.demands:
                stays.observe(at, each.slot, connected=each.connected, within_s=each.within_s)
            report = replace(
                report,
                demands=tuple(replace(each, within_s=stays.believed_s(each.within_s)) for each in report.demands),
            )
        if self.terms.single_total:
            return {} if report.total is None else self._of_total(report.total, at)
        return {
            self.slot_id(each.slot): _telemetry(each, self.terms.slots[each.slot].phases, at)
            for each in report.demands
            if each.slot < len(self.terms.slots)
        }

    def used_a(self, report: Report, setpoints: Mapping[str, float | None]) -> Amps:
        """Return what the house uses when its slots draw what they are told, A per phase: other load included.

        `setpoints`: by device id, what the street's control decided for the slots, A per phase.
        """
        drawn = self._drawn(report)
        used = [max(0.0, (report.measured_a or drawn)[phase] - drawn[phase]) for phase in range(PHASES)]
        for slot, terms in enumerate(self.terms.slots):
            told = setpoints.get(self.slot_id(slot)) or 0.0
            for phase in terms.phases:
                used[phase] += max(0.0, told)
        return used[0], used[1], used[2]

    def _drawn(self, report: Report) -> list[float]:
        """Return what of its load can be moved, A per phase."""
        if self.terms.single_total:
            return list(report.total.measured_a) if report.total is not None else [0.0] * PHASES
        return [sum(each.measured_a[phase] for each in report.demands) for phase in range(PHASES)]

    def _of_total(self, total: FlexibleTotal, at: float) -> Mapping[str, ChargerTelemetry]:
        """Split one total over its phases, by what each could take."""
        found = {}
        for slot, terms in enumerate(self.terms.slots):
            (phase,) = terms.phases
            most = sum(total.most_a)
            share = total.most_a[phase] / most if most > 0 else 0.0
            watts = [0.0] * PHASES
            watts[phase] = total.measured_a[phase] * NOMINAL_V
            found[self.slot_id(slot)] = ChargerTelemetry(
                reading=PhaseReading(power_w=(watts[0], watts[1], watts[2]), at=at, changed_at=at),
                connected=total.most_a[phase] > 0,
                energy_needed_wh=None if total.need_wh is None else total.need_wh * share,
                departure_at=None if total.within_s is None else at + total.within_s,
                heard_at=at,
            )
        return found


def _telemetry(demand: Demand, phases: Sequence[int], at: float) -> ChargerTelemetry:
    # What flows on phases that the slot was not declared with is load that nobody controls.
    watts = [demand.measured_a[phase] * NOMINAL_V if phase in phases else 0.0 for phase in range(PHASES)]
    return ChargerTelemetry(
        reading=PhaseReading(power_w=(watts[0], watts[1], watts[2]), at=at, changed_at=at),
        connected=demand.connected,
        energy_needed_wh=demand.need_wh,
        departure_at=None if demand.within_s is None else at + demand.within_s,
        lowest_a=0.0 if demand.pausable else demand.least_a,
        heard_at=at,
    )


def _reading(amps: Amps, at: float) -> PhaseReading:
    return PhaseReading(power_w=(amps[0] * NOMINAL_V, amps[1] * NOMINAL_V, amps[2] * NOMINAL_V), at=at, changed_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseShare:
    """One house when envelopes are shared out, A per phase.

    Attributes:
        used_a: What it uses when its slots draw what they are told (`HouseFeeder.used_a`); of a silent house, what it
            has to be counted at.
        held_a: What it may hold already (`UpperEnd.reserved_a`).
        fuse_a: More is no use to it.
        silent: It hears nothing: it keeps what it holds.
    """

    used_a: Amps
    held_a: Amps
    fuse_a: Amps
    silent: bool = False


def share_envelopes(
    capacity_a: Sequence[float], other_a: Sequence[float], houses: Sequence[HouseShare], *, margin: float = 0.07
) -> tuple[Amps, ...]:
    """Return an envelope for each house, A per phase.

    On no phase does what houses may hold, now and with these, come to more than the capacity less the other load,
    unless they hold more already: what one gives up is given to another only when it has taken its lower envelope.
    Whatever is free goes to the houses, at first the share that their own control keeps free.

    Args:
        capacity_a: Of the feeder that they hang on.
        other_a: What else it carries.
        houses: Any number.
        margin: Share of its envelope that a house's own control keeps free.
    """
    columns = [
        _share_phase(
            capacity_a[phase] - other_a[phase],
            [house.used_a[phase] for house in houses],
            [house.held_a[phase] for house in houses],
            [house.held_a[phase] if house.silent else house.fuse_a[phase] for house in houses],
            margin,
        )
        for phase in range(PHASES)
    ]
    return tuple((one, two, three) for one, two, three in zip(*columns, strict=True))


def _share_phase(
    left: float, used: Sequence[float], held: Sequence[float], most: Sequence[float], margin: float
) -> list[float]:
    aims = _aims(left, used, most, margin)
    left -= sum(held)
    raised = sum(max(0.0, aim - has) for aim, has in zip(aims, held, strict=True))
    part = min(1.0, max(0.0, left) / raised) if raised > 0 else 0.0
    return [aim if aim <= has else has + (aim - has) * part for aim, has in zip(aims, held, strict=True)]


def _aims(left: float, used: Sequence[float], most: Sequence[float], margin: float) -> list[float]:
    """Return what each would get if nobody held anything: what it uses, its margin, and of the rest up to its most."""
    aims = [min(each, cap) for each, cap in zip(used, most, strict=True)]
    left -= sum(aims)
    for goal in ([(each + _ROUNDED_A) / (1 - margin) for each in used], most):
        wanted = [max(0.0, min(each, cap) - aim) for each, cap, aim in zip(goal, most, aims, strict=True)]
        part = min(1.0, max(0.0, left) / sum(wanted)) if sum(wanted) > 0 else 0.0
        aims = [aim + more * part for aim, more in zip(aims, wanted, strict=True)]
        left -= sum(wanted) * part
    return aims
