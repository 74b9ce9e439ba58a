"""What the island's own sensors show: the feed, the rewards, and the health of the ledger."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfTime
from homeassistant.helpers.typing import StateType

from ..clock import as_datetime
from ..const import TREASURY
from ..entity import UNIT_IOTA_PER_KWH, IslandView, watts
from ..grid.engine.status import FeederState
from ..grid.model.supply import Supply
from ..grid.model.world import PhaseTriple
from ..grid.planning.valley_filling import SLOT_S
from .view_sensors import CALM_W, HELD_BACK, LONG_PATIENCE, ViewSensorDescription
from .wallet_rules import rules_attributes, spendable


@dataclass(frozen=True, kw_only=True)
class IslandSensorDescription(ViewSensorDescription[IslandView]):
    """A sensor of the island, or of a feeder.

    Attributes:
        tariff: It exists only where there is a capacity tariff.
        outage: It exists only where the feeding cable is watched.
        on_street: Off at first, it is on all the same on a simulated street, which is there to be looked at.
    """

    tariff: bool = False
    outage: bool = False
    on_street: bool = False


def _total(phases: PhaseTriple | None) -> int | None:
    return None if phases is None else round(sum(phases))


#: A feed is shown anew when it changed by this share of what it can carry, or by that many percent of its use.
_LEAST_SHARE: Final = 0.005
_LEAST_CHANGE_PERCENT: Final = 3.0


def _least_change_w(view: IslandView) -> float:
    """Return the least change of a power of this feed that is worth a state of its own, W."""
    return max(CALM_W, _LEAST_SHARE * (_total(view.feeder.capacity_w) or 0))


def _phase(index: int) -> Callable[[IslandView], StateType]:
    def value(view: IslandView) -> StateType:
        load = view.feeder.load_w
        return None if load is None else round(load[index])

    return value


def _temporary_until(view: IslandView) -> datetime | None:
    until = view.feeder.temporary_until
    return None if until is None else as_datetime(round(until))


def _plan(view: IslandView) -> Mapping[str, Any] | None:
    """Return the plan as a curve, for those who draw it."""
    plan = view.snapshot.grid.plan
    if plan is None:
        return None
    return {
        "start": as_datetime(plan.start).isoformat(),
        "step_minutes": round(SLOT_S / 60),
        "without_cars_w": list(plan.base_w),
        "with_cars_w": list(plan.total_w),
        "planned_energy_wh": plan.energy_wh,
        "held_back": plan.held_back,
    }


PLAN_ATTRIBUTES: Final = frozenset(
    {"start", "step_minutes", "without_cars_w", "with_cars_w", "planned_energy_wh", "held_back"}
)


def _confirmation_time(view: IslandView) -> StateType:
    """Return the time from the order of a payment to its confirmed balance, s."""
    status = view.snapshot.ledger
    return None if status is None or status.confirm_s is None else round(status.confirm_s, 1)


def _utilisation(view: IslandView) -> StateType:
    utilisation = view.feeder.utilisation
    return None if utilisation is None else round(utilisation * 100, 1)


def _supply(view: IslandView) -> StateType:
    supply = view.snapshot.grid.supply
    return None if supply is None else supply.supply.value


def _outage(view: IslandView) -> Mapping[str, Any]:
    """Return when the cable was lost, and until when what is always on lasts."""
    supply = view.snapshot.grid.supply
    moments = {} if supply is None else {"lost_at": supply.lost_at, "lasts_until": supply.lasts_until}
    return {name: None if at is None else as_datetime(round(at, -2)).isoformat() for name, at in moments.items()}


OUTAGE_ATTRIBUTES: Final = frozenset({"lost_at", "lasts_until"})


# What every feeder has: the main one, which is the island, and those below it.
FEEDER_SENSORS: tuple[IslandSensorDescription, ...] = (
    IslandSensorDescription.power(
        "load",
        lambda view: watts(view.feeder.total_w),
        measures=True,
        calm=_least_change_w,
    ),
    *(
        IslandSensorDescription.power(
            f"load_l{index + 1}",
            _phase(index),
            # The meter's own sensors show its phases.
            entity_registry_enabled_default=False,
            on_street=True,
            measures=True,
            calm=_least_change_w,
        )
        for index in range(3)
    ),
    IslandSensorDescription.power(
        "capacity",
        lambda view: _total(view.feeder.capacity_w),
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    IslandSensorDescription.power(
        "threshold",
        lambda view: _total(view.feeder.threshold_w),
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    IslandSensorDescription.power(
        "headroom",
        lambda view: _total(view.feeder.headroom_w),
        entity_registry_enabled_default=False,
        on_street=True,
        measures=True,
        calm=_least_change_w,
    ),
    IslandSensorDescription(
        key="utilisation",
        translation_key="utilisation",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        measures=True,
        calm=_LEAST_CHANGE_PERCENT,
        # The load beside it shows small changes within a minute.
        patience=LONG_PATIENCE,
        value_fn=_utilisation,
    ),
    IslandSensorDescription(
        key="state",
        translation_key="state",
        device_class=SensorDeviceClass.ENUM,
        options=[state.value for state in FeederState],
        value_fn=lambda view: view.feeder.state.value,
    ),
    IslandSensorDescription.power(
        "peak_today",
        lambda view: watts(view.feeder.peak_w),
    ),
    IslandSensorDescription(
        key="temporary_capacity_until",
        translation_key="temporary_capacity_until",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=_temporary_until,
    ),
    IslandSensorDescription.interval(
        lambda view: view.feeder.report_s,
        lambda view: {HELD_BACK: view.feeder.held_back_wh},
    ),
)

ISLAND_SENSORS: tuple[IslandSensorDescription, ...] = (
    *FEEDER_SENSORS,
    IslandSensorDescription.power(
        "window_mean",
        lambda view: watts(view.feeder.window_mean_w),
        calm=_least_change_w,
        tariff=True,
    ),
    IslandSensorDescription.power(
        "window_projected",
        lambda view: watts(view.feeder.window_projected_w),
        calm=_least_change_w,
        tariff=True,
    ),
    IslandSensorDescription.power(
        "planned_peak",
        lambda view: None if view.snapshot.grid.plan is None else watts(view.snapshot.grid.plan.peak_w),
        attributes_fn=_plan,
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
        # The newest one has a sensor of its own, and there is hardly ever a second.
        entity_registry_enabled_default=False,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda view: len(view.snapshot.grid.open_requests),
    ),
    IslandSensorDescription.tokens(
        "treasury_balance",
        SensorStateClass.TOTAL,
        lambda view: view.treasury.balance_i if view.treasury else None,
        measures=True,
    ),
    IslandSensorDescription(
        key="published_messages",
        translation_key="published_messages",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        on_street=True,
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=lambda view: view.snapshot.published,
    ),
    IslandSensorDescription(
        key="ledger_queue",
        translation_key="ledger_queue",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        on_street=True,
        state_class=SensorStateClass.MEASUREMENT,
        measures=True,
        value_fn=lambda view: view.snapshot.ledger.queued if view.snapshot.ledger else None,
    ),
    IslandSensorDescription(
        key="confirmation_time",
        translation_key="confirmation_time",
        device_class=SensorDeviceClass.DURATION,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=_confirmation_time,
    ),
    IslandSensorDescription(
        key="supply",
        translation_key="supply",
        device_class=SensorDeviceClass.ENUM,
        options=[each.value for each in Supply],
        outage=True,
        value_fn=_supply,
        attributes_fn=_outage,
    ),
    IslandSensorDescription(
        key="ledger_backend",
        translation_key="ledger_backend",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        options=["embedded", "remote"],
        value_fn=lambda view: view.snapshot.ledger.backend if view.snapshot.ledger else None,
    ),
    IslandSensorDescription.tokens(
        "treasury_spendable_today",
        SensorStateClass.MEASUREMENT,
        lambda view: spendable(view.treasury, view.snapshot.rules.get(TREASURY)),
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        attributes_fn=lambda view: rules_attributes(view.snapshot.rules.get(TREASURY)),
    ),
    IslandSensorDescription(
        key="tangle_transactions",
        translation_key="tangle_transactions",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        on_street=True,
        state_class=SensorStateClass.TOTAL_INCREASING,
        # A node on the network need not tell: then it is unknown, and nothing is wrong.
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
