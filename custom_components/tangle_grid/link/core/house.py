"""The house's grid as its street hears of it: what it declares at joining, and what it reports from then on."""

from collections.abc import Iterable, Sequence

from ...grid import NOMINAL_V, ChargerConfig, ChargerDemand, DeviceConfig, FeederConfig, GridEngine
from .bodies import MAX_A, MAX_SLOTS, MAX_WH, MAX_WITHIN_S, Demand, FlexibleTotal, SlotTerms, Terms
from .checks import PHASES, Amps
from .lower import HouseState

_NOTHING: Amps = (0.0, 0.0, 0.0)


def slots_of(devices: Iterable[DeviceConfig]) -> tuple[str, ...]:
    """Return the chargers of a house in the order of their slots, by device id."""
    return tuple(device.device_id for device in devices if isinstance(device, ChargerConfig))


def terms_of(
    feeder: FeederConfig, devices: Sequence[DeviceConfig], uncontrolled_a: Amps, *, single_total: bool = False
) -> Terms:
    """Return what a house declares.

    Args:
        feeder: Its main fuse.
        devices: All that it has.
        uncontrolled_a: The greatest load seen that nobody controls, A per phase.
        single_total: It will tell one total instead of demands; so it does with more chargers than there are slots.
    """
    chargers = [device for device in devices if isinstance(device, ChargerConfig)]
    safe = [sum(each.safe_current_a for each in chargers if phase in each.phases) for phase in range(PHASES)]
    if single_total or len(chargers) > MAX_SLOTS:
        slots = _slots_of_total(chargers)
        single_total = True
    else:
        slots = tuple(
            SlotTerms(
                phases=each.phases,
                least_a=each.min_current_a,
                most_a=each.max_current_a,
                safe_a=each.safe_current_a,
                step_a=each.step_a,
            )
            for each in chargers
        )
    return Terms(
        fuse_a=feeder.capacity_a,
        safe_a=(safe[0], safe[1], safe[2]),
        uncontrolled_a=uncontrolled_a,
        slots=slots,
        single_total=single_total,
    )


def _slots_of_total(chargers: Sequence[ChargerConfig]) -> tuple[SlotTerms, ...]:
    """Return one slot for each phase: what can be moved there, whoever's it is."""
    slots = []
    for phase in range(PHASES):
        here = [each for each in chargers if phase in each.phases]
        if here:
            slots.append(
                SlotTerms(
                    phases=(phase,),
                    least_a=min(each.min_current_a for each in here),
                    most_a=min(MAX_A, sum(each.max_current_a for each in here)),
                    safe_a=sum(each.safe_current_a for each in here),
                    step_a=min(each.step_a for each in here),
                )
            )
    return tuple(slots)


def house_state(engine: GridEngine, now: float, terms: Terms) -> HouseState:
    """Return what a house says of itself after a pass of its control; its first feeder is its main fuse."""
    demands = engine.demands(now)
    measured = engine.measured_a()
    offers_w = round(sum(max(0.0, sum(each.measured_a)) for each in demands if each.pausable) * NOMINAL_V)
    if terms.single_total:
        return HouseState(
            measured_a=measured,
            offers_w=offers_w,
            uncontrolled_a=terms.uncontrolled_a,
            safe_a=terms.safe_a,
            total=_total(demands),
        )
    return HouseState(
        measured_a=measured,
        offers_w=offers_w,
        uncontrolled_a=terms.uncontrolled_a,
        safe_a=terms.safe_a,
        demands=tuple(_demand(slot, each) for slot, each in enumerate(demands[: len(terms.slots)])),
    )


def _demand(slot: int, each: ChargerDemand) -> Demand:
    return Demand(
        slot=slot,
        connected=each.connected,
        need_wh=None if each.need_wh is None else min(float(round(each.need_wh)), MAX_WH),
        within_s=None if each.within_s is None else min(float(round(each.within_s)), MAX_WITHIN_S),
        least_a=each.least_a,
        most_a=each.most_a,
        phases=each.phases,
        step_a=each.step_a,
        measured_a=each.measured_a,
        pausable=each.pausable,
    )


def _total(demands: Sequence[ChargerDemand]) -> FlexibleTotal:
    """Return all demands in one: what is wanted by all, when the last leaves, and what each phase could take."""
    here = [each for each in demands if each.connected]
    needs = [each.need_wh for each in here]
    within = [each.within_s for each in here if each.within_s is not None]
    least, most, measured = [0.0] * PHASES, [0.0] * PHASES, [0.0] * PHASES
    for each in here:
        for phase in each.phases:
            least[phase] = min(least[phase] or each.least_a, each.least_a)
            most[phase] = min(MAX_A, most[phase] + each.most_a)
    for each in demands:
        for phase in range(PHASES):
            measured[phase] += each.measured_a[phase]
    need = None if None in needs else sum(wh for wh in needs if wh is not None)
    return FlexibleTotal(
        need_wh=None if need is None else min(float(round(need)), MAX_WH),
        within_s=min(float(round(max(within))), MAX_WITHIN_S) if within else None,
        least_a=(least[0], least[1], least[2]),
        most_a=(most[0], most[1], most[2]),
        measured_a=(measured[0], measured[1], measured[2]),
    )
