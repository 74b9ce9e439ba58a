"""What the island's own sensors show: the feed, the rewards, and the health of the ledger."""

from collections.abc import Callable
from dataclasses import dataclass

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfPower, UnitOfTime
from homeassistant.helpers.typing import StateType

from .entity import UNIT_IOTA, UNIT_IOTA_PER_KWH, IslandView, watts
from .grid.model import PhaseTriple
from .grid.status import FeederState


@dataclass(frozen=True, kw_only=True)
class IslandSensorDescription(SensorEntityDescription):
    """A sensor of the island. Without a value it is unknown, or unavailable when it measures."""

    value_fn: Callable[[IslandView], StateType]
    measures: bool = False


def _total(phases: PhaseTriple | None) -> int | None:
    return None if phases is None else round(sum(phases))


def _phase(index: int) -> Callable[[IslandView], StateType]:
    def value(view: IslandView) -> StateType:
        load = view.feeder.load_w
        return None if load is None else round(load[index])

    return value


def _utilisation(view: IslandView) -> StateType:
    utilisation = view.feeder.utilisation
    return None if utilisation is None else round(utilisation * 100, 1)


ISLAND_SENSORS: tuple[IslandSensorDescription, ...] = (
    IslandSensorDescription(
        key="load",
        translation_key="load",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        state_class=SensorStateClass.MEASUREMENT,
        measures=True,
        value_fn=lambda view: watts(view.feeder.total_w),
    ),
    *(
        IslandSensorDescription(
            key=f"load_l{index + 1}",
            translation_key=f"load_l{index + 1}",
            device_class=SensorDeviceClass.POWER,
            native_unit_of_measurement=UnitOfPower.WATT,
            state_class=SensorStateClass.MEASUREMENT,
            measures=True,
            value_fn=_phase(index),
        )
        for index in range(3)
    ),
    IslandSensorDescription(
        key="capacity",
        translation_key="capacity",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda view: _total(view.feeder.capacity_w),
    ),
    IslandSensorDescription(
        key="threshold",
        translation_key="threshold",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda view: _total(view.feeder.threshold_w),
    ),
    IslandSensorDescription(
        key="headroom",
        translation_key="headroom",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        state_class=SensorStateClass.MEASUREMENT,
        measures=True,
        value_fn=lambda view: _total(view.feeder.headroom_w),
    ),
    IslandSensorDescription(
        key="utilisation",
        translation_key="utilisation",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        measures=True,
        value_fn=_utilisation,
    ),
    IslandSensorDescription(
        key="state",
        translation_key="state",
        device_class=SensorDeviceClass.ENUM,
        options=[state.value for state in FeederState],
        value_fn=lambda view: view.feeder.state.value,
    ),
    IslandSensorDescription(
        key="peak_today",
        translation_key="peak_today",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda view: watts(view.feeder.peak_w),
    ),
    IslandSensorDescription(
        key="reward_rate",
        translation_key="reward_rate",
        native_unit_of_measurement=UNIT_IOTA_PER_KWH,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda view: view.snapshot.grid.reward_rate_i_per_kwh,
    ),
    IslandSensorDescription(
        key="open_requests",
        translation_key="open_requests",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda view: len(view.snapshot.grid.open_requests),
    ),
    IslandSensorDescription(
        key="treasury_balance",
        translation_key="treasury_balance",
        native_unit_of_measurement=UNIT_IOTA,
        state_class=SensorStateClass.TOTAL,
        measures=True,
        value_fn=lambda view: view.treasury.balance_i if view.treasury else None,
    ),
    IslandSensorDescription(
        key="published_messages",
        translation_key="published_messages",
        entity_category=EntityCategory.DIAGNOSTIC,
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=lambda view: view.snapshot.published,
    ),
    IslandSensorDescription(
        key="ledger_queue",
        translation_key="ledger_queue",
        entity_category=EntityCategory.DIAGNOSTIC,
        state_class=SensorStateClass.MEASUREMENT,
        measures=True,
        value_fn=lambda view: view.snapshot.ledger.queued if view.snapshot.ledger else None,
    ),
    IslandSensorDescription(
        key="tangle_transactions",
        translation_key="tangle_transactions",
        entity_category=EntityCategory.DIAGNOSTIC,
        state_class=SensorStateClass.TOTAL_INCREASING,
        measures=True,
        value_fn=lambda view: view.snapshot.ledger.transactions if view.snapshot.ledger else None,
    ),
    IslandSensorDescription(
        key="tangle_milestone",
        translation_key="tangle_milestone",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        measures=True,
        value_fn=lambda view: view.snapshot.ledger.milestone if view.snapshot.ledger else None,
    ),
    IslandSensorDescription(
        key="reaction_time",
        translation_key="reaction_time",
        device_class=SensorDeviceClass.DURATION,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=UnitOfTime.MILLISECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda view: None if view.snapshot.reaction_ms is None else round(view.snapshot.reaction_ms, 1),
    ),
)
