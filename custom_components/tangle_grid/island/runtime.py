"""One island at work: readings in, one control pass, setpoints out; the ledger follows behind.

The control pass is synchronous and does no I/O. It runs when the meter changes, not on a timer; a heartbeat only
notices what does not report any more and lets leases run out.
"""

from collections import ChainMap
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ..bridge.held_messages import HeldMessages
from ..bridge.link import LedgerLink
from ..bridge.messages import event_message, meter_message
from ..bridge.options import LedgerChoice
from ..bridge.secrets import SecretStore
from ..clock import GridClock
from ..const import (
    CONF_ISLAND_ID,
    CONF_KIND,
    CONF_PUBLISH_INTERVAL,
    DEFAULT_PUBLISH_INTERVAL,
    KIND_SIMULATED,
    TREASURY,
)
from ..coordinator import IslandCoordinator
from ..data import IslandSnapshot
from ..devices.adapters.household import SHED
from ..devices.adapters.readout import Readout
from ..devices.config import policy_from_data
from ..economy.effects import Effect
from ..grid.engine.engine import GridEngine
from ..grid.engine.status import GridStatus
from ..grid.model.events import GridEvent, is_owed
from ..grid.model.world import ChargerConfig, SolarConfig, Telemetry
from ..ledger import Ledger, LedgerEvent, Payment, PaymentChanged, PaymentState
from ..link.joining.store import async_link_store
from ..simulated.allowance import allowances
from ..simulated.street import SimulatedStreet
from .archive import RemovedIslands
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
from .economy import IslandEconomy
from .enrolment import async_enrol
from .entity_identity import async_member_prefixes
from .follow_up import FollowUp
from .grid_door import GridDoor
from .link_houses import with_houses
from .link_witnesses import LinkWitnesses
from .links import Links
from .neighbours import Neighbours
from .outside_answers import OutsideAnswers
from .passes import BesideThePass, Passes
from .reward_progress import reward_progress
from .rewards import Payouts
from .roaming import Roaming
from .setpoint_writers import SetpointWriter
from .storage import GridStore
from .stored_state import async_tell_lost
from .token_rate import TokenRate
from .trade_happened import TradeHappened
from .vehicles import Vehicles
from .visits import ServiceHappened

_DEVICE_CHANGE_DELAY_S = 1.0

