"""One meter against the devices below it: do their reports, and what they do when they are told, agree with it?"""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto
from typing import Final

from ..device.charging import can_be_lowered, evidence_at, has_followed, is_known_at, is_placed
from ..device.draw_bounds import Draw
from ..device.state import DeviceState
from ..model.world import NOMINAL_V, BatteryConfig, ChargerConfig, PhaseReading, PhaseTriple, Timing
from .meter_response import StepEcho
from .phase_order import Amps, PhaseOrder
from .proportional_fall import ProportionalFall

_PHASES: Final = range(3)
#: A device draws something, A over all phases.
_DRAWS_A: Final = 1.0
#: Chargers may be raised by so much, as a share of the fuse and beyond it, A, before all were seen to have followed.
_UNSEEN: Final = 0.3
_UNSEEN_A: Final = 8.0
#: What a raise of a doubted meter's chargers may take to show, beside their own slowness, s, with the greatest interval
#: of reports that is waited for, s, and the number of reports of the meter.
_ANSWER_S: Final = 60.0
_LONGEST_INTERVAL_S: Final = 90.0
_ANSWERING: Final = 5
#: A device draws what it was told, A per phase; once it has said so, a meter has shown it after so long, s.
_AS_TOLD_A: Final = 0.5
_SHOWN_S: Final = 10.0


class Doubt(Enum):
    """Why a meter is not believed: what it shows cannot be, or nobody could show in time that it is."""

    PROVEN = auto()
    UNANSWERED = auto()


type _Draws = Sequence[tuple[DeviceState, Draw]]


def doubts(
    echo: StepEcho,
    fall: ProportionalFall,
    order: PhaseOrder,
    reading: PhaseReading,
    *,
    decided: _Draws,
    fixed: _Draws,
    fuse_a: float,
    reports_s: float,
    timing: Timing,
) -> Doubt | None:
    """Return why a meter is not to be believed, if so.

    Args:
        echo: Whether what chargers do shows on it.
        fall: Whether it fell at once by the same ratio on several phases.
        order: Whether it still shows each phase where it did.
        reading: What it shows.
        decided: Devices below it that are about to be told something, with what they draw at the time of the reading.
        fixed: All others that are measured.
        fuse_a: The capacity, A.
        reports_s: How often it reports, s.
        timing: Of the island.
    """
    at = reading.at
    told_a = sum([_told_a(device) for device, _ in decided])
    answer_s = max([_answer_s(device, timing) for device, _ in decided], default=0.0) + _ANSWERING * reports_s
    if echo.hear(at, told_a, most_a=_UNSEEN * fuse_a + _UNSEEN_A, answer_s=answer_s):
        return Doubt.UNANSWERED
    if not fall.knows(at) and _falls(fall, reading, (*decided, *fixed)):
        echo.suspect(at, can_look=any(can_be_lowered(device) for device, _ in decided))
    if echo.knows(at) or not all(_is_settled(device, at, timing) for device, _ in decided):
        return None
    shown_a = [watts / NOMINAL_V for watts in reading.power_w]
    swapped = order.observe(at, shown_a=shown_a, draws_a=dict(_measured(device for device, _ in (*decided, *fixed))))
    if order.suspected:
        echo.look(at, can_look=any(can_be_lowered(device) for device, _ in decided))
    # Who is silent may have stopped since.
    seen = [(device.reading, device, draw) for device, draw in (*decided, *fixed) if device.reading is not None]
    # A total that may flow on any phase is known to flow on none of them more than it must.
    placed_a = [draw.likely if is_placed(device) else draw.least for _, device, draw in seen]
    known_a = [sum([amps[phase] for amps in placed_a]) for phase in _PHASES]
    total_a = sum([sum(draw.likely) for _, _, draw in seen])
    wrong = echo.observe(
        at,
        load_a=sum(shown_a) - sum([sum(draw.likely) for _, draw in fixed]),
        drawn_a=sum([sum(draw.likely) for _, draw in decided]),
        told_a=told_a,
        lowerable={device.device_id: can_be_lowered(device) for device, _ in decided},
        missing_a=max(_missing_a(known_a, reading.power_w), (total_a - sum(shown_a)) / len(_PHASES)),
        heard_at=min([each.at for each, _, _ in seen], default=at),
        apart=[device.device_id for device, draw in fixed if _may_draw(device, draw)],
    )
    return Doubt.PROVEN if wrong or swapped else None


