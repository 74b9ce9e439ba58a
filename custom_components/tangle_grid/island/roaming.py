"""Cars that charge away from home, as an island has to do with them: its own elsewhere, and others' here."""

from collections.abc import Callable

from homeassistant.core import HomeAssistant, callback

from ..bridge.link import LedgerLink
from ..clock import GridClock
from ..devices.named import StoredEntry
from ..grid.engine.engine import GridEngine
from ..grid.model.world import ChargerConfig
from .economy import IslandEconomy
from .follow_up import Aside
from .grid_door import GridDoor
from .links import Links
from .roaming_home import RoamingHome
from .roaming_host import RoamingHost
from .roaming_ids import ReadIds
from .roaming_letters import RoamingLetters
from .vehicles import Vehicles


class Roaming:
    """Both sides, and the letters between them.

    Attributes:
        home: Own cars at others' chargers.
        host: Others' cars at own chargers.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StoredEntry,
        *,
        island_id: str,
        clock: GridClock,
        engine: GridEngine,
        grid: GridDoor,
        links: Links,
        link: LedgerLink,
        economy: IslandEconomy,
        vehicles: Vehicles,
        do: Aside,
        changed: Callable[[], None],
    ) -> None:
        """Take the parts; see `RoamingHost` and `RoamingHome`."""
        self._links = links
        self._letters = RoamingLetters(
            hass, entry, island_id=island_id, links=links, link=link, vehicles=vehicles.all, do=do
        )
        chargers = [each.device_id for each in engine.config.devices if isinstance(each, ChargerConfig)]
        own = [charger_id for charger_id in chargers if charger_id in entry.subentries]
        self.home = RoamingHome(
            hass,
            entry,
            clock=clock,
            letters=self._letters,
            link=link,
            desk=economy.desk,
            vehicles=vehicles,
            do=do,
            changed=changed,
        )
        self.host = RoamingHost(
            entry,
            clock=clock,
            engine=engine,
            grid=grid,
            chargers=own,
            ids=ReadIds(hass, entry, own, clock),
            letters=self._letters,
            link=link,
            desk=economy.desk,
            charging=economy.charging,
            vehicles=vehicles,
            do=do,
            changed=changed,
        )
        self._letters.connect(self.home, self.host)
        economy.watch(self._opened)

    @callback
    def _opened(self) -> None:
        self.host.opened()
        self.home.opened()

    @callback
    def async_look(self) -> None:
        """Tell who may come, bill whoever is here, and pay for whoever is elsewhere. Call it after each pass."""
        if self._links.upper is None and not self._links.carried and not self.home.stays and not self.host.stays:
            return
        self._letters.async_tell()
        self.host.async_look()
        self.home.async_look()