type RuntimeEvent = GridEvent | LedgerEvent | ServiceHappened | TradeHappened


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
        self._running = False
        self.passes = Passes(hass, entry.title)

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
            self.street = SimulatedStreet(self.hass, self.entry, self.clock, beside_w=self._beside_the_street_w)
            await self.street.async_load()
        self.participants = build_participants(self.hass, self.entry, self.clock, state.adapters)
        self.members = build_members(self.entry, self.participants)
        self.links = Links(
            self.hass,
            self.entry,
            island_id=self.island_id,
            store=await async_link_store(self.hass, self.island_id),
            clock=self.clock,
            stored=state.links,
            look=self.passes.async_look_now,
            changed=self._async_offer,
        )
        config = with_houses(
            build_grid_config(self.entry, self.participants), tuple(self.links.houses.values()), self.clock
        )
        self.readout = build_readout(self.hass, self.entry, self.clock, self.participants, self.links)
        self.forecasts = build_forecasts(self.hass, self.entry)
        self.engine = GridEngine(config, new_id=lambda: uuid4().hex[:12], state=state.engine, plan_batch=0)
        self.links.async_take(self.engine)
        self.neighbours = Neighbours(
            self.hass,
            self.entry,
            island_id=self.island_id,
            store=await async_link_store(self.hass, self.island_id),
            clock=self.clock,
            forecast=self.forecasts.forecast,
            rate=lambda: self.money.now,
            address=lambda: self.link.address,
            pay=self._async_pay_neighbour,
            do=self._async_do,
            changed=self._async_offer,
            happened=self._async_beside_happened,
        )
        self.neighbours.async_take(self.engine)
        self.grid = GridDoor(self.engine, self.clock, self._async_command)
        self.vehicles = Vehicles(
            self.hass,
            self.entry,
            engine=self.engine,
            clock=self.clock,
            participants=self.participants,
            members=self.members,
            stored=state.vehicles,
            noticed=self.passes.async_look_soon,
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
        self.payees = ChainMap(self.links.requests.payees, dict(keyring.payees))
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
            on_trouble=self._async_offer,
        )
        self.witnesses = LinkWitnesses(
            self.hass,
            self.entry,
            island_id=self.island_id,
            store=await async_link_store(self.hass, self.island_id),
            links=self.links,
            link=self.link,
            do=self._async_do,
            released=self._async_pay_held,
            changed=self._async_offer,
        )
        self.payouts = Payouts(
            self.link,
            due=self.engine.commands.unpaid,
            payees=self.payees,
            payee=self._payee,
            was_paid=self._async_payment_changed,
        )
        self.economy = IslandEconomy(
            self.hass,
            self.entry,
            island_id=self.island_id,
            clock=self.clock,
            engine=self.engine,
            link=self.link,
            keyring=keyring,
            secret_store=self.secret_store,
            vehicles=self.vehicles,
            participants=self.participants,
            members=self.members,
            rate=self.money,
            telemetry=lambda: self.loop.telemetry,
            allowances=None if self.street is None else self._allowances,
            happened=self._async_beside_happened,
            changed=self._async_offer,
            noticed=self.passes.async_look_soon,
            do=self._async_do,
        )
        self.roaming = Roaming(
            self.hass,
            self.entry,
            island_id=self.island_id,
            clock=self.clock,
            engine=self.engine,
            grid=self.grid,
            links=self.links,
            link=self.link,
            economy=self.economy,
            vehicles=self.vehicles,
            do=self._async_do,
            changed=self._async_offer,
        )
        self.payees.maps.append(self.roaming.host.addresses)
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
                for slot_id, (name, _, adapter) in self.links.devices.items()
            },
            happened=self._async_happened,
            show=self._async_show,
            day=state.day,
        )
        self.passes.async_take(self.loop, self._beside_passes())
        self._follow_up = FollowUp(
            self._store,
            title=self.entry.title,
            state=self._state,
            loop=self.loop,
            link=self.link,
            payouts=self.payouts,
            do=self._async_do,
        )
        self.links.requests.connect(
            self.engine,
            happened=self._async_happened,
            kept=self._follow_up.async_kept,
            address=lambda: self.link.address,
        )
        self.coordinator = IslandCoordinator(self.hass, self.entry, self.snapshot())

    def _beside_the_street_w(self) -> tuple[float, ...]:
        """Return what flows through a simulated transformer beside its street: to houses and to neighbours."""
        return tuple(house + tie for house, tie in zip(self.links.houses_w, self.neighbours.ties_w, strict=True))

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
            self.vehicles.async_start(),
            self.witnesses.async_start(),
            self.roaming.host.async_start(),
            async_track_time_interval(
                self.hass,
                self._async_publish,
                timedelta(seconds=self.entry.options.get(CONF_PUBLISH_INTERVAL, DEFAULT_PUBLISH_INTERVAL)),
                name="tangle_grid publish",
                cancel_on_shutdown=True,
            ),
        ]
        self.passes.async_start(self.readout, self.clock.wall_delay(self.engine.config.timing.heartbeat_s))
        self.loop.async_start()
        self.links.async_start()
        self.neighbours.async_start()
        self.passes.async_step()
        self.economy.async_start()
        self.link.async_start()

    async def async_stop(self) -> None:
        """Leave every device in its safe state and everything else on disk. May be called twice."""
        if not self._running:
            return
        self._running = False
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        self.passes.async_stop()
        self.coordinator.async_close()
        self.witnesses.async_stop()
        await self.links.async_stop()
        await self.neighbours.async_stop()
        await self.loop.async_close()
        await self.async_save()
        await self.economy.async_stop()
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

    def _beside_passes(self) -> tuple[BesideThePass, ...]:
        """Return what is done with each pass."""
        return (
            BesideThePass(
                name="vehicles",
                right="Which vehicle is where at %s can be told again",
                wrong="Which vehicle is where at %s cannot be told",
                before=(lambda: self.vehicles.async_look(self.loop.status),),
            ),
            BesideThePass(
                name="links",
                right="The links of %s work again",
                wrong="The links of %s do not work",
                before=(self.links.async_before_pass,),
                after=(self.links.async_after_pass,),
            ),
            BesideThePass(
                name="neighbours",
                right="The neighbours of %s can be traded with again",
                wrong="The neighbours of %s cannot be traded with",
                before=(self.neighbours.async_before_pass,),
                after=(self.neighbours.async_after_pass,),
            ),
            BesideThePass(
                name="charging",
                right="Charging at %s can be metered and paid again",
                wrong="Charging at %s cannot be metered and paid",
                after=(lambda: self.economy.async_look(self.loop.status),),
            ),
            BesideThePass(
                name="roaming",
                right="Cars of linked islands can charge at %s again",
                wrong="Cars of linked islands cannot charge at %s",
                after=(self.roaming.async_look,),
            ),
        )

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
        self.economy.charging.note(happened)
        self.roaming.host.note(happened)
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
        self.economy.desk.pay_again()

    # Ledger

    @callback
    def _async_pay_held(self) -> None:
        """Hand over what was held."""
        self.economy.desk.pay_again()
        self._async_do(self._follow_up.async_say(), "pay")

    @callback
    def _async_ledger_opened(self, payments: list[Payment]) -> None:
        for payment in payments:
            self._async_payment_changed(payment)
        self.economy.desk.ledger_opened(payments)
        self._async_do(self._async_catch_up(), "publish")

    async def _async_catch_up(self) -> None:
        recover = any(path.startswith(("all", "engine", "version")) for path in self._lost)
        await self._follow_up.async_make_sure(self.engine.commands.paid(), recover=recover)
        await self._async_publish_meter()

    @callback
    def _async_ledger_event(self, event: LedgerEvent) -> None:
        if isinstance(event, PaymentChanged):
            self._async_payment_changed(event.payment)
            self.economy.desk.payment_changed(event.payment)
        for listener in tuple(self._listeners):
            listener(event)
        self._async_offer()

    @callback
    def _async_offer(self) -> None:
        """Let the entities see how things stand now."""
        if self._running:
            self.coordinator.async_offer(self.snapshot())

    @callback
    def _async_payment_changed(self, payment: Payment) -> None:
        """Carry a reward's progress into the request that it belongs to."""
        self.roaming.host.payment_changed(payment)
        self._async_happened(reward_progress(self.engine, self.clock, self.payees, payment))

    async def _async_pay_neighbour(self, payment_id: str, address: str, amount_i: int) -> bool:
        """Return whether a neighbour's payment has left."""
        memo = {"kind": "neighbour"}
        payment = await self.link.treasury.async_settle_anew(payment_id, address, amount_i, memo)
        return payment.state in {PaymentState.SENT, PaymentState.CONFIRMED}

    def _payee(self, payment_id: str, device_id: str) -> str:
        return self.roaming.host.payee(payment_id, device_id)

    def _allowances(self, at: float) -> tuple[Effect, ...]:
        """Return what the simulated street gives its cars and authorities, once."""
        return tuple(allowances((*self.vehicles.all, *self.economy.topics.all), at))

    @callback
    def _async_beside_happened(self, event: ServiceHappened | TradeHappened) -> None:
        for listener in tuple(self._listeners):
            listener(event)
        self.coordinator.async_offer(self.snapshot())

    # For entities and actions

    @callback
    def async_choose_vehicle(self, charger_id: str, choice: str | None) -> None:
        """Take a person's choice of the car at a charger, it is kept, and counts at once."""
        self.vehicles.async_choose(charger_id, choice)
        self._async_happened((), persist=True)
        self.passes.async_step()

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
            neighbours=self.neighbours.statuses,
            witness=self.witnesses.status,
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
        self.passes.async_step()

    @callback
    def async_apply_settings(self) -> None:
        """Put into force what may change without a restart: policies, usual departures, and whether there is a plan."""
        for participant_id, participant in self.participants.items():
            data = self.entry.subentries[participant_id].data
            if not isinstance(participant.config, SolarConfig | ChargerConfig):
                self.engine.commands.update_policy(participant_id, policy_from_data(data))
        self.vehicles.async_apply_settings()
        self.engine.commands.set_planning(enabled=planning(self.entry))
        self.passes.async_step()
        self._async_do(self.link.async_choose(LedgerChoice.from_options(self.entry.options)), "choose ledger")

    def _state(self) -> dict[str, Any]:
        memories = {pid: participant.adapter.memory() for pid, participant in self.participants.items()}
        vehicles, links = self.vehicles.to_dict(), self.links.requests.to_dict()
        return {
            **({"vehicles": vehicles} if vehicles else {}),
            **({"links": links} if links else {}),
            "engine": self.engine.to_dict(),
            "clock": self.clock.now(),
            "day": self.loop.day,
            "adapters": {pid: dict(memory) for pid, memory in memories.items() if memory},
            "unsaid": self.link.held.to_dict(),
        }


type TangleGridConfigEntry = ConfigEntry[IslandRuntime]
