"""From a config entry to what the grid and the adapters need."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..clock import GridClock, local_time
from ..const import (
    CONF_AUTOMATIC,
    CONF_DAY_BUDGET,
    CONF_DEPARTURE,
    CONF_DIMMING_FLOOR,
    CONF_FAIRNESS,
    CONF_FEEDER,
    CONF_KIND,
    CONF_LEDGER,
    CONF_MAX_PRICE,
    CONF_MAX_RATE,
    CONF_METER_MAX_AGE,
    CONF_OUTAGE,
    CONF_OWNERS,
    CONF_PANEL,
    CONF_PARENT,
    CONF_PARKING_LIMIT,
    CONF_PARKING_MODE,
    CONF_PEAK_TARGET,
    CONF_PEAK_WINDOW,
    CONF_PLANNING,
    CONF_POLICY,
    CONF_PRICE_FORECAST,
    CONF_PRICES,
    CONF_RATE,
    CONF_REQUEST_BUDGET,
    CONF_REQUEST_MINUTES,
    CONF_RETENTION,
    CONF_ROAMING,
    CONF_SERVICE_RULES,
    CONF_SPEED,
    CONF_START,
    CONF_SUN_FORECAST,
    CONF_TARGET_SOC,
    CONF_TOKEN_RATE,
    CONF_TOKEN_RATE_ENTITY,
    CONF_TOLL_LIMIT,
    CONF_TOLL_MODE,
    DEFAULT_DIMMING_FLOOR,
    DEFAULT_FAIRNESS,
    DEFAULT_METER_MAX_AGE,
    DEFAULT_PEAK_WINDOW,
    DEFAULT_RATE,
    DEFAULT_REQUEST_MINUTES,
    DEFAULT_START,
    KIND_SIMULATED,
    MAIN_FEEDER,
    SUBENTRY_DATA_TOPIC,
    SUBENTRY_GUEST,
    SUBENTRY_PARKING,
    SUBENTRY_TOLL,
    SUBENTRY_VEHICLE,
)
from ..devices.adapters.base import Adapter
from ..devices.adapters.hands_off import HandsOff
from ..devices.adapters.readout import Readout
from ..devices.adapters.supply import SupplyReader, supply_config
from ..devices.config import DEVICE_KINDS, build_device
from ..devices.feeders import ancestors, build_meters, feeder_configs, feeder_of, parents, sub_feeders
from ..devices.forecasts.source import ForecastSource
from ..devices.io.entity_reading import EntityReader
from ..devices.named import StoredEntry
from ..grid.model.supply import SupplyConfig
from ..grid.model.world import ChargerConfig, DeviceConfig, FeederConfig, GridConfig, MarketConfig, Timing
from .charging_prices import is_priced
from .links import Links
from .ownership import async_taken

# Unanswered requests raise the rate up to this many times the first one.
_HIGHEST_RATE: Final = 2
# Simulated chargers have no flash that wears out, and their meter reports only once in a second of a fast clock.
STREET_TIMING: Final[Mapping[str, float]] = {
    "min_write_interval_s": 60.0,
    "heartbeat_s": 60.0,
    "request_trigger_s": 400.0,
}
_STREET_AHEAD_S: Final = 900.0
# Who has a wallet and a key, and no device that the grid measures.
_WITHOUT_DEVICE: Final = frozenset({SUBENTRY_VEHICLE, SUBENTRY_PARKING, SUBENTRY_TOLL, SUBENTRY_DATA_TOPIC})
# Of a participant's data, what takes effect without a new start.
_LIVE: Final = frozenset(
    {
        CONF_DEPARTURE,
        CONF_MAX_PRICE,
        CONF_OWNERS,
        CONF_PARKING_LIMIT,
        CONF_PARKING_MODE,
        CONF_POLICY,
        CONF_ROAMING,
        CONF_SERVICE_RULES,
        CONF_TARGET_SOC,
        CONF_TOLL_LIMIT,
        CONF_TOLL_MODE,
    }
)
# And of the options.
_LIVE_OPTIONS: Final = frozenset(
    {CONF_PANEL, CONF_PLANNING, CONF_LEDGER, CONF_PRICES, CONF_RETENTION, CONF_TOKEN_RATE, CONF_TOKEN_RATE_ENTITY}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody on the island: with a wallet, a key to sign with, and perhaps owners.

    Whoever is no `Participant` has no device that the grid measures: a vehicle.
    """

    participant_id: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant(Member):
    """A charger, a home battery, a household or a solar system on the island.

    Attributes:
        taken_by: Another island, by its title, that controls the same device: this one leaves it alone.
    """

    config: DeviceConfig
    adapter: Adapter[Any, Any]
    taken_by: str | None = None