def _falls(fall: ProportionalFall, reading: PhaseReading, devices: _Draws) -> bool:
    """Return whether the meter fell as no load does; who begins to feed back makes it fall, too."""
    drawing = [(device, draw) for device, draw in devices if abs(sum(draw.likely)) > _DRAWS_A]
    awaited = [device for device, draw in devices if sum(draw.likely) > _DRAWS_A or _is_to_feed(device)]
    return fall.observe(
        reading.at,
        shown_a=[watts / NOMINAL_V for watts in reading.power_w],
        drawn_a=[sum([_obeyed(device, draw)[phase] for device, draw in drawing]) for phase in _PHASES],
        heard_at=min([spoke for device in awaited if (spoke := evidence_at(device)) is not None], default=None),
    )


def _is_to_feed(device: DeviceState) -> bool:
    """Return whether a device was told to feed back and has reported nothing since."""
    lease, reading = device.lease, device.reading
    if lease is None or lease.value is None or reading is None:
        return False
    return lease.value < 0.0 and reading.at <= lease.changed_at


def _obeyed(device: DeviceState, draw: Draw) -> Amps:
    """Return what a device draws if one of which nothing is heard has done what it was told, A per phase.

    It does not say that it draws less, and that it does is no fall of the meter.
    """
    told_a = device.setpoint
    if not device.silent or told_a is None or not isinstance(device.config, ChargerConfig):
        return draw.likely
    first, second, third = (min(amps, max(0.0, told_a)) for amps in draw.likely)
    return first, second, third


def _may_draw(device: DeviceState, draw: Draw) -> bool:
    """Return whether a device draws something, or may have begun to since it was heard last."""
    return abs(sum(draw.likely)) > _DRAWS_A or (device.silent and _told_a(device) > 0.0)


def _measured(devices: Iterable[DeviceState]) -> Iterator[tuple[str, Amps]]:
    """Yield what each device that measures its phases says of them, A, whether that is believed or not."""
    for device in devices:
        said = None if device.telemetry is None or device.reading is None else device.telemetry.reading
        if said is not None and not said.split:
            first, second, third = said.power_w
            yield device.device_id, (first / NOMINAL_V, second / NOMINAL_V, third / NOMINAL_V)


def _answer_s(device: DeviceState, timing: Timing) -> float:
    """Return the time that a device needs to follow what it is told, and to report that, with some to spare, s."""
    interval_s = min(device.reports.interval_s or timing.telemetry_max_age_s, _LONGEST_INTERVAL_S)
    return device.watch.follow_s(timing.compliance_grace_s) + 1.5 * interval_s + _ANSWER_S


def _is_settled(device: DeviceState, at: float, timing: Timing) -> bool:
    """Return whether it is known what a device draws at a moment: it has followed what it was told last.

    Who was told to pause and says nothing since has done so by then. Who has reported just what it was told since has
    as well, however long ago: there may have been nothing to report any more. Nor is the time that it may take to
    follow waited for where it has reported that earlier.
    """
    lease, reading, told_a = device.lease, device.reading, device.setpoint
    if has_followed(device, at, timing):
        return True
    if lease is None or told_a is None:
        return False
    had_time = at - lease.changed_at >= device.watch.follow_s(timing.compliance_grace_s)
    if reading is None:
        return had_time and told_a == 0.0
    if reading.at <= lease.changed_at or reading.split or not is_known_at(device, at):
        return False
    shown_at = at - _SHOWN_S
    earlier_w = device.log.at(shown_at) if shown_at > lease.changed_at else None
    shown = had_time or (earlier_w is not None and _is_as_told(earlier_w, told_a))
    return shown and _is_as_told(reading.power_w, told_a)


def _is_as_told(power_w: PhaseTriple, told_a: float) -> bool:
    return abs(max(power_w) / NOMINAL_V - told_a) < _AS_TOLD_A


def _told_a(device: DeviceState) -> float:
    """Return what a device is told, A per phase; 0: nothing, as a battery that is left to itself."""
    told = device.setpoint or 0.0
    return told / device.config.watts_per_amp if isinstance(device.config, BatteryConfig) else told


def _missing_a(known_a: Iterable[float], shown_w: Iterable[float]) -> float:
    """Return how much less than what devices draw a meter shows on some phase, A, whoever is on which phase."""
    pairs = zip(sorted(known_a), sorted(shown_w), strict=True)
    return max(amps - watts / NOMINAL_V for amps, watts in pairs)
