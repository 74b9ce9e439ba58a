"""What the user entered -> the grid's configuration of a participant, and the adapter that goes with it.

The data are those of its subentry and have passed the flow. Phases are 1 to 3 there and 0 to 2 here.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant

from ..const import (
    CONF_BATTERY_KWH,
    CONF_CHARGED_ABOVE,
    CONF_CONTROL,
    CONF_DEPARTURE,
    CONF_DEPARTURE_ENTITY,
    CONF_DISCHARGE_CURRENT,
    CONF_FAIL_SAFE,
    CONF_FEEDER,
    CONF_LEARN_PHASES,
    CONF_LEAST_OFF,
    CONF_LEAST_ON,
    CONF_LOAD_ENTITY,
    CONF_LOAD_ID,
    CONF_LOAD_WHEN,
    CONF_LOADS,
    CONF_MAX_AGE,
    CONF_MAX_CHARGE_W,
    CONF_MAX_CURRENT,
    CONF_MAX_DISCHARGE_CURRENT,
    CONF_MAX_DISCHARGE_W,
    CONF_MIN_CURRENT,
    CONF_MIN_RATE,
    CONF_MIN_SOC,
    CONF_PHASES,
    CONF_POLICY,
    CONF_POLICY_MODE,
    CONF_PRIORITY,
    CONF_PRODUCTION_NEGATIVE,
    CONF_RATED_W,
    CONF_REQUIRE_CHARGED,
    CONF_REQUIRE_DEPARTURE,
    CONF_SAFE_CURRENT,
    CONF_SOC,
    CONF_STEP,
    CONF_TARGET_SOC,
    CONF_V2G_FLOOR_SOC,
    CONF_WRITE_INTERVAL,
    DEFAULT_CHARGED_ABOVE,
    DEFAULT_LEAST_OFF,
    DEFAULT_MIN_SOC,
    DEFAULT_STEP_A,
    DEFAULT_TARGET_SOC,
    MAIN_FEEDER,
    SUBENTRY_BATTERY,
    SUBENTRY_CHARGER,
    SUBENTRY_HOUSEHOLD,
    SUBENTRY_SOLAR,
)
from ..grid.model.world import (
    BatteryConfig,
    CarConfig,
    ChargerConfig,
    DeviceConfig,
    HouseholdConfig,
    PolicyConfig,
    PolicyMode,
    ShedLoad,
    SolarConfig,
)
from .adapters.base import Adapter
from .adapters.battery import BatteryAdapter
from .adapters.charger import CarEntities, ChargerAdapter
from .adapters.household import HouseholdAdapter
from .adapters.solar import SolarAdapter
from .io.action_running import ActionRunner
from .io.entity_reading import EntityReader, ToGridTime
from .io.entity_writing import EntityWriter
from .shape import (
    Actions,
    ChargerControl,
    LoadUse,
    battery_shape,
    can_be_forced,
    charger_shape,
    is_limit_undivided,
    phase_change,
    power_source,
)

type Data = Mapping[str, Any]

#: The least time between two times that a charger is switched on which can be switched on and off only, s.
_ON_OFF_INTERVAL_S: Final = 300.0


def build_device(
    hass: HomeAssistant, subentry: ConfigSubentry, to_grid_time: ToGridTime, memory: Data | None = None
) -> tuple[DeviceConfig, Adapter[Any, Any]]:
    """Return a participant's configuration in the grid, and its adapter.

    Args:
        hass: Where its entities are.
        subentry: The participant; its id is the one that the grid knows it by.
        to_grid_time: Maps Home Assistant's times to grid time.
        memory: What `Adapter.memory` returned before a restart; what it cannot be is forgotten.
    """
    config = device_config(subentry)
    remembered = memory if isinstance(memory, Mapping) else None
    return config, _adapter(hass, config, subentry.data, to_grid_time, remembered)


def device_config(subentry: ConfigSubentry) -> DeviceConfig:
    """Return a participant's configuration in the grid."""
    return _CONFIGS[subentry.subentry_type](subentry)


