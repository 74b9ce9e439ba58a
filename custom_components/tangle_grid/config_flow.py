"""Setting up an island: the feed, its options, and who is on it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, override
from uuid import uuid4

import voluptuous as vol
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    FlowType,
)
from homeassistant.const import CONF_NAME, CONF_TOKEN, UnitOfTime
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig, SelectSelectorMode

from .bridge.options import LedgerChoice
from .bridge.secrets import SecretStore
from .const import (
    CONF_ISLAND_ID,
    CONF_KIND,
    CONF_LAYOUT,
    CONF_METER,
    CONF_METER_MAX_AGE,
    CONF_SEED,
    CONF_SPEED,
    CONF_START,
    DEFAULT_METER_MAX_AGE,
    DOMAIN,
    KIND_ISLAND,
    KIND_SIMULATED,
    SUBENTRY_BATTERY,
    SUBENTRY_CHARGER,
    SUBENTRY_DATA_TOPIC,
    SUBENTRY_FEEDER,
    SUBENTRY_GUEST,
    SUBENTRY_HOUSE,
    SUBENTRY_HOUSEHOLD,
    SUBENTRY_NEIGHBOUR,
    SUBENTRY_PARKING,
    SUBENTRY_SOLAR,
    SUBENTRY_TOLL,
    SUBENTRY_UPPER_ISLAND,
    SUBENTRY_VEHICLE,
)
from .devices.feeders import main_phases
from .devices.presets import KIND_METER
from .flows.checks import NO_PLACEHOLDERS, Problem
from .flows.entry.island import (
    FEED_SCHEMA,
    ISLAND_SCHEMA,
    STREET_SCHEMA,
    STREET_TIME_SCHEMA,
    check_feed,
    street_time,
)
from .flows.entry.ledger import TOKEN_SCHEMA, async_ask_node
from .flows.entry.street import async_plan_street
from .flows.feed import METER_FIELDS, feed_data, feed_form
from .flows.fields import number
from .flows.form_data import fields_of, flattened, sectioned
from .flows.found import (
    BEGIN_MENU,
    FIELD_DEVICE,
    STEP_BEGIN,
    STEP_DEVICE,
    async_device_schema,
    async_found,
    async_match,
)
from .flows.meter import WATCH_S, async_watch, interval_s, judged, suggested_max_age
from .flows.options.menu import TangleGridOptionsFlow
from .flows.safety import check_safe_loads, safe_loads
from .flows.subentries.battery import BatteryFlow
from .flows.subentries.charger import ChargerFlow
from .flows.subentries.data_topic import DataTopicFlow
from .flows.subentries.feeder import FeederFlow
from .flows.subentries.guest import GuestFlow
from .flows.subentries.house import HouseFlow
from .flows.subentries.household import HouseholdFlow
from .flows.subentries.neighbour import NeighbourFlow
from .flows.subentries.parking import ParkingFlow
from .flows.subentries.participant import phase_count
from .flows.subentries.solar import SolarFlow
from .flows.subentries.toll import TollFlow
from .flows.subentries.upper_island import CODE_SCHEMA, FIELD_CODE, UpperIslandFlow
from .flows.subentries.vehicle import VehicleFlow
from .flows.words import async_sentences
from .island.archive import async_archived_entry, async_archived_islands
from .island.runtime import TangleGridConfigEntry
from .ledger import LedgerError
from .link.joining.code import JoinCode
from .link.joining.errors import JoinError
from .simulation import Layout

CONF_RESTORE: Final = "restore"
RESTORE_NOTHING: Final = "new"


class TangleGridConfigFlow(ConfigFlow, domain=DOMAIN):
    """Set up an island, or a simulated street to see what one does."""

    VERSION = 1
    MINOR_VERSION = 3

    def __init__(self) -> None:
        self._name = ""
        self._code = ""
        self._feed: dict[str, Any] = {}
        self._archived: dict[str, str] = {}
        # Whether it was asked where to begin, and what the meter that was chosen fills in and says of itself.
        self._begun = False
        self._prefilled: dict[str, Any] = {}
        self._found = ""
        self._options: dict[str, Any] = {}
        # What was entered of the meter, and how it is watched.
        self._entered: dict[str, Any] = {}
        self._watch: asyncio.Task[dict[str, list[float]]] | None = None

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: TangleGridConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        return {
            SUBENTRY_CHARGER: ChargerFlow,
            SUBENTRY_BATTERY: BatteryFlow,
            SUBENTRY_HOUSEHOLD: HouseholdFlow,
            SUBENTRY_SOLAR: SolarFlow,
            SUBENTRY_VEHICLE: VehicleFlow,
            SUBENTRY_PARKING: ParkingFlow,
            SUBENTRY_TOLL: TollFlow,
            SUBENTRY_DATA_TOPIC: DataTopicFlow,
            SUBENTRY_FEEDER: FeederFlow,
            SUBENTRY_GUEST: GuestFlow,
            SUBENTRY_HOUSE: HouseFlow,
            SUBENTRY_UPPER_ISLAND: UpperIslandFlow,
            SUBENTRY_NEIGHBOUR: NeighbourFlow,
        }

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: TangleGridConfigEntry) -> TangleGridOptionsFlow:
        return TangleGridOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what it is to be."""
        return self.async_show_menu(step_id="user", menu_options=["island", "join", "simulated_street"])

    async def async_step_join(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the code of a larger island; what is below it is an island of its own, which is set up first."""
        for entry in self._async_current_entries(include_ignore=False):
            if entry.data[CONF_KIND] == KIND_ISLAND:
                return self.async_abort(reason="join_there", description_placeholders={"island": entry.title})
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                JoinCode.parse(user_input[FIELD_CODE])
            except JoinError as error:
                errors[FIELD_CODE] = error.problem.value
            else:
                self._code = user_input[FIELD_CODE]
                return await self.async_step_island()
        return self.async_show_form(
            step_id="join", data_schema=self.add_suggested_values_to_schema(CODE_SCHEMA, user_input), errors=errors
        )

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Go on with what is shared, where it was set up to join a larger island."""
        if self._code:
            flow = await self.hass.config_entries.subentries.async_init(
                (result["result"].entry_id, SUBENTRY_UPPER_ISLAND),
                context={"source": SOURCE_USER},
                data={FIELD_CODE: self._code},
            )
            if flow["type"] is FlowResultType.FORM:
                result["next_flow"] = (FlowType.CONFIG_SUBENTRIES_FLOW, flow["flow_id"])
        return result

    async def async_step_island(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the feed: with its meter's device, where there is one that is known, or all by hand."""
        if user_input is None and not self._begun:
            self._begun = True
            if await async_device_schema(self.hass, KIND_METER, _FIELDS) is not None:
                return await self.async_step_begin()
        problem: Problem | None = None
        if user_input is not None:
            form = flattened(user_input)
            name = form.get(CONF_NAME, "").strip()
            problem = self._check_name(name) or check_feed(self.hass, form) or self._check_feed_is_free(form)
            if problem is None:
                self._name, self._feed, self._entered = name, feed_data(form), form
                return await self.async_step_meter()
        return self._show("island", ISLAND_SCHEMA, user_input or sectioned(ISLAND_SCHEMA, self._prefilled), problem)

    async def async_step_begin(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - a menu has no fields
    ) -> ConfigFlowResult:
        """Ask how the meter is found."""
        return self.async_show_menu(step_id=STEP_BEGIN, menu_options=list(BEGIN_MENU))

    async def async_step_by_hand(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - the form is that of the next step
    ) -> ConfigFlowResult:
        """Leave the choice of the meter's sensors to whoever fills in the form."""
        return await self.async_step_island()

    async def async_step_device(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the meter, and fill in the form with what is known of it."""
        errors: dict[str, str] = {}
        if user_input is not None:
            match = await async_match(self.hass, KIND_METER, _FIELDS, user_input[FIELD_DEVICE])
            if not isinstance(match, Problem):
                self._prefilled = {field: value for field, value in match.data.items() if field != CONF_NAME}
                self._found = await async_found(self.hass, match, "config.step.island")
                self._options = {option: match.data[option] for option in _OPTIONS_OF_METER if option in match.data}
                return await self.async_step_island()
            errors[FIELD_DEVICE] = match.key
        schema = await async_device_schema(self.hass, KIND_METER, _FIELDS)
        if schema is None:
            return await self.async_step_by_hand()
        return self.async_show_form(step_id=STEP_DEVICE, data_schema=schema, errors=errors)

    async def async_step_meter(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - there is nothing to fill in
    ) -> ConfigFlowResult:
        """Watch the meter for a moment."""
        if self._watch is None:
            sensors = [each for field in METER_FIELDS for each in self._entered.get(field) or ()]
            watch = async_watch(self.hass, sensors)
            self._watch = self.hass.async_create_background_task(watch, "tangle_grid meter", eager_start=False)
        if not self._watch.done():
            return self.async_show_progress(
                step_id="meter",
                progress_action="meter",
                progress_task=self._watch,
                description_placeholders={"seconds": f"{WATCH_S:.0f}"},
            )
        return self.async_show_progress_done(next_step_id="meter_seen")

    async def async_step_meter_seen(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Say what was seen of the meter, and how long it should be believed where it reports seldom."""
        entry = self._get_reconfigure_entry() if self.source == SOURCE_RECONFIGURE else None
        if user_input is not None:
            options = {option: int(value) for option, value in user_input.items()}
            if entry is None:
                self._options |= options
                return await self._async_offer_restore()
            return self.async_update_and_abort(entry, data_updates=self._feed, options={**entry.options, **options})
        assert self._watch is not None  # noqa: S101  # the step before leads here
        seen = self._watch.result()
        lines = judged(self.hass, self._entered, seen, () if entry is None else list(entry.subentries.values()))
        shown = {**self._options, **(entry.options if entry else {})}.get(CONF_METER_MAX_AGE, DEFAULT_METER_MAX_AGE)
        wanted = suggested_max_age(interval_s(seen.values()))
        fields: dict[Any, Any] = {}
        if wanted is not None and wanted > shown:
            fields[vol.Required(CONF_METER_MAX_AGE, default=wanted)] = number(5, 300, UnitOfTime.SECONDS)
        return self.async_show_form(
            step_id="meter_seen",
            data_schema=vol.Schema(fields),
            description_placeholders={"seen": await async_sentences(self.hass, "meter", lines)},
        )

    async def _async_offer_restore(self) -> ConfigFlowResult:
        configured = {entry.data[CONF_ISLAND_ID] for entry in self._async_current_entries(include_ignore=False)}
        archived = await async_archived_islands(self.hass)
        self._archived = {island_id: name for island_id, name in archived.items() if island_id not in configured}
        if self._archived:
            return await self.async_step_restore()
        return await self._async_create_island(uuid4().hex)

    async def async_step_restore(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether wallets and ledger of an island that was removed go on here."""
        if user_input is not None:
            chosen = user_input[CONF_RESTORE]
            return await self._async_create_island(uuid4().hex if chosen == RESTORE_NOTHING else chosen)
        options = [
            SelectOptionDict(value=RESTORE_NOTHING, label=RESTORE_NOTHING),
            *(
                SelectOptionDict(value=island_id, label=f"{name} ({island_id[:8]})")
                for island_id, name in self._archived.items()
            ),
        ]
        schema = vol.Schema(
            {
                vol.Required(CONF_RESTORE, default=RESTORE_NOTHING): SelectSelector(
                    SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST, translation_key=CONF_RESTORE)
                )
            }
        )
        return self.async_show_form(step_id="restore", data_schema=schema)

    async def _async_create_island(self, island_id: str) -> ConfigFlowResult:
        await self.async_set_unique_id(island_id)
        self._abort_if_unique_id_configured()
        former, options = await async_archived_entry(self.hass, island_id)
        return self.async_create_entry(
            title=self._name,
            data={
                CONF_KIND: KIND_ISLAND,
                CONF_ISLAND_ID: island_id,
                **self._feed,
                **former,
            },
            options={**self._options, **options},
        )

    async def async_step_simulated_street(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask how the street's time runs, and set it up with everyone who lives there."""
        if user_input is None:
            return self._show("simulated_street", STREET_SCHEMA, None, None)
        name = user_input[CONF_NAME].strip()
        if (problem := self._check_name(name)) is not None:
            return self._show("simulated_street", STREET_SCHEMA, user_input, problem)
        island_id, seed = uuid4().hex, int(user_input[CONF_SEED])
        await self.async_set_unique_id(island_id)
        layout = Layout(user_input[CONF_LAYOUT])
        plan = await async_plan_street(self.hass, island_id, seed, layout)
        return self.async_create_entry(
            title=name,
            data={
                CONF_KIND: KIND_SIMULATED,
                CONF_ISLAND_ID: island_id,
                CONF_SEED: seed,
                CONF_LAYOUT: layout.value,
                **street_time(user_input),
                **plan.data,
            },
            options=plan.options,
            subentries=plan.subentries,
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change the meter and the fuse; of a simulated street, how its time runs."""
        entry = self._get_reconfigure_entry()
        if entry.data[CONF_KIND] == KIND_SIMULATED:
            return await self.async_step_reconfigure_street(user_input)
        problem: Problem | None = None
        if user_input is not None:
            form = flattened(user_input)
            problem = (
                check_feed(self.hass, form)
                or self._check_feed_is_free(form, entry)
                or self._check_phases(entry, form)
                or check_safe_loads(safe_loads(self.hass, entry, main=feed_data(form)))
            )
            if problem is None:
                self._feed, self._entered = feed_data(form), form
                return await self.async_step_meter()
        return self._show(
            "reconfigure", FEED_SCHEMA, user_input or sectioned(FEED_SCHEMA, feed_form(entry.data)), problem
        )

    async def async_step_reconfigure_street(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change how the time of a simulated street runs."""
        entry = self._get_reconfigure_entry()
        if user_input is not None:
            return self.async_update_and_abort(entry, data_updates=street_time(user_input))
        shown = {CONF_SPEED: entry.data[CONF_SPEED], CONF_START: f"{entry.data[CONF_START]}:00"}
        return self._show("reconfigure_street", STREET_TIME_SCHEMA, shown, None)

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:  # noqa: ARG002 - the token is kept elsewhere
        """Begin when the node on the network does not accept the token any more; the grid goes on meanwhile."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for another token, and try it."""
        entry = self._get_reauth_entry()
        choice = LedgerChoice.from_options(entry.options)
        if choice.url is None:
            # Meanwhile the island has gone back to the node in this Home Assistant.
            return self.async_abort(reason="no_token_needed")
        problem: Problem | None = None
        if user_input is not None:
            token = user_input[CONF_TOKEN].strip()
            found = await async_ask_node(self.hass, choice.url, token)
            if not isinstance(found, Problem):
                try:
                    token_id = await SecretStore(self.hass, entry.data[CONF_ISLAND_ID]).async_add_token(token)
                except LedgerError:
                    return self.async_abort(reason="token_not_saved")
                options = replace(choice, token_id=token_id).into_options(entry.options)
                return self.async_update_and_abort(entry, options=options)
            problem = found
        placeholders = {**NO_PLACEHOLDERS, **(problem.placeholders if problem else {}), "url": choice.url}
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=TOKEN_SCHEMA,
            errors={} if problem is None else {_FIELD_OF.get(problem.key, "base"): problem.key},
            description_placeholders={**placeholders, "island": entry.title},
        )

    def _check_feed_is_free(
        self, user_input: Mapping[str, Any], own: TangleGridConfigEntry | None = None
    ) -> Problem | None:
        """Return a problem where the feed belongs to another island: two would each fill what its fuse has left."""
        meter = {each for field in METER_FIELDS for each in user_input.get(field, ())}
        for other in self._async_current_entries(include_ignore=False):
            taken = {entity for entities in other.data.get(CONF_METER, {}).values() for entity in entities}
            if meter & taken and (own is None or other.entry_id != own.entry_id):
                return Problem(key="feed_taken", placeholders={"other": other.title})
        return None

    @staticmethod
    def _check_phases(entry: TangleGridConfigEntry, user_input: dict[str, Any]) -> Problem | None:
        """Check that participants stay on phases that the meter sees."""
        hangs_on_it = any(each.subentry_type != SUBENTRY_GUEST for each in entry.subentries.values())
        if hangs_on_it and len(main_phases(feed_data(user_input))) < phase_count(entry):
            return Problem(key="meter_fewer_phases")
        return None

    def _check_name(self, name: str) -> Problem | None:
        if not name:
            return Problem(key="name_missing")
        taken = {entry.title.casefold() for entry in self._async_current_entries(include_ignore=False)}
        return Problem(key="name_taken") if name.casefold() in taken else None

    def _show(
        self, step_id: str, schema: vol.Schema, shown: dict[str, Any] | None, problem: Problem | None
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors={} if problem is None else {_FIELD_OF.get(problem.key, "base"): problem.key},
            description_placeholders={
                **NO_PLACEHOLDERS,
                "found": self._found,
                **(problem.placeholders if problem else {}),
            },
        )


#: What a preset of a meter says about the island's options.
_OPTIONS_OF_METER: Final = (CONF_METER_MAX_AGE,)
_FIELDS: Final = fields_of(ISLAND_SCHEMA)
_FIELD_OF: Final = {"name_missing": CONF_NAME, "name_taken": CONF_NAME, "invalid_auth": CONF_TOKEN}
