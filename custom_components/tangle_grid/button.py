"""Buttons: a question is answered, a request is left and a first one is tried with one tap."""

from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .actions.access import async_bound_user, async_require_answer
from .actions.answering import async_answer, async_meaning
from .const import MAIN_FEEDER, SUBENTRY_SOLAR
from .entity import IslandEntity, MemberEntity, ParticipantEntity
from .errors import invalid, translated_errors
from .grid.model.request import CurtailmentRequest
from .island.configuration import Member, Participant
from .island.runtime import IslandRuntime, TangleGridConfigEntry
from .reasons import async_text

PARALLEL_UPDATES = 0

#: What is asked for to see how it goes: hardly more than the least that is worth asking anybody for.
TRY_W: Final = 500.0
TRY_S: Final = 300.0

ACCEPT: Final = ButtonEntityDescription(key="accept", translation_key="accept")
DECLINE: Final = ButtonEntityDescription(key="decline", translation_key="decline")
OPT_OUT: Final = ButtonEntityDescription(key="opt_out", translation_key="opt_out")
TRY_IT: Final = ButtonEntityDescription(key="try_it", translation_key="try_it")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TangleGridConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the answers and a way out for each participant that can be asked, and the first request of the island."""
    runtime = entry.runtime_data
    async_add_entities([TryItButton(runtime, TRY_IT)])
    for participant_id, participant in runtime.participants.items():
        if participant.kind != SUBENTRY_SOLAR:
            async_add_entities(
                [
                    AcceptButton(runtime, participant, ACCEPT),
                    DeclineButton(runtime, participant, DECLINE),
                    OptOutButton(runtime, participant, OPT_OUT),
                ],
                config_subentry_id=participant_id,
            )
    for vehicle_id in runtime.vehicles.all:
        vehicle = runtime.members[vehicle_id]
        async_add_entities(
            [AcceptButton(runtime, vehicle, ACCEPT), DeclineButton(runtime, vehicle, DECLINE)],
            config_subentry_id=vehicle_id,
        )


class OptOutButton(ParticipantEntity, ButtonEntity):
    """Leaves the request that the participant takes part in; without one it says so."""

    @override
    async def async_press(self) -> None:
        await async_require_answer(self.runtime, self.participant, self._context)
        with translated_errors():
            self.runtime.grid.opt_out(device_id=self.participant.participant_id)


class TryItButton(IslandEntity, ButtonEntity):
    """Makes a small request, so that everybody answers, or is told why it is not asked."""

    @property
    @override
    def available(self) -> bool:
        """Without a meter it says so."""
        return True

    @override
    async def async_press(self) -> None:
        if await async_bound_user(self.hass, self._context) is not None:
            # A request spends from the treasury, as the action that makes one.
            raise Unauthorized(context=self._context, entity_id=self.entity_id, permission=POLICY_CONTROL)
        with translated_errors():
            self.runtime.grid.request_curtailment(
                power_w=TRY_W, duration_s=TRY_S, rate_i_per_kwh=None, feeder_id=MAIN_FEEDER, device_ids=None
            )


class AnswerButton(MemberEntity, ButtonEntity):
    """An answer to the request that waits for one: of a participant, or of the vehicle that is at a charger."""

    _unrecorded_attributes = frozenset(
        {
            *("request_id", "effect", "setpoint", "power_w", "minutes", "ends_at", "ready_at", "rate", "earns"),
            "meaning",
        }
    )
    _accept: bool

    def __init__(self, runtime: IslandRuntime, member: Member, description: ButtonEntityDescription) -> None:
        super().__init__(runtime, member, description)

    @property
    def _asked(self) -> Participant | None:
        """Whom the grid asks: a vehicle decides at the charger that it is at."""
        if isinstance(self.member, Participant):
            return self.member
        charger_id = self.runtime.vehicles.charger_of(self.member.participant_id)
        return None if charger_id is None else self.runtime.participants[charger_id]

    @property
    def _question(self) -> CurtailmentRequest | None:
        """The request that waits, the oldest if there are several; None: there is none."""
        if not self.coordinator.data.grid.open_requests or (asked := self._asked) is None:
            return None
        return next(iter(self.runtime.grid.questions(asked.participant_id)), None)

    @property
    @override
    def available(self) -> bool:
        return super().available and self._question is not None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        question, asked = self._question, self._asked
        if question is None or asked is None:
            return None
        return {"request_id": question.request_id, **self._means(question, asked.participant_id)}

    def _means(self, question: CurtailmentRequest, participant_id: str) -> Mapping[str, Any]:
        """Return what the answer would mean."""
        raise NotImplementedError

    @override
    async def async_press(self) -> None:
        question, asked = self._question, self._asked
        if question is None or asked is None:
            raise invalid("nothing_asked", participant=self.member.name)
        await async_answer(self.runtime, asked, self._context, accept=self._accept, request_id=question.request_id)


class AcceptButton(AnswerButton):
    """Says yes."""

    _accept = True

    @override
    def _means(self, question: CurtailmentRequest, participant_id: str) -> Mapping[str, Any]:
        return async_meaning(self.runtime, question, participant_id)


class DeclineButton(AnswerButton):
    """Says no."""

    _accept = False

    @override
    def _means(self, question: CurtailmentRequest, participant_id: str) -> Mapping[str, Any]:
        return {"meaning": async_text(self.hass, "meaning_declined")}