def _adapter(
    hass: HomeAssistant, config: DeviceConfig, data: Data, to_grid_time: ToGridTime, memory: Data | None
) -> Adapter[Any, Any]:
    reader, writer = EntityReader(hass, to_grid_time), EntityWriter(hass)

    def actions(of: Actions) -> ActionRunner:
        return ActionRunner(hass, of, config.name)

    match config:
        case ChargerConfig():
            return ChargerAdapter(
                reader,
                writer,
                config,
                charger_shape(data),
                actions=actions,
                car=car_entities(data),
                discharge_current=data.get(CONF_DISCHARGE_CURRENT),
                fail_safe=data.get(CONF_FAIL_SAFE),
                memory=memory,
            )
        case BatteryConfig():
            return BatteryAdapter(
                reader, writer, config, battery_shape(data), soc=data[CONF_SOC], actions=actions, memory=memory
            )
        case HouseholdConfig():
            switches = {load_id(load): load[CONF_LOAD_ENTITY] for load in data.get(CONF_LOADS, ())}
            power = power_source(data)
            return HouseholdAdapter(reader, writer, config, power=power, switches=switches, memory=memory)
        case SolarConfig():
            # Its sensor counts what it gives as positive, unless it was said that it does not.
            inverted = not data.get(CONF_PRODUCTION_NEGATIVE, False)
            return SolarAdapter(reader, writer, config, power=power_source(data, inverted=inverted))


def policy_from_data(data: Data) -> PolicyConfig:
    """Return how a participant answers requests; without a word from it the answer is no."""
    policy: Data = data.get(CONF_POLICY, {})
    floor = policy.get(CONF_V2G_FLOOR_SOC)
    return PolicyConfig(
        mode=PolicyMode(policy.get(CONF_POLICY_MODE, PolicyMode.NEVER)),
        charged_above=float(policy.get(CONF_CHARGED_ABOVE, DEFAULT_CHARGED_ABOVE)),
        min_rate=int(policy.get(CONF_MIN_RATE, 0)),
        v2g_floor_soc=None if floor is None else float(floor),
        require_charged=bool(policy.get(CONF_REQUIRE_CHARGED, False)),
        require_departure=bool(policy.get(CONF_REQUIRE_DEPARTURE, False)),
    )


def car_entities(data: Data) -> CarEntities:
    """Return where to read of a car, from the data of a charger or a vehicle."""
    return CarEntities(
        soc=data.get(CONF_SOC), departure=data.get(CONF_DEPARTURE), departure_entity=data.get(CONF_DEPARTURE_ENTITY)
    )


def car_config(data: Data) -> CarConfig:
    """Return what a car wants, from the data of a charger or a vehicle."""
    capacity = data.get(CONF_BATTERY_KWH)
    return CarConfig(
        battery_wh=None if capacity is None else _wh(capacity),
        target_soc=float(data.get(CONF_TARGET_SOC, DEFAULT_TARGET_SOC)),
        policy=policy_from_data(data),
    )


def _charger(subentry: ConfigSubentry) -> ChargerConfig:
    data = subentry.data
    car, change = car_config(data), phase_change(data)
    discharges = data.get(CONF_DISCHARGE_CURRENT) is not None
    highest, lowest, safe = (float(data[key]) for key in (CONF_MAX_CURRENT, CONF_MIN_CURRENT, CONF_SAFE_CURRENT))
    step, interval = float(data.get(CONF_STEP, DEFAULT_STEP_A)), _optional(data.get(CONF_WRITE_INTERVAL))
    if data.get(CONF_CONTROL) == ChargerControl.ON_OFF:
        # All or nothing, and not each minute another one.
        lowest = step = highest
        safe = highest if safe > 0 else 0.0
        interval = _ON_OFF_INTERVAL_S if interval is None else interval
    return ChargerConfig(
        device_id=subentry.subentry_id,
        name=subentry.title,
        feeder_id=data.get(CONF_FEEDER, MAIN_FEEDER),
        phases=_phases(data),
        min_current_a=lowest,
        max_current_a=highest,
        safe_current_a=safe,
        step_a=step,
        max_discharge_a=float(data.get(CONF_MAX_DISCHARGE_CURRENT, 0.0)) if discharges else 0.0,
        battery_wh=car.battery_wh,
        target_soc=car.target_soc,
        priority=int(data.get(CONF_PRIORITY, 0)),
        write_interval_s=interval,
        max_age_s=_optional(data.get(CONF_MAX_AGE)),
        learn_phases=bool(data.get(CONF_LEARN_PHASES, True)),
        phase_hold_s=None if change is None else change.hold_s,
        phase_pauses=change is None or change.pauses,
        limit_undivided=is_limit_undivided(data),
        policy=car.policy,
    )


