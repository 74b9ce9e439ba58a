"""The form of a data topic: what is wanted and where, what it is worth, and when it is true."""

from collections.abc import Sequence
from typing import Final, override

import voluptuous as vol
from homeassistant.const import CONF_NAME, UnitOfLength, UnitOfTime
from homeassistant.helpers.selector import (
    BooleanSelector,
    LocationSelector,
    LocationSelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    TextSelector,
)

from ...amounts import amount_text
from ...const import (
    CONF_AREA,
    CONF_BOUNTY,
    CONF_BUDGET,
    CONF_CONFIRMATIONS,
    CONF_KNOWN_HOURS,
    CONF_LEAST,
    CONF_MOST,
    CONF_NEAR,
    CONF_PUBLIC,
    CONF_SERVICE_ZONE,
    CONF_TOLERANCE,
    CONF_TOPIC_DAY_BUDGET,
    CONF_WANTS_VALUE,
    CONF_WHAT,
    CONF_WINDOW_HOURS,
    SUBENTRY_DATA_TOPIC,
)
from ...economy.topics import TopicError
from ...island.topics import area_of_topic, topic_of
from .. import fields as selectors
from ..checks import Problem, check_exists
from ..form_data import Data, FieldProblem, require
from ..mi_amounts import amount
from .parking import zones
from .participant import STEP_FIRST, ParticipantFlow

SECTION_TRUTH: Final = "truth"
SECTION_NUMBERS: Final = "numbers"

_MOST_TOKENS: Final = 1_000_000_000_000
_MOST_HOURS: Final = 8_784


def _figure() -> NumberSelector:
    return NumberSelector(NumberSelectorConfig(mode=NumberSelectorMode.BOX, step="any"))


def _hours() -> NumberSelector:
    return selectors.number(0.05, _MOST_HOURS, UnitOfTime.HOURS, step=0.01)


class DataTopicFlow(ParticipantFlow, kind=SUBENTRY_DATA_TOPIC):
    """Add or change a data topic. It hangs on no feeder."""

    hangs = False
    exclusive_fields = ()

    @override
    def steps(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> dict[str, vol.Schema]:
        tokens = amount(1, _MOST_TOKENS)
        schema = vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Required(CONF_WHAT): TextSelector(),
                vol.Optional(CONF_SERVICE_ZONE): zones(),
                vol.Optional(CONF_AREA): LocationSelector(LocationSelectorConfig(radius=True)),
                vol.Required(CONF_BOUNTY): tokens,
                vol.Required(CONF_BUDGET): tokens,
                vol.Required(CONF_PUBLIC, default=False): BooleanSelector(),
                vol.Required(SECTION_TRUTH): selectors.rarely(
                    {
                        vol.Required(CONF_CONFIRMATIONS, default=3): selectors.number(1, 20),
                        vol.Required(CONF_NEAR, default=30): selectors.number(20, 10_000, UnitOfLength.METERS),
                        vol.Required(CONF_WINDOW_HOURS, default=168): _hours(),
                        vol.Required(CONF_KNOWN_HOURS, default=720): _hours(),
                        vol.Optional(CONF_TOPIC_DAY_BUDGET): tokens,
                    }
                ),
                vol.Required(SECTION_NUMBERS): selectors.rarely(
                    {
                        vol.Required(CONF_WANTS_VALUE, default=False): BooleanSelector(),
                        vol.Optional(CONF_TOLERANCE): _figure(),
                        vol.Optional(CONF_LEAST): _figure(),
                        vol.Optional(CONF_MOST): _figure(),
                    }
                ),
            }
        )
        return {STEP_FIRST: schema}

    @override
    def check(self, step: str, data: Data) -> None:
        if (zone := data.get(CONF_SERVICE_ZONE)) is not None:
            require(CONF_SERVICE_ZONE, check_exists(self.hass, zone))
            if CONF_AREA in data:
                raise FieldProblem(CONF_AREA, Problem(key="area_twice"))
        elif CONF_AREA not in data:
            raise FieldProblem(CONF_SERVICE_ZONE, Problem(key="area_missing"))
        try:
            topic_of("new", data, "new", area_of_topic(self.hass, data))
        except TopicError as error:
            raise _problem(error) from None


def _problem(error: TopicError) -> FieldProblem:
    """Return at which field of the form a topic cannot be, and why."""
    if error.key == "bounty_above_budget":
        placeholders = {
            "value": amount_text(error.placeholders["cost"]),
            "highest": amount_text(error.placeholders["budget"]),
        }
        return FieldProblem(CONF_BOUNTY, Problem(key="bounty_above_budget", placeholders=placeholders))
    match error.placeholders.get("field"):
        case "kind":
            return FieldProblem(CONF_WHAT, Problem(key="what_invalid"))
        case "tolerance":
            return FieldProblem(CONF_TOLERANCE, Problem(key="tolerance_invalid"))
        case "least" | "most":
            return FieldProblem(CONF_LEAST, Problem(key="range_invalid"))
    return FieldProblem(CONF_AREA, Problem(key="area_invalid"))