def participant_subentries(entry: StoredEntry) -> dict[str, ConfigSubentry]:
    """Return everyone who is a device that the grid measures, by id."""
    return _of_kinds(entry, DEVICE_KINDS)


def build_members(entry: StoredEntry, participants: Mapping[str, Participant]) -> dict[str, Member]:
    """Return everyone who has a wallet, by id: the participants, and those without a device."""
    others = {
        subentry_id: Member(participant_id=subentry_id, kind=subentry.subentry_type, name=subentry.title)
        for subentry_id, subentry in _of_kinds(entry, _WITHOUT_DEVICE).items()
    }
    return {**participants, **others}


def _of_kinds(entry: StoredEntry, kinds: frozenset[str]) -> dict[str, ConfigSubentry]:
    return {
        subentry_id: subentry for subentry_id, subentry in entry.subentries.items() if subentry.subentry_type in kinds
    }


def build_participants(
    hass: HomeAssistant, entry: StoredEntry, clock: GridClock, memories: Mapping[str, Mapping[str, Any]]
) -> dict[str, Participant]:
    """Return participants by id, from the subentries; `memories` is what their adapters knew before a restart."""
    participants: dict[str, Participant] = {}
    feeders = sub_feeders(entry)
    taken = async_taken(hass, entry)
    for subentry in participant_subentries(entry).values():
        config, adapter = build_device(hass, subentry, clock.from_datetime, memories.get(subentry.subentry_id))
        config = replace(config, feeder_id=feeder_of(subentry.data, feeders))
        if isinstance(config, ChargerConfig):
            config = _on_clock(config, clock.speed)
        participants[subentry.subentry_id] = Participant(
            participant_id=subentry.subentry_id,
            kind=subentry.subentry_type,
            name=subentry.title,
            config=config,
            adapter=HandsOff(adapter) if subentry.subentry_id in taken else adapter,
            taken_by=taken.get(subentry.subentry_id),
        )
    return participants


def _on_clock(config: ChargerConfig, speed: float) -> ChargerConfig:
    """Return times of devices in wall time.

    A charger reports and is written to in it, also where the grid's clock runs faster.
    """
    return replace(
        config,
        write_interval_s=None if config.write_interval_s is None else config.write_interval_s * speed,
        max_age_s=None if config.max_age_s is None else config.max_age_s * speed,
    )


def make_clock(entry: StoredEntry, last: float | None) -> GridClock:
    """Return the clock: wall time, or for a simulated street one that begins with the next evening after `last`."""
    if entry.data[CONF_KIND] != KIND_SIMULATED:
        return GridClock()
    start = time.fromisoformat(entry.data.get(CONF_START, DEFAULT_START))
    evening = dt_util.now().replace(hour=start.hour, minute=start.minute, second=0, microsecond=0)
    # The stored street may be some minutes ahead of the stored clock, and time never runs back.
    while last is not None and evening.timestamp() <= last + _STREET_AHEAD_S:
        evening += timedelta(days=1)
    return GridClock(speed=float(entry.data[CONF_SPEED]), grid_anchor=evening.timestamp())


def build_grid_config(entry: StoredEntry, participants: Mapping[str, Participant]) -> GridConfig:
    """Return the grid's configuration: the feeders, the participants, timing, plan and market."""
    options = entry.options
    timing = Timing(
        meter_max_age_s=float(options.get(CONF_METER_MAX_AGE, DEFAULT_METER_MAX_AGE)),
        request_duration_s=60.0 * options.get(CONF_REQUEST_MINUTES, DEFAULT_REQUEST_MINUTES),
    )
    if entry.data[CONF_KIND] == KIND_SIMULATED:
        timing = replace(timing.scaled(float(entry.data[CONF_SPEED])), **STREET_TIMING)
    rate = int(options.get(CONF_RATE, DEFAULT_RATE))
    main, *below = feeder_configs(entry)
    return GridConfig(
        feeders=(_with_tariff(main, options), *below),
        devices=tuple(participant.config for participant in participants.values()),
        timing=timing,
        market=MarketConfig(
            rate_i_per_kwh=rate,
            max_rate_i_per_kwh=max(rate, int(options.get(CONF_MAX_RATE, _HIGHEST_RATE * rate))),
            automatic=bool(options.get(CONF_AUTOMATIC, True)),
            budget_per_request_i=int(options.get(CONF_REQUEST_BUDGET, 0)),
            budget_per_day_i=int(options.get(CONF_DAY_BUDGET, 0)),
        ),
        dimming_floor_w=1000.0 * float(options.get(CONF_DIMMING_FLOOR, DEFAULT_DIMMING_FLOOR)),
        planning=planning(entry),
        fairness=float(options.get(CONF_FAIRNESS, DEFAULT_FAIRNESS)) / 100.0,
        local=local_time,
        supply=_supply(main, options),
    )