def _battery(subentry: ConfigSubentry) -> BatteryConfig:
    data = subentry.data
    return BatteryConfig(
        device_id=subentry.subentry_id,
        name=subentry.title,
        feeder_id=data.get(CONF_FEEDER, MAIN_FEEDER),
        phases=_phases(data),
        capacity_wh=_wh(data[CONF_BATTERY_KWH]),
        max_charge_w=float(data[CONF_MAX_CHARGE_W]),
        max_discharge_w=float(data[CONF_MAX_DISCHARGE_W]),
        min_soc=float(data.get(CONF_MIN_SOC, DEFAULT_MIN_SOC)),
        forced=can_be_forced(data),
        policy=policy_from_data(data),
    )


def _household(subentry: ConfigSubentry) -> HouseholdConfig:
    data = subentry.data
    phases = _phases(data)
    return HouseholdConfig(
        device_id=subentry.subentry_id,
        name=subentry.title,
        feeder_id=data.get(CONF_FEEDER, MAIN_FEEDER),
        phases=phases,
        loads=tuple(
            # In an outage, and for the fuse, what stands first in the list is kept longest.
            _load(load, phases, rank)
            for rank, load in enumerate(data.get(CONF_LOADS, ()))
        ),
        policy=policy_from_data(data),
    )


def _load(load: Data, phases: tuple[int, ...], rank: int) -> ShedLoad:
    use = load.get(CONF_LOAD_WHEN, LoadUse.ASKED)
    return ShedLoad(
        load_id=load_id(load),
        rated_w=float(load[CONF_RATED_W]),
        phases=phases,
        rank=rank,
        for_requests=use != LoadUse.FUSE,
        for_fuse=use in (LoadUse.FUSE, LoadUse.BOTH),
        least_on_s=float(load.get(CONF_LEAST_ON, 0)),
        least_off_s=float(load.get(CONF_LEAST_OFF, DEFAULT_LEAST_OFF)),
    )


def load_id(load: Data) -> str:
    """Return the id by which the grid knows a load: the first one that its switch had."""
    known: str = load.get(CONF_LOAD_ID, load[CONF_LOAD_ENTITY])
    return known


def _solar(subentry: ConfigSubentry) -> SolarConfig:
    data = subentry.data
    return SolarConfig(
        device_id=subentry.subentry_id,
        name=subentry.title,
        feeder_id=data.get(CONF_FEEDER, MAIN_FEEDER),
        phases=_phases(data),
    )


def _phases(data: Data) -> tuple[int, ...]:
    return tuple(int(phase) - 1 for phase in data[CONF_PHASES])


def _optional(value: float | None) -> float | None:
    return None if value is None else float(value)


def _wh(kwh: float) -> int:
    return round(kwh * 1000)


_CONFIGS: Mapping[str, Callable[[ConfigSubentry], DeviceConfig]] = {
    SUBENTRY_CHARGER: _charger,
    SUBENTRY_BATTERY: _battery,
    SUBENTRY_HOUSEHOLD: _household,
    SUBENTRY_SOLAR: _solar,
}
DEVICE_KINDS: Final = frozenset(_CONFIGS)
"""The kinds of subentry that are devices."""
