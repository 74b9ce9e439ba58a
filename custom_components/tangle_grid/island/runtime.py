"""One island at work: readings in, one control pass, setpoints out; the ledger follows behind.

The control pass is synchronous and does no I/O. It runs when the meter changes, not on a timer; a heartbeat only
notices what does not report any more and lets leases run out.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later, async_track_state_change_event, async_track_time_interval
from homeassistant.util import dt as dt_util

from ..bridge.held_messages import HeldMessages
from ..bridge.journal import JOURNAL_FILE, OrderedTransfer
from ..bridge.link import LedgerLink
from ..bridge.messages import event_message, meter_message
from ..bridge.options import LedgerChoice
from ..bridge.payment_desk import PaymentDesk
from ..bridge.secrets import SecretStore, ledger_folder
from ..clock import GridClock
from ..const import (
    CONF_ISLAND_ID,
    CONF_KIND,
    CONF_PUBLISH_INTERVAL,
    DEFAULT_PUBLISH_INTERVAL,
    KIND_SIMULATED,
    LOGGER,
    TREASURY,
)
from ..coordinator import IslandCoordinator
from ..data import IslandSnapshot
from ..devices.adapters.household import SHED
from ..devices.adapters.readout import Readout
from ..devices.config import policy_from_data
from ..grid.engine.engine import GridEngine
from ..grid.engine.status import GridStatus
from ..grid.model.errors import GridError
from ..grid.model.events import GridEvent, is_owed
from ..grid.model.world import ChargerConfig, SolarConfig, Telemetry
from ..ledger import Ledger, LedgerEvent, Payment, PaymentChanged, PaymentState
from ..link.joining.store import async_link_store
from ..log_once import LogOnce
from ..simulated.allowance import allowances
from ..simulated.street import SimulatedStreet
from .archive import RemovedIslands
from .books import FORGET_EVERY, Books, Receipts
from .charging_sessions import ChargingSessions
from .configuration import (
    build_forecasts,
    build_grid_config,
    build_members,
    build_participants,
    build_readout,
    feeder_tree,
    make_clock,
    planning,
    structure,
)
from .control_loop import ControlLoop
from .enrolment import async_enrol
from .entity_identity import async_member_prefixes
from .follow_up import FollowUp
from .grid_door import GridDoor
from .link_houses import with_houses
from .links import Links
from .meter_moment import MeterMoment
from .outage_rewards import OutageRewards
from .outside_answers import OutsideAnswers
from .quarter_hours import QuarterHours
from .rewards import Payouts
from .services import CarServices
from .setpoint_writers import SetpointWriter
from .signed_receipts import SignedReceipts
from .storage import GridStore
from .stored_state import async_tell_lost
from .token_rate import TokenRate
from .topics import DataTopics
from .vehicles import Vehicles
from .visits import ServiceHappened

_DEVICE_CHANGE_DELAY_S = 1.0

type RuntimeEvent = GridEvent | LedgerEvent | ServiceHappened


class IslandRuntime:
    """Everything that lives as long as a loaded config entry."""

    coordinator: IslandCoordinator
    engine: GridEngine
    grid: GridDoor
    clock: GridClock
    loop: ControlLoop
    readout: Readout
    link: LedgerLink
    street: SimulatedStreet | None = None

    def __init__(self, hass: HomeAssistant, entry: TangleGridConfigEntry) -> None:
        self.hass = hass
        self.entry = entry
        self.island_id: str = entry.data[CONF_ISLAND_ID]
        self.money = TokenRate(hass, entry)
        self.structure = structure(entry)
        self.feeder_tree = feeder_tree(entry)
        self.reloading = False
        self._store = GridStore(hass, self.island_id)
        self._listeners: list[Callable[[RuntimeEvent], None]] = []
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._device_change: CALLBACK_TYPE | None = None
        self._looking: asyncio.Handle | None = None
        self._running = False
        self._said = LogOnce(LOGGER)

    @property
    def taken(self) -> dict[str, str]:
        """Which other island controls a participant, by participant id."""
        return {pid: each.taken_by for pid, each in self.participants.items() if each.taken_by is not None}

    # Life cycle

    async def async_prepare(self) -> None:
        """Load what is stored and build the parts; nothing runs yet."""
        state = await self._store.async_load()
        self.clock = make_clock(self.entry, state.clock)
        if self.entry.data[CONF_KIND] == KIND_SIMULATED:
            self.street = SimulatedStreet(self.hass, self.entry, self.clock)
            await self.street.async_load()
        self.participants = build_participants(self.hass, self.entry, self.clock, state.adapters)
        self.members = build_members(self.entry, self.participants)
        self.links = Links(
            self.hass,
            self.entry,
            island_id=self.island_id,
            store=await async_link_store(self.hass, self.island_id),
            clock=self.clock,
            look=self._async_look_now,
            changed=self._async_show_economy,
        )
        config = with_houses(
            build_grid_config(self.entry, self.participants), tuple(self.links.houses.values()), self.clock
        )
        self.readout = build_readout(self.hass, self.entry, self.clock, self.participants, self.links)
        self.forecasts = build_forecasts(self.hass, self.entry)
        self.engine = GridEngine(config, new_id=lambda: uuid4().hex[:12], state=state.engine, plan_batch=0)
        self.links.async_take(self.engine)
        self.grid = GridDoor(self.engine, self.clock, self._async_command)
        self.vehicles = Vehicles(
            self.hass,
            self.entry,
            engine=self.engine,
            clock=self.clock,
            participants=self.participants,
            members=self.members,
            stored=state.vehicles,
            noticed=self._async_look_soon,
        )
        self._lost = (*state.lost, *(f"engine/{path}" for path in self.engine.lost))
        if self._lost:
            await self._async_tell_lost(self._lost)
        self.secret_store = SecretStore(self.hass, self.island_id)
        keyring = await self.secret_store.async_load(
            {member_id: (member.kind, member.name) for member_id, member in self.members.items()},
            token_id=LedgerChoice.from_options(self.entry.options).token_id,
        )
        self.wallet_ids, self.wallet_names = keyring.wallets, keyring.names
        self.payees = keyring.payees
        self.entity_prefixes = async_member_prefixes(self.hass, self.entry, self.wallet_ids)
        self.link = LedgerLink(
            self.hass,
            island_id=self.island_id,
            choice=LedgerChoice.from_options(self.entry.options),
            keyring=keyring,
            store=self.secret_store,
            held=HeldMessages(state.unsaid),
            on_open=self._async_ledger_opened,
            on_event=self._async_ledger_event,
            on_trouble=self._async_ledger_trouble,
        )
        self.payouts = Payouts(
            self.link,
            due=self.engine.commands.unpaid,
            payees=self.payees,
            payee=self.vehicles.payee,
            was_paid=self._async_payment_changed,
        )
        receipts = Receipts(keyring.persons)
        self.desk = PaymentDesk(
            self.hass,
            ledger_folder(self.hass, self.island_id) / JOURNAL_FILE,
            self.link,
            wallet_of=self._wallet_of,
            opened=self._async_journal_opened,
            changed=self._async_transfer_changed,
            receipt=receipts.of,
            rate=self.money.told,
        )
        self.books = Books(
            self.hass,
            self.island_id,
            desk=self.desk,
            link=self.link,
            store=self.secret_store,
            receipts=receipts,
            rate=self.money,
            entry=self.entry,
        )
        self.receipts = SignedReceipts(self.hass, self.island_id, desk=self.desk, link=self.link)
        self.services = CarServices(self.hass, self.entry, self.clock, self.desk, self._async_service_happened)
        self.topics = DataTopics(self.hass, self.entry, self.desk, self.link)
        self.topics.watch(self._async_show_economy)
        self.charging = ChargingSessions(
            self.hass,
            self.entry,
            engine=self.engine,
            clock=self.clock,
            desk=self.desk,
            vehicles=self.vehicles,
            participants=self.participants,
            members=self.members,
            ledger_open=lambda: self.link.is_open,
            noticed=self._async_look_soon,
        )
        self.outage_rewards = OutageRewards(self.entry, self.desk, self.vehicles, lambda: dt_util.utcnow().timestamp())
        self.quarter_hours = QuarterHours(
            self.hass,
            clock=self.clock,
            desk=self.desk,
            telemetry=lambda: self.loop.telemetry,
            do=self._async_do,
        )
        await RemovedIslands(self.hass).async_discard(self.island_id)
        self.loop = ControlLoop(
            self.hass,
            self.entry,
            self.engine,
            clock=self.clock,
            readout=self.readout,
            forecasts=self.forecasts,
            writers={
                participant_id: SetpointWriter(self.hass, participant.adapter, name=participant.name)
                for participant_id, participant in self.participants.items()
            }
            | {
                slot_id: SetpointWriter(self.hass, adapter, name=name)
                for slot_id, (name, _, adapter) in self.links.slots.items()
            },
            happened=self._async_happened,
            show=self._async_show,
            day=state.day,
        )
        self._follow_up = FollowUp(
            self._store,
            title=self.entry.title,
            state=self._state,
            loop=self.loop,
            link=self.link,
            payouts=self.payouts,
            do=self._async_do,
        )
        self.coordinator = IslandCoordinator(self.hass, self.entry, self.snapshot())

    async def _async_tell_lost(self, lost: Sequence[str]) -> None:
        """Keep aside what could not be read, and put right what can be by what others know."""
        names = {subentry_id: subentry.title for subentry_id, subentry in self.entry.subentries.items()}
        async_tell_lost(self.hass, self.entry, lost, await self._store.async_keep_aside(), names)
        for participant_id, participant in self.participants.items():
            # The adapter knows as well what it has switched off, and nobody else would switch it on again.
            if loads := participant.adapter.memory().get(SHED):
                self.engine.commands.switch_on_again(self.clock.now(), participant_id, loads)

    async def async_start(self) -> None:
        """Start to listen and to control. The first pass puts every device into its safe state."""
        self._running = True
        if self.street is not None:
            self.street.async_start()
        self._unsubscribe += [
            async_enrol(self.hass, self.entry, self.participants.values()),
            self.forecasts.async_start(),
            OutsideAnswers(self.hass, self.grid, lambda: self.ledger).async_start(),
            MeterMoment(self.hass, self.readout.meter_entities, self._async_step).async_start(),
            async_track_state_change_event(self.hass, self.readout.device_entities, self._async_device_changed),
            async_track_state_change_event(self.hass, self.readout.supply_entities, self._async_supply_changed),
            self.vehicles.async_start(),
            self.quarter_hours.async_start(),
            async_track_time_interval(
                self.hass,
                self._async_heartbeat,
                timedelta(seconds=self.clock.wall_delay(self.engine.config.timing.heartbeat_s)),
                name="tangle_grid heartbeat",
                cancel_on_shutdown=True,
            ),
            async_track_time_interval(
                self.hass,
                self._async_publish,
                timedelta(seconds=self.entry.options.get(CONF_PUBLISH_INTERVAL, DEFAULT_PUBLISH_INTERVAL)),
                name="tangle_grid publish",
                cancel_on_shutdown=True,
            ),
            async_track_time_interval(
                self.hass,
                self.books.async_forget_old,
                FORGET_EVERY,
                name="tangle_grid retention",
                cancel_on_shutdown=True,
            ),
        ]
        self.loop.async_start()
        self.links.async_start()
        self._async_step()
        self.services.async_start()
        self.topics.async_start()
        self.desk.async_start()
        self.link.async_start()

    async def async_stop(self) -> None:
        """Leave every device in its safe state and everything else on disk. May be called twice."""
        if not self._running:
            return
        self._running = False
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        if self._device_change:
            self._device_change()
        self.coordinator.async_close()
        await self.links.async_stop()
        await self.loop.async_close()
        await self.async_save()
        self.services.async_stop()
        self.topics.async_stop()
        self.charging.close()
        self.outage_rewards.close()
        await self.quarter_hours.async_write_all()
        await self.desk.async_close()
        await self.link.async_close()
        if self.street is not None:
            await self.street.async_stop()

    async def async_save(self) -> None:
        """Put the state of the grid on disk, as it is now, if that is possible."""
        await self._follow_up.async_save()

    @callback
    def _async_do(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Do something at the side. It belongs to the entry: unloading waits for it."""
        self.entry.async_create_task(self.hass, work, f"tangle_grid {name}")

    # Control

    @callback
    def _async_device_changed(self, _event: Event[EventStateChangedData]) -> None:
        """A car was plugged in, a battery reports: not urgent, the meter feels all that is."""
        self._async_look_soon()

    @callback
    def _async_supply_changed(self, _event: Event[EventStateChangedData]) -> None:
        """Make a pass: whether the cable is dead is more urgent than any reading."""
        self._async_step()

    @callback
    def _async_look_soon(self) -> None:
        """Make a pass within a second."""
        if self._device_change is None:
            self._device_change = async_call_later(self.hass, _DEVICE_CHANGE_DELAY_S, self._async_device_pass)

    @callback
    def _async_device_pass(self, _now: datetime) -> None:
        self._device_change = None
        self._async_step()

    @callback
    def _async_heartbeat(self, _now: datetime) -> None:
        self._async_step()

    @callback
    def _async_step(self, meter_changed_at: float | None = None) -> None:
        """One control pass."""
        try:
            self.vehicles.async_look(self.loop.status)
            self._said.right("vehicles", "Which vehicle is where at %s can be told again", self.entry.title)
        except Exception as error:  # noqa: BLE001 - the pass is made, whoever is where
            self._said.wrong("vehicles", "Which vehicle is where at %s cannot be told", self.entry.title, error=error)
        try:
            self.links.async_before_pass()
        except Exception as error:  # noqa: BLE001 - envelopes lapse by themselves
            self._links_failed(error)
        self.loop.async_step(meter_changed_at)
        try:
            self.links.async_after_pass()
            self._said.right("links", "The links of %s work again", self.entry.title)
        except Exception as error:  # noqa: BLE001 - as above
            self._links_failed(error)
        try:
            self.charging.async_look(self.loop.status)
            self.outage_rewards.async_look(self.loop.status)
            self._said.right("charging", "Charging at %s can be metered and paid again", self.entry.title)
        except Exception as error:  # noqa: BLE001 - the passes go on, whoever owes what
            self._said.wrong("charging", "Charging at %s cannot be metered and paid", self.entry.title, error=error)

    def _links_failed(self, error: Exception) -> None:
        """Say that what a pass has to do with linked islands went wrong; it is made all the same."""
        self._said.wrong("links", "The links of %s do not work", self.entry.title, error=error)

    @callback
    def _async_look_now(self) -> None:
        """Make a pass in the next turn of the event loop, one for all that comes in this one."""
        if self._running and self._looking is None:
            self._looking = self.hass.loop.call_soon(self._async_looked)

    @callback
    def _async_looked(self) -> None:
        self._looking = None
        if self._running:
            self._async_step()

    @callback
    def _async_show(self, error: Exception | None) -> None:
        """Let the entities see what the last pass saw; what a pass that failed should have seen, nobody knows."""
        if error is None:
            self.coordinator.async_offer(self.snapshot())
        else:
            self.coordinator.async_fail(error)

    @property
    def status(self) -> GridStatus:
        """What the last pass saw and decided."""
        return self.loop.status

    @property
    def telemetry(self) -> Mapping[str, Telemetry]:
        """What the devices reported to it."""
        return self.loop.telemetry

    # What happened, and what follows from it

    def subscribe_events(self, listener: Callable[[RuntimeEvent], None]) -> CALLBACK_TYPE:
        """Call `listener` in the event loop for everything that happens on the grid and in the ledger."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def _async_happened(self, events: Iterable[GridEvent], *, persist: bool = False) -> None:
        happened = tuple(events)
        self.vehicles.note(happened)
        self.charging.note(happened)
        if persist or any(map(is_owed, happened)):
            said = (event_message(event, self.engine.requests) for event in happened)
            self._follow_up.owe(message for message in said if message is not None)
        else:
            self._follow_up.save_later()
        for event in happened:
            for listener in tuple(self._listeners):
                listener(event)

    @callback
    def _async_publish(self, _now: datetime) -> None:
        self._async_do(self._async_publish_meter(), "publish")

    async def _async_publish_meter(self) -> None:
        if (message := meter_message(self.status)) is not None:
            self.link.held.add(message)
        await self._follow_up.async_say()
        await self.link.async_refresh_rules()
        self.desk.pay_again()

    # Ledger

    @callback
    def _async_ledger_opened(self, payments: list[Payment]) -> None:
        for payment in payments:
            self._async_payment_changed(payment)
        self.desk.ledger_opened(payments)
        self._async_do(self._async_catch_up(), "publish")

    async def _async_catch_up(self) -> None:
        recover = any(path.startswith(("all", "engine", "version")) for path in self._lost)
        await self._follow_up.async_make_sure(self.engine.commands.paid(), recover=recover)
        await self._async_publish_meter()

    @callback
    def _async_ledger_event(self, event: LedgerEvent) -> None:
        if isinstance(event, PaymentChanged):
            self._async_payment_changed(event.payment)
            self.desk.payment_changed(event.payment)
        for listener in tuple(self._listeners):
            listener(event)
        self._async_ledger_trouble()

    @callback
    def _async_ledger_trouble(self) -> None:
        if self._running:
            self.coordinator.async_offer(self.snapshot())

    @callback
    def _async_payment_changed(self, payment: Payment) -> None:
        """Carry a reward's progress into the request that it belongs to."""
        request_id, _, device_id = payment.payment_id.partition(":")
        if payment.source != TREASURY or device_id not in self.payees:
            return
        now = self.clock.now()
        events: list[GridEvent] = []
        try:
            if payment.state in (PaymentState.SENT, PaymentState.CONFIRMED):
                events += self.engine.commands.mark_paid(
                    now, request_id=request_id, device_id=device_id, reference=payment.tail or ""
                )
            if payment.state is PaymentState.CONFIRMED:
                events += self.engine.commands.mark_confirmed(now, request_id=request_id, device_id=device_id)
        except GridError as error:
            # An old request that the grid no longer keeps.
            LOGGER.debug("No open request for the payment %s: %s", payment.payment_id, error)
        self._async_happened(events)

    # The economy

    def _wallet_of(self, participant: str) -> str | None:
        """Return a participant's wallet, also of one who has left; the operator's is the treasury."""
        return TREASURY if participant == TREASURY else self.payees.get(participant)

    @callback
    def _async_journal_opened(self) -> None:
        """Let what was under way in the economy go on."""
        if self.street is not None:
            at = dt_util.utcnow().timestamp()
            gifts = allowances((*self.vehicles.all, *self.topics.all), at)
            self.desk.record("allowance", self.island_id, {}, tuple(gifts), at=at, ended=True)
        self.services.async_opened()
        self.topics.opened()
        self.charging.opened()
        self.outage_rewards.opened()

    @callback
    def _async_show_economy(self) -> None:
        if self._running:
            self.coordinator.async_offer(self.snapshot())

    @callback
    def _async_transfer_changed(self, ordered: OrderedTransfer) -> None:
        """Tell those who wait for a payment of the economy."""
        self.charging.transfer_changed(ordered)

    @callback
    def _async_service_happened(self, event: ServiceHappened) -> None:
        for listener in tuple(self._listeners):
            listener(event)
        self.coordinator.async_offer(self.snapshot())

    # For entities and actions

    @callback
    def async_choose_vehicle(self, charger_id: str, choice: str | None) -> None:
        """Take a person's choice of the car at a charger, it is kept, and counts at once."""
        self.vehicles.async_choose(charger_id, choice)
        self._async_happened((), persist=True)
        self._async_step()

    def snapshot(self) -> IslandSnapshot:
        """Return the newest picture of the island."""
        return IslandSnapshot(
            grid=self.status,
            wallets=self._by_owner(self.link.wallets),
            ledger=self.link.status,
            ledger_error=self.link.error,
            ledger_fault=self.link.fault,
            rules=self._by_owner(self.link.rules),
            unpaid=self.payouts.refused,
            published=self.link.published,
            reaction_ms=self.loop.reaction_ms,
            links=self.links.statuses,
        )

    def _by_owner[T](self, by_wallet: Mapping[str, T]) -> Mapping[str, T]:
        owners = {TREASURY: TREASURY, **self.wallet_ids}
        return {owner: by_wallet[wallet] for owner, wallet in owners.items() if wallet in by_wallet}

    @property
    def ledger(self) -> Ledger:
        """The open ledger.

        Raises:
            LedgerError: ledger_unavailable. It is not open.
        """
        return self.link.ledger

    @callback
    def _async_command(self, events: Iterable[GridEvent]) -> None:
        """Let the events of a command take their course, and run a pass at once."""
        self._async_happened(events)
        self._async_step()

    @callback
    def async_apply_settings(self) -> None:
        """Put into force what may change without a restart: policies, usual departures, and whether there is a plan."""
        for participant_id, participant in self.participants.items():
            data = self.entry.subentries[participant_id].data
            if not isinstance(participant.config, SolarConfig | ChargerConfig):
                self.engine.commands.update_policy(participant_id, policy_from_data(data))
        self.vehicles.async_apply_settings()
        self.engine.commands.set_planning(enabled=planning(self.entry))
        self._async_step()
        self._async_do(self.link.async_choose(LedgerChoice.from_options(self.entry.options)), "choose ledger")

    def _state(self) -> dict[str, Any]:
        memories = {pid: participant.adapter.memory() for pid, participant in self.participants.items()}
        vehicles = self.vehicles.to_dict()
        return {
            **({"vehicles": vehicles} if vehicles else {}),
            "engine": self.engine.to_dict(),
            "clock": self.clock.now(),
            "day": self.loop.day,
            "adapters": {pid: dict(memory) for pid, memory in memories.items() if memory},
            "unsaid": self.link.held.to_dict(),
        }


type TangleGridConfigEntry = ConfigEntry[IslandRuntime]
