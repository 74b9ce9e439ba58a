"""Pays those who carry the island while its cable is dead: metered by the passes, paid by the operator afterwards.

A session that is paid for what its car feeds back is paid by that: the same energy is not paid twice.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback

from ..bridge.payment_desk import PaymentDesk
from ..const import CONF_CARRY_RATE, CONF_OUTAGE, CONF_PRICES, CONF_RATE, DEFAULT_RATE, LOGGER, TREASURY
from ..economy.carrying import CarriedEnergy
from ..grid.engine.status import GridStatus
from ..grid.model.supply import Supply
from ..grid.model.world import DeviceKind
from .charging_prices import CONF_FEED_IN
from .vehicles import Vehicles

SAGA: Final = "outage"
#: What was given is written down so often, s: a crash loses no more than this.
_WRITTEN_EVERY_S: Final = 300.0
#: One measurement vouches for no longer than this, s.
_MOST_S: Final = 60.0


class OutageRewards:
    """The account of the outage that goes on, if one does."""

    def __init__(self, entry: ConfigEntry, desk: PaymentDesk, vehicles: Vehicles, now: Callable[[], float]) -> None:
        """`now` returns wall time, epoch seconds."""
        self._entry, self._desk, self._vehicles, self._now = entry, desk, vehicles, now
        self._account: CarriedEnergy | None = None
        self._looked_at: float | None = None
        self._written_at = 0.0

    @property
    def given_wh(self) -> Mapping[str, int]:
        """What each participant gave in the outage that goes on, Wh."""
        return {} if self._account is None else self._account.given_wh

    @callback
    def opened(self) -> None:
        """Go on with what was given before a restart."""
        for outage_id, stored in self._desk.open_sagas.get(SAGA, {}).items():
            try:
                account = CarriedEnergy.from_dict(outage_id, stored)
            except ValueError:
                LOGGER.warning("What was given in the outage of %s cannot be read, and is not paid", outage_id)
                continue
            for who, energy_wh in self.given_wh.items():
                account.add(who, energy_wh, 3_600)
            self._account = account

    @callback
    def async_look(self, status: GridStatus) -> None:
        """Add what was given since the last pass, and pay when everything is back."""
        supply = status.supply
        if supply is None or supply.lost_at is None:
            self._end()
            return
        if supply.supply is not Supply.ISLAND:
            self._looked_at = None
            return
        if self._account is None:
            self._account = CarriedEnergy(str(round(supply.lost_at)))
        if self._looked_at is not None:
            seconds = min(_MOST_S, max(0.0, status.at - self._looked_at))
            for device_id, device in status.devices.items():
                if device.power_w is not None and (who := self._giver(device_id, device.kind)) is not None:
                    self._account.add(who, -device.power_w, seconds)
        self._looked_at = status.at
        if status.at - self._written_at >= _WRITTEN_EVERY_S:
            self._written_at = status.at
            self._desk.record(SAGA, self._account.outage_id, self._account.to_dict(), (), at=self._now())

    @callback
    def close(self) -> None:
        """Write down what was given, before a stop."""
        if self._account is not None:
            self._desk.record(SAGA, self._account.outage_id, self._account.to_dict(), (), at=self._now())

    def _giver(self, device_id: str, kind: DeviceKind) -> str | None:
        """Return who is paid for what a device gives: the car that is known to be there, before its charger."""
        if kind is DeviceKind.BATTERY:
            return device_id
        prices: Mapping[str, Any] = self._entry.options.get(CONF_PRICES, {})
        if kind is not DeviceKind.CHARGER or prices.get(CONF_FEED_IN):
            return None
        return self._vehicles.at(device_id).vehicle_id or device_id

    def _end(self) -> None:
        account, self._account, self._looked_at = self._account, None, None
        if account is None:
            return
        options = self._entry.options
        rate = int(options.get(CONF_OUTAGE, {}).get(CONF_CARRY_RATE, options.get(CONF_RATE, DEFAULT_RATE)))
        at = self._now()
        effects = account.effects(TREASURY, rate, at)
        self._desk.record(SAGA, account.outage_id, account.to_dict(), effects, at=at, ended=True)
