"""What the forms of all kinds of participant share: show, check, save, and change later."""

from abc import abstractmethod
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, NamedTuple, override

import voluptuous as vol
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import SelectOptionDict

from ...const import (
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
    CONF_POWER,
    CONF_POWER_ATTRIBUTE,
    CONF_SAFE_CURRENT,
    CONF_STATUS,
    CONF_STATUS_MAP,
    DOMAIN,
    MAIN_FEEDER,
    SUBENTRY_FEEDER,
)
from ...devices.feeders import main_phases, sub_feeder_phases, sub_feeders
from ...devices.io.setting import OPTIONS, is_select
from ...devices.io.status_words import guessed_status
from ...devices.named import controlled, controlled_by
from ...devices.shape import Status
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
from ..form_data import (
    Data,
    FieldProblem,
    fields_of,
    flattened,
    place_of,
    replaced,
    require,
    require_iota,
    sectioned,
)
from ..found import (
    BEGIN_MENU,
    FIELD_DEVICE,
    STEP_BEGIN,
    STEP_DEVICE,
    async_device_schema,
    async_found,
    async_match,
)
from ..mi_amounts import shown_in_mi, with_worth
from ..safety import NEW, SafeLoad, check_safe_loads, safe_loads, tight

#: The steps that the forms are made of. The first one is everything of those that have one only.
STEP_FIRST: Final = "user"
STEP_LIMITS: Final = "limits"
STEP_CAR: Final = "car"
STEP_POLICY: Final = "policy"
STEP_PRICES: Final = "prices"
# With one person there is nobody to keep anything from.
_SEVERAL: Final = 2


class Warned(NamedTuple):
    """A step that says something before it is saved, and the values in its text."""

    step_id: str
    placeholders: dict[str, str]