def build_readout(
    hass: HomeAssistant, entry: StoredEntry, clock: GridClock, participants: Mapping[str, Participant], links: Links
) -> Readout:
    """Return what reads the meters, participants, houses that have joined, and the cable."""
    outage = entry.options.get(CONF_OUTAGE)
    return Readout(
        {**build_meters(hass, entry, clock.from_datetime), **links.meters},
        {each.participant_id: (each.name, each.config, each.adapter) for each in participants.values()}
        | dict(links.devices),
        None if outage is None else SupplyReader(EntityReader(hass, clock.from_datetime), outage),
    )


def build_forecasts(hass: HomeAssistant, entry: StoredEntry) -> ForecastSource:
    """Return the forecasts that the options name. A simulated street lives on another day: none of them fits there."""
    if entry.data[CONF_KIND] == KIND_SIMULATED:
        return ForecastSource(hass)
    options = entry.options
    return ForecastSource(hass, sun=options.get(CONF_SUN_FORECAST, ()), price=options.get(CONF_PRICE_FORECAST))


def _supply(main: FeederConfig, options: Mapping[str, Any]) -> SupplyConfig | None:
    """Return what the island can live on when its cable is dead, where somebody watches it."""
    if (outage := options.get(CONF_OUTAGE)) is None:
        return None
    return supply_config(outage, [phase for phase, amps in enumerate(main.capacity_a) if amps > 0])


def planning(entry: StoredEntry) -> bool:
    """Return whether charging is spread out in advance."""
    return bool(entry.options.get(CONF_PLANNING, True))


def _with_tariff(main: FeederConfig, options: Mapping[str, Any]) -> FeederConfig:
    """Return the main feeder with its capacity tariff, where there is one."""
    if not (target_kw := options.get(CONF_PEAK_TARGET)):
        return main
    minutes = float(options.get(CONF_PEAK_WINDOW, DEFAULT_PEAK_WINDOW))
    return replace(main, peak_target_w=1000.0 * float(target_kw), peak_window_s=60.0 * minutes)


def structure(entry: StoredEntry) -> dict[str, Any]:
    """Return all of an entry that needs a new start when it changes: everything but what applies at once.

    That is how participants answer, whose they are, when cars usually leave, whether there is a plan, which ledger is
    used, and who is a guest at it.
    """
    return {
        "data": dict(entry.data),
        "options": {key: value for key, value in entry.options.items() if key not in _LIVE_OPTIONS},
        # What prices are applies at once; the first one brings sensors, and the last one takes them away.
        "priced": is_priced(entry.options),
        "title": entry.title,
        "participants": {
            subentry_id: (subentry.title, {key: value for key, value in subentry.data.items() if key not in _LIVE})
            for subentry_id, subentry in entry.subentries.items()
            if subentry.subentry_type != SUBENTRY_GUEST
        },
    }


def feeder_tree(entry: StoredEntry) -> dict[str, str]:
    """Return what each feeder below the main one hangs on."""
    return parents({feeder_id: subentry.data for feeder_id, subentry in sub_feeders(entry).items()})


def rehung(entry: StoredEntry, before: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return new data, by id, of the subentries whose feeder was removed: they move to what it hung on.

    Args:
        entry: The island, without the removed feeders.
        before: What `feeder_tree` gave while they were there. Of a feeder that is not in it nothing is known any
            more, and the main one, which sees everything, takes its place.
    """
    left = {MAIN_FEEDER, *sub_feeders(entry)}
    moved: dict[str, dict[str, Any]] = {}
    for subentry_id, subentry in entry.subentries.items():
        for field in (CONF_FEEDER, CONF_PARENT):
            if (named := subentry.data.get(field, MAIN_FEEDER)) not in left:
                place = next(feeder_id for feeder_id in ancestors(named, before) if feeder_id in left)
                moved[subentry_id] = {**subentry.data, field: place}
    return moved
