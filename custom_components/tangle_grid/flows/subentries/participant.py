"""What the forms of all kinds of participant share: show, check, save, and change later."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, override

import voluptuous as vol
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import SelectOptionDict

from ...const import (
    CONF_AREA,
    CONF_CURRENT_ATTRIBUTES,
    CONF_CURRENT_LIMIT,
    CONF_CURRENTS,
    CONF_DISCHARGE_CURRENT,
    CONF_FEEDER,
    CONF_LOAD_ENTITY,
    CONF_LOADS,
    CONF_METER,
    CONF_OWNERS,
    CONF_PHASES,
    CONF_POLICY,
    CONF_POWER,
    CONF_POWER_ATTRIBUTE,
    CONF_STATUS,
    CONF_STATUS_MAP,
    DOMAIN,
    MAIN_FEEDER,
    SUBENTRY_CHARGER,
    SUBENTRY_FEEDER,
)
from ...devices.feeders import main_phases, sub_feeder_phases, sub_feeders
from ...devices.io.setting import OPTIONS
from ...devices.io.status_words import guessed_status
from ...devices.named import controlled, controlled_by
from ...devices.shape import ShapeError, Status
from ...island.runtime import TangleGridConfigEntry
from .. import fields as selectors
from ..checks import (
    NO_PLACEHOLDERS,
    Problem,
    check_status_fields,
    check_used_once,
    status_fields,
    with_status_map,
)
from ..found import (
    BEGIN_MENU,
    FIELD_DEVICE,
    STEP_BEGIN,
    STEP_DEVICE,
    async_device_schema,
    async_found,
    async_match,
    fields_of,
)
from ..safety import NEW, SafeLoad, check_safe_loads, safe_loads, tight

type Data = dict[str, Any]

# Values that are groups, and no sections.
_GROUPS = frozenset({CONF_POLICY, CONF_AREA})
# With one person there is nobody to keep anything from.
_SEVERAL = 2


class FieldProblem(Exception):  # noqa: N818 - it carries a finding about a field, nothing went wrong in the program
    """A field of a form cannot be accepted."""

    def __init__(self, field: str, problem: Problem) -> None:
        super().__init__(f"{field}: {problem.key}")
        self.field = field
        self.problem = problem


class Warned(NamedTuple):
    """A step that says something before it is saved, and the values in its text."""

    step_id: str
    placeholders: dict[str, str]


def require(field: str, problem: Problem | None) -> None:
    """Stop at the first problem.

    Raises:
        FieldProblem: There is one.
    """
    if problem is not None:
        raise FieldProblem(field, problem)


def require_shape(shape: Callable[[Data], object], data: Mapping[str, Any]) -> None:
    """Stop where data do not fit together.

    Raises:
        FieldProblem: They do not.
    """
    try:
        shape(dict(data))
    except ShapeError as error:
        raise FieldProblem(error.field, Problem(key=error.key)) from error


class ParticipantFlow(ConfigSubentryFlow):
    """One form, used to add a participant and to change it.

    Sections only order the form: what is stored is flat, but for the policy.
    """

    # Fields with entities that belong to one participant alone.
    exclusive_fields: ClassVar[tuple[str, ...]]
    # Fields with entities that others may name as well: one car can stand at two chargers.
    shared_fields: ClassVar[tuple[str, ...]] = ()
    # The field with the feeder that it hangs on.
    feeder_field: ClassVar[str] = CONF_FEEDER
    # Whether it hangs on phases of a feeder.
    hangs: ClassVar[bool] = True
    # What is kept of it and stands in no form.
    kept_fields: ClassVar[tuple[str, ...]] = ()
    # Whether it has a wallet, and somebody who may speak for it.
    owned: ClassVar[bool] = True
    kind: ClassVar[str]
    # By the field of a select: the fields of the options that are asked for once it is known, those needed first.
    option_fields: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    # Of those, what cannot be left out.
    needed_options: ClassVar[frozenset[str]] = frozenset()
    # The kind of device that presets know of it; None where there is none to choose.
    device_kind: ClassVar[str | None] = None

    _checked: Data
    _to_say: list[Warned]
    _stored: Data
    # Whether it was asked where to begin, and what a device that was chosen fills in and says of itself.
    _begun = False
    _prefilled: Data | None = None
    _found = ""

    @abstractmethod
    def schema(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> vol.Schema:
        """Return the form, for a feed with one or three phases, and for the feeders that there are to choose from."""

    @abstractmethod
    def check(self, data: Data) -> None:
        """Test what was entered.

        Raises:
            FieldProblem: For the first thing that is wrong.
        """

    async def async_check(self, data: Mapping[str, Any]) -> None:
        """Test what can only be tested with some patience; most have nothing of the kind.

        Raises:
            FieldProblem: For the first thing that is wrong.
        """

    def check_options(self, data: Mapping[str, Any]) -> None:
        """Test what was said of options.

        Raises:
            FieldProblem: For the first thing that is wrong.
        """

    def form(
        self, phase_count: int, feeders: Sequence[SelectOptionDict] = (), users: Sequence[SelectOptionDict] = ()
    ) -> vol.Schema:
        """Return the form, with the question whose it is: where there is anybody to choose from."""
        return self.with_owners(self.schema(phase_count, feeders), users)

    def with_owners(self, schema: vol.Schema, users: Sequence[SelectOptionDict]) -> vol.Schema:
        """Return a form with the question whose it is, where there is anybody to choose from."""
        if not self.owned or not users:
            return schema
        return vol.Schema({**schema.schema, vol.Optional(CONF_OWNERS): selectors.users(users)})

    async def async_step_user(self, user_input: Data | None = None) -> SubentryFlowResult:
        """Add a participant: with a device, where there is one that is known, or all by hand."""
        if user_input is None and not self._begun and self.device_kind is not None:
            self._begun = True
            if await self._async_devices(self.device_kind) is not None:
                return await self.async_step_begin()
        return await self._async_step("user", user_input, self._prefilled or {})

    async def async_step_begin(
        self,
        user_input: Data | None = None,  # noqa: ARG002 - a menu has no fields
    ) -> SubentryFlowResult:
        """Ask where to begin."""
        return self.async_show_menu(step_id=STEP_BEGIN, menu_options=list(BEGIN_MENU))

    async def async_step_by_hand(
        self,
        user_input: Data | None = None,  # noqa: ARG002 - the form is that of the next step
    ) -> SubentryFlowResult:
        """Leave the choice of all entities to whoever fills in the form."""
        return await self.async_step_user()

    async def async_step_device(self, user_input: Data | None = None) -> SubentryFlowResult:
        """Ask for the device, and fill in the form with what is known of it."""
        assert self.device_kind is not None  # noqa: S101  # the menu leads here only then
        errors: dict[str, str] = {}
        if user_input is not None:
            match = await async_match(self.hass, self.device_kind, self._fields(), user_input[FIELD_DEVICE])
            if not isinstance(match, Problem):
                self._prefilled = dict(match.data)
                self._found = await async_found(self.hass, match, f"config_subentries.{self.kind}.step.user")
                return await self.async_step_user()
            errors[FIELD_DEVICE] = match.key
        schema = await self._async_devices(self.device_kind)
        if schema is None:
            return await self.async_step_by_hand()
        return self.async_show_form(step_id=STEP_DEVICE, data_schema=schema, errors=errors)

    async def async_step_reconfigure(self, user_input: Data | None = None) -> SubentryFlowResult:
        """Change a participant."""
        subentry = self._get_reconfigure_subentry()
        return await self._async_step("reconfigure", user_input, {**subentry.data, CONF_NAME: subentry.title})

    async def _async_step(self, step_id: str, user_input: Data | None, stored: Data) -> SubentryFlowResult:
        users = await self._async_users(stored.get(CONF_OWNERS, ()))
        schema = self.form(phase_count(self._get_entry()), self._feeders(), users)
        errors: dict[str, str] = {}
        placeholders = {**NO_PLACEHOLDERS, "found": self._found}
        if user_input is not None:
            data = flattened(user_input)
            try:
                self._check_common(data)
                self.check(data)
                await self.async_check(data)
                require("base", check_safe_loads(self._safe_loads(data)))
            except FieldProblem as found:
                errors[place_of(schema, found.field)] = found.problem.key
                placeholders.update(found.problem.placeholders)
            else:
                self._checked, self._stored = {**data, **self._known_options(data)}, stored
                return await self.async_step_options() if self._asked_options(self._checked) else self._conclude()
        shown = user_input if user_input is not None else sectioned(schema, stored)
        if shown.get(self.feeder_field) not in {MAIN_FEEDER, *sub_feeders(self._get_entry())}:
            shown = {**shown, self.feeder_field: MAIN_FEEDER}
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_options(self, user_input: Data | None = None) -> SubentryFlowResult:
        """Ask what the options of the chosen entities mean: they are learned from the entities themselves."""
        schema = vol.Schema(self._asked_options(self._checked))
        errors: dict[str, str] = {}
        shown: Mapping[str, Any] = {**self._stored, **status_fields(self._stored.get(CONF_STATUS_MAP, {}))}
        if user_input is not None:
            shown = user_input
            answers = {key: value for key, value in user_input.items() if value not in (None, "", [])}
            try:
                require(CONF_STATUS, check_status_fields(answers))
                data = {**self._checked, **with_status_map(answers)}
                self.check_options(data)
            except FieldProblem as found:
                errors[place_of(schema, found.field)] = found.problem.key
            else:
                self._checked = data
                return self._conclude()
        return self.async_show_form(
            step_id="options",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders=dict(NO_PLACEHOLDERS),
        )

    def _known_options(self, data: Mapping[str, Any]) -> Data:
        """Return what is known already of what options and texts mean: that of the entities of a chosen device."""
        known: Data = {}
        before = self._prefilled or {}
        for field, options in (*self.option_fields.items(), (CONF_STATUS, (CONF_STATUS_MAP,))):
            if field in data and before.get(field) == data[field]:
                known.update({option: before[option] for option in options if option in before})
        return known

    def _asked_options(self, data: Mapping[str, Any]) -> dict[Any, Any]:
        """Return the fields of the form that asks for options; none where there is nothing to ask."""
        fields: dict[Any, Any] = {}
        for field, options in self.option_fields.items():
            if (entity_id := data.get(field)) is None or any(option in data for option in options):
                continue
            choice = selectors.shown_options(shown_texts(self.hass, entity_id))
            for option in options:
                marker = vol.Required if option in self.needed_options else vol.Optional
                fields[marker(option)] = choice
        if (entity_id := data.get(CONF_STATUS)) is not None and CONF_STATUS_MAP not in data:
            texts = shown_texts(self.hass, entity_id)
            guessed = status_fields(guessed_status(texts))
            for status in Status:
                field = f"{CONF_STATUS}_{status.value}"
                marker = vol.Optional(field, default=guessed.get(field, []))
                fields[marker] = selectors.shown_options(texts, multiple=True)
        return fields

    def _conclude(self) -> SubentryFlowResult:
        """Everything is known: say what is to be said, then save."""
        self._to_say = self.warnings(self._checked)
        if (load := tight(self._safe_loads(self._checked))) is not None:
            self._to_say.append(Warned("safe_currents_tight", load.placeholders))
        return self.warn_or_save()

    async def async_step_safe_currents_tight(
        self,
        user_input: Data | None = None,  # noqa: ARG002 - there is nothing to fill in
    ) -> SubentryFlowResult:
        """Go on: whoever was warned may know better."""
        return self.warn_or_save()

    def warnings(self, data: Mapping[str, Any]) -> list[Warned]:  # noqa: ARG002 - for those that have any
        """Return what is said before it is saved; each has a step of its own."""
        return []

    def warn_or_save(self) -> SubentryFlowResult:
        """Say what is still to be said, one after the other, then save."""
        if not self._to_say:
            return self._save(self._checked)
        warned = self._to_say.pop(0)
        return self.async_show_form(
            step_id=warned.step_id, data_schema=vol.Schema({}), description_placeholders=warned.placeholders
        )

    @property
    def own_id(self) -> str | None:
        """The id of what is being changed; None for something new."""
        return self._reconfigure_subentry_id if self.source == SOURCE_RECONFIGURE else None

    def _others(self) -> dict[str, ConfigSubentry]:
        """Everything on the island but what is being changed."""
        own_id = self.own_id
        subentries = self._get_entry().subentries
        return {subentry_id: subentry for subentry_id, subentry in subentries.items() if subentry_id != own_id}

    async def _async_devices(self, kind: str) -> vol.Schema | None:
        """Return the form with the devices that can be chosen; None where there are none."""
        return await async_device_schema(self.hass, kind, self._fields(), self._taken())

    def _fields(self) -> frozenset[str]:
        return fields_of(self.schema(phase_count(self._get_entry()), self._feeders()))

    def _taken(self) -> dict[str, str]:
        """Return who has an entity for themselves already, by entity id."""
        entry = self._get_entry()
        taken = dict.fromkeys(_meter_entities(entry), entry.title)
        for subentry in self._others().values():
            fields = PARTICIPANT_FIELDS.get(subentry.subentry_type, ())
            taken.update(dict.fromkeys((entity for _, entity in _entities(subentry.data, fields)), subentry.title))
        return taken

    def _feeders(self) -> list[SelectOptionDict]:
        """Return the feeders to choose from; none when there is only the main one."""
        entry, own_id = self._get_entry(), self.own_id
        below = [
            SelectOptionDict(value=feeder_id, label=subentry.title)
            for feeder_id, subentry in sub_feeders(entry).items()
            if feeder_id != own_id
        ]
        return [SelectOptionDict(value=MAIN_FEEDER, label=entry.title), *below] if below else []

    async def _async_users(self, chosen: Sequence[str]) -> list[SelectOptionDict]:
        """Return the people of this Home Assistant; none where there is only one, and nobody was chosen.

        Whoever was chosen and deleted since stays until somebody takes them off: without any owner, everybody may.
        """
        people = {
            user.id: user.name or user.id
            for user in await self.hass.auth.async_get_users()
            if user.is_active and not user.system_generated
        }
        people |= {user_id: f"? ({user_id[:8]})" for user_id in chosen if user_id not in people}
        if len(people) < _SEVERAL and not chosen:
            return []
        return [SelectOptionDict(value=user_id, label=name) for user_id, name in people.items()]

    def _safe_loads(self, data: Data) -> list[SafeLoad]:
        """Return what the feeders carry in the safe state, if this changes that at all."""
        if self.kind not in (SUBENTRY_CHARGER, SUBENTRY_FEEDER):
            return []
        return safe_loads(self.hass, self._get_entry(), changed={self.own_id or NEW: (self.kind, data)})

    def _save(self, data: Data) -> SubentryFlowResult:
        if self.source == SOURCE_RECONFIGURE:
            before = self._get_reconfigure_subentry()
            kept = {field: before.data[field] for field in self.kept_fields if field in before.data}
            return self.async_update_and_abort(self._get_entry(), before, title=data[CONF_NAME], data={**kept, **data})
        return self.async_create_entry(title=data[CONF_NAME], data=data)

    def _check_common(self, data: Data) -> None:
        data[CONF_NAME] = data[CONF_NAME].strip()
        if not data[CONF_NAME]:
            raise FieldProblem(CONF_NAME, Problem(key="name_missing"))
        others = self._others()
        if data[CONF_NAME].casefold() in {subentry.title.casefold() for subentry in others.values()}:
            raise FieldProblem(CONF_NAME, Problem(key="name_taken"))
        if self.hangs:
            self._checkplace_of(data)
        elsewhere = self._taken()
        foreign = _controlled_by_others(self.hass, self._get_entry())
        for field, entity_id in controlled(data):
            if entity_id in foreign:
                placeholders = {"entity": entity_id, "other": foreign[entity_id]}
                raise FieldProblem(field, Problem(key="entity_controlled", placeholders=placeholders))
        seen: list[str] = []
        several = _read_for_several(data)
        for field, entity_id in _entities(data, self.exclusive_fields):
            if entity_id in several and entity_id in seen:
                continue
            seen.append(entity_id)
            require(field, check_used_once(seen, elsewhere))
        for field, entity_id in _entities(data, self.shared_fields):
            seen.append(entity_id)
            require(field, check_used_once(seen, {}))

    def _checkplace_of(self, data: Data) -> None:
        """The feeder is there, and it has the phases."""
        data[CONF_PHASES] = [int(phase) for phase in data[CONF_PHASES]]
        if len(data[CONF_PHASES]) not in {1, 3}:
            raise FieldProblem(CONF_PHASES, Problem(key="phase_count"))
        entry, feeder_id = self._get_entry(), data.get(self.feeder_field, MAIN_FEEDER)
        feeders = sub_feeders(entry)
        if feeder_id == MAIN_FEEDER:
            name, phases = entry.title, main_phases(entry.data)
        elif feeder_id in feeders:
            name, phases = feeders[feeder_id].title, sub_feeder_phases(feeders[feeder_id].data)
        else:
            raise FieldProblem(self.feeder_field, Problem(key="feeder_unknown"))
        if not set(data[CONF_PHASES]) <= {phase + 1 for phase in phases}:
            raise FieldProblem(CONF_PHASES, Problem(key="feeder_phases", placeholders={"feeder": name}))

    @override
    def __init_subclass__(cls, *, kind: str) -> None:
        super().__init_subclass__()
        cls.kind = kind
        PARTICIPANT_FIELDS[kind] = cls.exclusive_fields


# By kind of participant: the fields with entities that belong to it alone.
PARTICIPANT_FIELDS: dict[str, tuple[str, ...]] = {}


def shown_texts(hass: HomeAssistant, entity_id: str) -> list[str]:
    """Return what an entity can show, as far as it says; what it shows now is among it."""
    state = hass.states.get(entity_id)
    known = [] if state is None else [str(each) for each in state.attributes.get(OPTIONS) or ()]
    if state is not None and state.state not in {STATE_UNAVAILABLE, STATE_UNKNOWN, *known}:
        known.append(state.state)
    return known


def _read_for_several(data: Mapping[str, Any]) -> set[str]:
    """Return entities that may stand in several fields: attributes are read of them, or they count in both ways."""
    found: set[str] = set()
    if CONF_POWER_ATTRIBUTE in data or CONF_CURRENT_ATTRIBUTES in data:
        found.update(entity_id for _, entity_id in _entities(data, (CONF_POWER, CONF_CURRENTS)))
    if data.get(CONF_DISCHARGE_CURRENT) is not None and data.get(CONF_DISCHARGE_CURRENT) == data.get(
        CONF_CURRENT_LIMIT
    ):
        found.add(data[CONF_CURRENT_LIMIT])
    return found


def phase_count(entry: TangleGridConfigEntry) -> int:
    """Return 1 for a feed whose meter has one sensor, else 3."""
    return len(main_phases(entry.data))


def flattened(user_input: Mapping[str, Any]) -> Data:
    """Return what the form returned without its sections.

    The policy and an area stay groups, and what was left empty is left out.
    """
    data: Data = {}
    for key, value in user_input.items():
        if isinstance(value, Mapping) and key not in _GROUPS:
            data.update(value)
        else:
            data[key] = value
    if CONF_POLICY in data:
        data[CONF_POLICY] = {key: value for key, value in data[CONF_POLICY].items() if value is not None}
    return {key: value for key, value in data.items() if value not in (None, "", [])}


def sectioned(schema: vol.Schema, data: Mapping[str, Any]) -> Data:
    """Return stored data in the shape of the form."""
    shown: Data = {}
    for marker, value in schema.schema.items():
        key = str(marker)
        if key == CONF_PHASES and key in data:
            shown[key] = [str(phase) for phase in data[key]]
        elif key in data:
            shown[key] = data[key]
        elif isinstance(value, section):
            shown[key] = {str(inner): data[str(inner)] for inner in value.schema.schema if str(inner) in data}
    return shown


def place_of(schema: vol.Schema, field: str) -> str:
    """Return where the form can show an error of a field: at the field, or at the section that holds it."""
    for marker, value in schema.schema.items():
        if str(marker) == field:
            return field
        if isinstance(value, section) and field in {str(inner) for inner in value.schema.schema}:
            return str(marker)
    return "base"


def _entities(data: Mapping[str, Any], fields: Iterable[str]) -> Iterator[tuple[str, str]]:
    for field in fields:
        value = data.get(field)
        if field == CONF_LOADS:
            yield from ((field, load[CONF_LOAD_ENTITY]) for load in value or ())
        elif isinstance(value, list):
            yield from ((field, entity_id) for entity_id in value)
        elif value is not None:
            yield field, value


def _controlled_by_others(hass: HomeAssistant, own: TangleGridConfigEntry) -> dict[str, str]:
    """Return which other island controls an entity, by entity id."""
    others = (entry for entry in hass.config_entries.async_entries(DOMAIN) if entry.entry_id != own.entry_id)
    return {entity_id: entry.title for entry in others for entity_id in controlled_by(entry)}


def _meter_entities(entry: TangleGridConfigEntry) -> list[str]:
    return [entity_id for entities in entry.data[CONF_METER].values() for entity_id in entities]