class ParticipantFlow(ConfigSubentryFlow):
    """A few short steps to add a participant; to change it, any one of them.

    What was entered is tested at each step, as far as it is known by then.
    """

    # Fields with entities that belong to one participant alone.
    exclusive_fields: ClassVar[tuple[str, ...]]
    # Fields with entities that others may name as well: one car can stand at two chargers.
    shared_fields: ClassVar[tuple[str, ...]] = ()
    # The field with the feeder that it hangs on.
    feeder_field: ClassVar[str] = CONF_FEEDER
    # Whether it hangs on phases of a feeder.
    hangs: ClassVar[bool] = True
    # Whether it has a wallet, and somebody who may speak for it.
    owned: ClassVar[bool] = True
    kind: ClassVar[str]
    # By the field of a select: the fields of the options that are asked for once it is known, those needed first.
    option_fields: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    # Of those, what cannot be left out.
    needed_options: ClassVar[frozenset[str]] = frozenset()
    # The kind of device that presets know of it; None where there is none to choose.
    device_kind: ClassVar[str | None] = None

    # What was entered so far, what it was before, and the step that is asked.
    _data: Data
    _before: Data
    _step = STEP_FIRST
    _to_say: list[Warned]
    # Whether it was asked where to begin, and what a device that was chosen fills in and says of itself.
    _begun = False
    _prefilled: Data
    _found = ""

    def __init__(self) -> None:
        self._data, self._before, self._prefilled = {}, {}, {}

    @abstractmethod
    def steps(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> dict[str, vol.Schema]:
        """Return the form of each step in their order, for a feed with one or three phases, and for its feeders."""

    @abstractmethod
    def check(self, step: str, data: Data) -> None:
        """Test what was entered in a step, and whether it goes together with the steps before it.

        Raises:
            FieldProblem: For the first thing that is wrong.
        """

    async def async_check(self, data: Mapping[str, Any]) -> None:
        """Test what can only be tested with some patience; most have nothing of the kind.

        Raises:
            FieldProblem: For the first thing that is wrong.
        """

    def more_to_do(self) -> list[str]:
        """Return what else can be done with what is there already, as steps; most have nothing of the kind."""
        return []

    def check_options(self, data: Mapping[str, Any]) -> None:
        """Test what was said of options.

        Raises:
            FieldProblem: For the first thing that is wrong.
        """

    def fields(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> frozenset[str]:
        """Return the fields of all steps."""
        return frozenset().union(*map(fields_of, self.steps(phase_count, feeders).values()))

    def forms(
        self, phase_count: int, feeders: Sequence[SelectOptionDict] = (), users: Sequence[SelectOptionDict] = ()
    ) -> dict[str, vol.Schema]:
        """Return the forms of all steps; the last one asks whose it is, where there is anybody to choose from."""
        forms = self.steps(phase_count, feeders)
        if self.owned and users:
            last = next(reversed(forms))
            forms[last] = vol.Schema({**forms[last].schema, vol.Optional(CONF_OWNERS): selectors.users(users)})
        return forms

    async def async_step_user(self, user_input: Data | None = None) -> SubentryFlowResult:
        """Add a participant: with a device, where there is one that is known, or all by hand."""
        if user_input is None and not (self._begun or self._changes) and self.device_kind is not None:
            self._begun = True
            if await self._async_devices(self.device_kind) is not None:
                return await self.async_step_begin()
        return await self._async_step(STEP_FIRST, user_input)

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
                self._found = await async_found(self.hass, match, f"config_subentries.{self.kind}.step")
                return await self.async_step_user()
            errors[FIELD_DEVICE] = match.key
        schema = await self._async_devices(self.device_kind)
        if schema is None:
            return await self.async_step_by_hand()
        return self.async_show_form(step_id=STEP_DEVICE, data_schema=schema, errors=errors)

    async def async_step_reconfigure(self, user_input: Data | None = None) -> SubentryFlowResult:
        """Change a participant: ask which step, where there are several."""
        if user_input is None:
            subentry = self._get_reconfigure_subentry()
            self._data = {**subentry.data, CONF_NAME: subentry.title}
            if self._data.get(self.feeder_field) not in {MAIN_FEEDER, *sub_feeders(self._get_entry())}:
                # It is gone: what hung on it hangs on the main one.
                self._data.pop(self.feeder_field, None)
            steps = list(self.steps(phase_count(self._get_entry())))
            if len(steps) > 1:
                return self.async_show_menu(step_id="reconfigure", menu_options=[*steps, *self.more_to_do()])
        return await self._async_step(STEP_FIRST, user_input)

    async def async_step_limits(self, user_input: Data | None = None) -> SubentryFlowResult:
        """Ask what it may be told."""
        return await self._async_step(STEP_LIMITS, user_input)

    async def async_step_car(self, user_input: Data | None = None) -> SubentryFlowResult:
        """Ask for the car that is usually there."""
        return await self._async_step(STEP_CAR, user_input)

    async def async_step_policy(self, user_input: Data | None = None) -> SubentryFlowResult:
        """Ask how it answers when the feed runs short."""
        return await self._async_step(STEP_POLICY, user_input)

    async def async_step_prices(self, user_input: Data | None = None) -> SubentryFlowResult:
        """Ask what it costs."""
        return await self._async_step(STEP_PRICES, user_input)

    async def _async_step(self, step: str, user_input: Data | None) -> SubentryFlowResult:
        """Ask one step; with what was entered, go on to the next one, or save when only this one is changed."""
        self._step = step
        users = await self._async_users(self._data.get(CONF_OWNERS, ()))
        forms = self.forms(phase_count(self._get_entry()), self._feeders(), users)
        schema, order = forms[step], list(forms)
        errors: dict[str, str] = {}
        placeholders = {**NO_PLACEHOLDERS, "found": self._found}
        if user_input is not None:
            own = fields_of(schema)
            data = replaced(self._data, own.union(*self._meanings(own).values()), flattened(user_input))
            try:
                await self._async_check(order if self._changes else order[: order.index(step) + 1], data)
            except FieldProblem as found:
                errors[place_of(schema, found.field)] = found.problem.key
                placeholders.update(found.problem.placeholders)
            else:
                self._before, self._data = self._data, {**data, **self._known_options(data)}
                return await self.async_step_options() if self._asked_options() else await self._async_next()
        shown = user_input if user_input is not None else sectioned(schema, {**self._prefilled, **self._data})
        if shown.get(self.feeder_field) not in {MAIN_FEEDER, *sub_feeders(self._get_entry())}:
            shown = {**shown, self.feeder_field: MAIN_FEEDER}
        schema = with_worth(schema, self.hass, self._get_entry().options)
        return self.async_show_form(
            step_id="reconfigure" if self._changes and len(order) == 1 else step,
            data_schema=self.add_suggested_values_to_schema(schema, shown_in_mi(schema, shown)),
            errors=errors,
            description_placeholders=placeholders,
            last_step=self._changes or step == order[-1],
        )

    async def _async_check(self, steps: Iterable[str], data: Data) -> None:
        """Test what was entered in some steps, of the whole of it.

        Raises:
            FieldProblem: For the first thing that is wrong.
        """
        require_iota(data)
        self._check_common(data)
        for step in steps:
            self.check(step, data)
        await self.async_check(data)
        require("base", check_safe_loads(self._safe_loads(data)))

    async def _async_next(self) -> SubentryFlowResult:
        """Ask the next step; after the last one, and when only one is changed, come to the end."""
        order = list(self.steps(phase_count(self._get_entry())))
        if self._changes or self._step == order[-1]:
            return self._conclude()
        return await self._async_step(order[order.index(self._step) + 1], None)

    async def async_step_options(self, user_input: Data | None = None) -> SubentryFlowResult:
        """Ask what the options of the chosen entities mean: they are learned from the entities themselves."""
        schema = vol.Schema(self._asked_options())
        errors: dict[str, str] = {}
        shown: Mapping[str, Any] = {**self._before, **status_fields(self._before.get(CONF_STATUS_MAP, {}))}
        if user_input is not None:
            shown = user_input
            answers = {key: value for key, value in user_input.items() if value not in (None, "", [])}
            try:
                require(CONF_STATUS, check_status_fields(answers))
                data = {**self._data, **with_status_map(answers)}
                self.check_options(data)
            except FieldProblem as found:
                errors[place_of(schema, found.field)] = found.problem.key
            else:
                self._data = data
                return await self._async_next()
        return self.async_show_form(
            step_id="options",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders=dict(NO_PLACEHOLDERS),
            last_step=False,
        )

    def _meanings(self, fields: Container[str]) -> dict[str, tuple[str, ...]]:
        """Return which options are to be known of the entities in some fields, by field."""
        return {
            field: options
            for field, options in (*self.option_fields.items(), (CONF_STATUS, (CONF_STATUS_MAP,)))
            if field in fields
        }

    def _known_options(self, data: Mapping[str, Any]) -> Data:
        """Return what is known already of what options and texts mean: that of the entities of a chosen device."""
        known: Data = {}
        before = self._prefilled
        for field, options in self._meanings(data).items():
            if before.get(field) == data[field]:
                known.update({option: before[option] for option in options if option in before})
        return known

    def _asked_options(self) -> dict[Any, Any]:
        """Return the fields of the form that asks for options; none where this step leaves nothing to ask."""
        fields: dict[Any, Any] = {}
        data = self._data
        asked = self.steps(phase_count(self._get_entry()))[self._step]
        for field, options in self._meanings(fields_of(asked) & data.keys()).items():
            if any(option in data for option in options) or not (field == CONF_STATUS or is_select(data[field])):
                # A switch has no options.
                continue
            texts = shown_texts(self.hass, data[field])
            if field != CONF_STATUS:
                for option in options:
                    marker = vol.Required if option in self.needed_options else vol.Optional
                    fields[marker(option)] = selectors.shown_options(texts)
                continue
            guessed = status_fields(guessed_status(texts))
            for status in Status:
                name = f"{CONF_STATUS}_{status.value}"
                fields[vol.Optional(name, default=guessed.get(name, []))] = selectors.shown_options(
                    texts, multiple=True
                )
        return fields

    def _conclude(self) -> SubentryFlowResult:
        """Everything is known: say what is to be said, then save."""
        self._to_say = self.warnings(self._data)
        if (load := tight(self._safe_loads(self._data))) is not None:
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
            return self.save()
        warned = self._to_say.pop(0)
        return self.async_show_form(
            step_id=warned.step_id, data_schema=vol.Schema({}), description_placeholders=warned.placeholders
        )

    @property
    def _changes(self) -> bool:
        """Whether something that is there already is changed."""
        return self.source == SOURCE_RECONFIGURE

    @property
    def own_id(self) -> str | None:
        """The id of what is being changed; None for something new."""
        return self._reconfigure_subentry_id if self._changes else None

    def _others(self) -> dict[str, ConfigSubentry]:
        """Everything on the island but what is being changed."""
        own_id = self.own_id
        subentries = self._get_entry().subentries
        return {subentry_id: subentry for subentry_id, subentry in subentries.items() if subentry_id != own_id}

    async def _async_devices(self, kind: str) -> vol.Schema | None:
        """Return the form with the devices that can be chosen; None where there are none."""
        return await async_device_schema(self.hass, kind, self._fields(), self._taken())

    def _fields(self) -> frozenset[str]:
        return self.fields(phase_count(self._get_entry()), self._feeders())

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
        """Return what the feeders carry in the safe state, if this changes that at all and its part is known."""
        if CONF_SAFE_CURRENT not in data and self.kind != SUBENTRY_FEEDER:
            return []
        return safe_loads(self.hass, self._get_entry(), changed={self.own_id or NEW: (self.kind, data)})

    def save(self) -> SubentryFlowResult:
        """Save what was entered."""
        title = self._data[CONF_NAME]
        if self._changes:
            subentry = self._get_reconfigure_subentry()
            return self.async_update_and_abort(self._get_entry(), subentry, title=title, data=self._data)
        return self.async_create_entry(title=title, data=self._data)

    def _check_common(self, data: Data) -> None:
        data[CONF_NAME] = data[CONF_NAME].strip()
        if not data[CONF_NAME]:
            raise FieldProblem(CONF_NAME, Problem(key="name_missing"))
        others = self._others()
        if data[CONF_NAME].casefold() in {subentry.title.casefold() for subentry in others.values()}:
            raise FieldProblem(CONF_NAME, Problem(key="name_taken"))
        if self.hangs:
            self._check_place(data)
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

    def _check_place(self, data: Data) -> None:
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
    def __init_subclass__(cls, *, kind: str | None = None) -> None:
        super().__init_subclass__()
        if kind is not None:
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
