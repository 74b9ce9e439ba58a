"""What is bought and sold on an island beside flexibility: its parts, how they begin, go on and end together."""

from collections.abc import Callable, Iterable, Mapping

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..bridge.journal import JOURNAL_FILE, OrderedTransfer
from ..bridge.link import LedgerLink
from ..bridge.payment_desk import PaymentDesk
from ..bridge.secrets import Keyring, SecretStore, ledger_folder
from ..clock import GridClock
from ..const import TREASURY
from ..devices.named import StoredEntry
from ..economy.effects import Effect
from ..grid.engine.engine import GridEngine
from ..grid.engine.status import GridStatus
from ..grid.model.world import Telemetry
from .books import FORGET_EVERY, Books, Receipts
from .charging_sessions import ChargingSessions
from .configuration import Member, Participant
from .follow_up import Aside
from .outage_rewards import OutageRewards
from .quarter_hours import QuarterHours
from .services import CarServices
from .signed_receipts import SignedReceipts
from .token_rate import TokenRate
from .topics import DataTopics
from .vehicles import Vehicles
from .visits import ServiceHappened


class IslandEconomy:
    """Charging, parking, tolls, data and the books of one island.

    Args:
        hass: Home Assistant.
        entry: The island, with its prices in its options.
        island_id: Its id.
        clock: Grid time.
        engine: The grid, told which charger goes to its safe current.
        link: The way to the ledger.
        keyring: Whose wallet is whose.
        secret_store: Keeps the keys of what is sealed.
        vehicles: Who is at which charger.
        participants: Everyone who is a device.
        members: Everyone who has a wallet.
        rate: What tokens are worth.
        telemetry: Returns what devices reported to the last pass.
        allowances: What the simulated street gives its people, once; None on a real island.
        happened: Is called with what happened to parking and tolls.
        changed: Is called when there is something new to show.
        noticed: Is called when the next pass should look at something.
        do: Does something at the side.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StoredEntry,
        *,
        island_id: str,
        clock: GridClock,
        engine: GridEngine,
        link: LedgerLink,
        keyring: Keyring,
        secret_store: SecretStore,
        vehicles: Vehicles,
        participants: Mapping[str, Participant],
        members: Mapping[str, Member],
        rate: TokenRate,
        telemetry: Callable[[], Mapping[str, Telemetry]],
        allowances: Callable[[float], Iterable[Effect]] | None,
        happened: Callable[[ServiceHappened], None],
        changed: Callable[[], None],
        noticed: Callable[[], None],
        do: Aside,
    ) -> None:
        self._hass, self._island_id, self._allowances = hass, island_id, allowances
        receipts = Receipts(keyring.persons)

        def wallet_of(participant: str) -> str | None:
            """Return a participant's wallet, also of one who has left; the operator's is the treasury."""
            return TREASURY if participant == TREASURY else keyring.payees.get(participant)

        self.desk = PaymentDesk(
            hass,
            ledger_folder(hass, island_id) / JOURNAL_FILE,
            link,
            wallet_of=wallet_of,
            opened=self._async_opened,
            changed=self._async_transfer_changed,
            receipt=receipts.of,
            rate=rate.told,
        )
        self.books = Books(
            hass,
            island_id,
            desk=self.desk,
            link=link,
            store=secret_store,
            receipts=receipts,
            rate=rate,
            entry=entry,
        )
        self.receipts = SignedReceipts(hass, island_id, desk=self.desk, link=link)
        self.services = CarServices(hass, entry, clock, self.desk, happened)
        self.topics = DataTopics(hass, entry, self.desk, link)
        self.topics.watch(changed)
        self.charging = ChargingSessions(
            hass,
            entry,
            engine=engine,
            clock=clock,
            desk=self.desk,
            vehicles=vehicles,
            participants=participants,
            members=members,
            ledger_open=lambda: link.is_open,
            noticed=noticed,
        )
        self.outage_rewards = OutageRewards(entry, self.desk, vehicles, lambda: dt_util.utcnow().timestamp())
        self.quarter_hours = QuarterHours(hass, clock=clock, desk=self.desk, telemetry=telemetry, do=do)
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._watching: list[Callable[[], None]] = []

    @callback
    def watch(self, opened: Callable[[], None]) -> None:
        """Call `opened` once the journal can be read, after the sessions here go on."""
        self._watching.append(opened)

    @callback
    def async_start(self) -> None:
        """Begin to look at cars and energy, and open the journal: what was under way goes on."""
        self._unsubscribe += [
            self.quarter_hours.async_start(),
            async_track_time_interval(
                self._hass,
                self.books.async_forget_old,
                FORGET_EVERY,
                name="tangle_grid retention",
                cancel_on_shutdown=True,
            ),
        ]
        self.services.async_start()
        self.topics.async_start()
        self.desk.async_start()

    async def async_stop(self) -> None:
        """Put everything on disk. May be called twice."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        self.services.async_stop()
        self.topics.async_stop()
        self.charging.close()
        self.outage_rewards.close()
        await self.quarter_hours.async_write_all()
        await self.desk.async_close()

    @callback
    def async_look(self, status: GridStatus) -> None:
        """Meter what the last pass saw."""
        self.charging.async_look(status)
        self.outage_rewards.async_look(status)

    @callback
    def _async_opened(self) -> None:
        """Let what was under way go on."""
        if self._allowances is not None:
            at = dt_util.utcnow().timestamp()
            self.desk.record("allowance", self._island_id, {}, tuple(self._allowances(at)), at=at, ended=True)
        self.services.async_opened()
        self.topics.opened()
        self.charging.opened()
        self.outage_rewards.opened()
        for opened in self._watching:
            opened()

    @callback
    def _async_transfer_changed(self, ordered: OrderedTransfer) -> None:
        """Tell those who wait for a payment."""
        self.charging.transfer_changed(ordered)
