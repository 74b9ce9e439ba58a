"""The load that nobody controls: what a feeder meters less what the devices below it draw.

A device that is silent or does not obey counts as part of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..device.charging import assume, beyond_a, draw_of
from ..device.draw_bounds import Draw
from ..device.state import DeviceState
from ..model.world import NOMINAL_V, ChargerConfig, PhaseTriple, Timing
from .feeder_watch import FeederWatch, drawn_a
from .meter_check import Doubt, doubts
from .topology import PHASES, feeder_of


@dataclass(slots=True)
class Members:
    """The devices below all feeders by what they are in this pass; each with the limits of its current.

    Attributes:
        controlled: Devices whose draw is about to be decided.
        uncertain: Silent chargers: they may rise to what they were told last.
        feeding: Devices that are told to feed back: they may stop at any moment.
        others: All others that are measured.
    """

    controlled: Sequence[tuple[DeviceState, tuple[int, ...]]]
    uncertain: Sequence[tuple[DeviceState, tuple[int, ...]]]
    feeding: Sequence[tuple[DeviceState, tuple[int, ...]]]
    others: Sequence[tuple[DeviceState, tuple[int, ...]]]


def owed_a(device: DeviceState, feeder: FeederWatch, phase: int, settle_s: float) -> float:
    """Return what a device can give back on a phase, A: its draw, without what a charger takes beyond its setpoint.

    What goes beyond it does not go away by telling it less, unless it was told only just now. So it is left in the
    load that nobody controls.
    """
    drawn = drawn_a(device, feeder, phase)
    lease = device.lease
    if not isinstance(device.config, ChargerConfig) or lease is None or lease.value is None or feeder.reading is None:
        return drawn
    if feeder.reading.at - lease.changed_at <= settle_s:
        return drawn
    return min(drawn, max(0.0, lease.value))


def uncontrolled_a(
    members: Members, feeders: Sequence[FeederWatch], now: float, timing: Timing
) -> tuple[list[float], list[float]]:
    """Return the load that is not about to be decided, A per limit: the least that must and the most that may be.

    What a charger draws beyond its setpoint is part of it, unless it was told less only just now: it does not go away
    by telling it less.
    """
    decided = _by_feeder(members.controlled)
    fixed = _by_feeder((*members.uncertain, *members.feeding, *members.others))
    least: list[float] = []
    most: list[float] = []
    for number, feeder in enumerate(feeders):
        lesser, greater = _uncontrolled_at(feeder, decided.get(number, ()), fixed.get(number, ()), now, timing)
        least += lesser
        most += greater
    return least, most


def _by_feeder(devices: Iterable[tuple[DeviceState, tuple[int, ...]]]) -> dict[int, list[DeviceState]]:
    """Return the devices below each feeder that is not blind to them."""
    below: dict[int, list[DeviceState]] = {}
    for device, limits in devices:
        for number in dict.fromkeys(feeder_of(limit) for limit in limits):
            below.setdefault(number, []).append(device)
    return below


def _uncontrolled_at(
    feeder: FeederWatch, decided: Sequence[DeviceState], fixed: Sequence[DeviceState], now: float, timing: Timing
) -> tuple[PhaseTriple, PhaseTriple]:
    """Return `uncontrolled_a` of one feeder."""
    if feeder.reading is None:
        return (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
    at = feeder.reading.at
    draws = [draw_of(device, at, timing) for device in decided]
    apart = [Draw.point(draw_of(device, at, timing).likely) for device in fixed]
    if feeder.total is not None:
        # Its phases are made of what devices draw: they teach nothing about these, nor about the meter.
        feeder.attribution.take(feeder.total.rest_a)
        return _with_devices(feeder, decided, draws, apart, at, timing)
    doubt = doubts(
        feeder.echo,
        feeder.fall,
        feeder.order,
        feeder.reading,
        decided=list(zip(decided, draws, strict=True)),
        fixed=list(zip(fixed, apart, strict=True)),
        fuse_a=max(feeder.config.capacity_a),
        reports_s=feeder.reports.interval_s or 0.0,
        timing=timing,
    )
    if doubt is not None and not feeder.config.is_reported:
        feeder.plausibility.doubt(now, timing, proven=doubt is Doubt.PROVEN)
    ends = feeder.attribution.update(feeder.reading, [*draws, *apart])
    if ends is not None:
        for device, draw in zip(decided, draws, strict=True):
            assume(device, at, draw, ends)
    return _with_devices(feeder, decided, draws, apart, at, timing)


def _with_devices(
    feeder: FeederWatch,
    decided: Sequence[DeviceState],
    draws: Sequence[Draw],
    apart: Sequence[Draw],
    at: float,
    timing: Timing,
) -> tuple[PhaseTriple, PhaseTriple]:
    """Return the load that nobody controls with what devices draw that are not about to be decided."""
    assert feeder.reading is not None  # noqa: S101  # whoever asks has looked
    beyond = [beyond_a(device, at, draw.likely, timing) for device, draw in zip(decided, draws, strict=True)]
    least, most = [0.0] * PHASES, [0.0] * PHASES
    for phase, (near, wide) in enumerate(zip(feeder.attribution.near_a, feeder.attribution.wide_a, strict=True)):
        more = sum([draw.likely[phase] for draw in apart]) + sum([amps[phase] for amps in beyond])
        overloaded = feeder.reading.power_w[phase] > feeder.limit_a[phase] * NOMINAL_V
        least[phase] = (near if overloaded else min(near, wide)) + more
        most[phase] = max(near, wide) + more
    return (least[0], least[1], least[2]), (most[0], most[1], most[2])
