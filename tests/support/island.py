"""An island with a real grid, real adapters and helpers for devices; only the ledger is a stand-in, in memory.

Meter and telemetry are states that a test sets, current limits are `input_number`, switches `input_boolean`.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, PropertyMock, patch
from uuid import uuid4

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState, ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.tangle_grid.config_flow import TangleGridConfigFlow
from custom_components.tangle_grid.const import (
    CONF_BATTERY_KWH,
    CONF_CAPACITY_A,
    CONF_CHARGED_ABOVE,
    CONF_CURRENT_LIMIT,
    CONF_DEPARTURE,
    CONF_DISCHARGE_CURRENT,
    CONF_ENABLE,
    CONF_ISLAND_ID,
    CONF_KIND,
    CONF_LOAD_ENTITY,
    CONF_LOADS,
    CONF_MAX_CHARGE_W,
    CONF_MAX_CURRENT,
    CONF_MAX_DISCHARGE_CURRENT,
    CONF_MAX_DISCHARGE_W,
    CONF_METER,
    CONF_METER_POWER,
    CONF_METER_POWER_SENSORS,
    CONF_MIN_CURRENT,
    CONF_MIN_RATE,
    CONF_MIN_SOC,
    CONF_PHASES,
    CONF_PLANNING,
    CONF_POLICY,
    CONF_POLICY_MODE,
    CONF_POWER,
    CONF_POWER_SETPOINT,
    CONF_RATED_W,
    CONF_SAFE_CURRENT,
    CONF_SOC,
    CONF_TARGET_SOC,
    CONF_THRESHOLD,
    CONF_V2G_FLOOR_SOC,
    DOMAIN,
    KIND_ISLAND,
    TREASURY,
)
from custom_components.tangle_grid.entities.view_sensors import LONGEST_PATIENCE
from custom_components.tangle_grid.island.runtime import IslandRuntime
from custom_components.tangle_grid.ledger import (
    SUPPLY,
    BalancesChanged,
    HealthChanged,
    LedgerError,
    LedgerEvent,
    LedgerFault,
    LedgerStatus,
    OwnerAddress,
    Payment,
    PaymentChanged,
    PaymentOrder,
    PaymentState,
    Published,
    QueuedPayment,
    Secrets,
    SignedMilestone,
    SpendingLimits,
    TangleMessage,
    TangleNode,
    TransactionInfo,
    WalletRules,
    WalletState,
)
from custom_components.tangle_grid.protocol import Answer

CHARGER = "charger-1"
BATTERY = "battery-1"
HOUSEHOLD = "household-1"
SOLAR = "solar-1"
VEHICLE = "vehicle-1"
CAR_PARK = "car-park-1"
TOLL = "toll-1"
TOPIC = "topic-1"

DEVICE_POWERS = ("sensor.battery_power", "sensor.home_power", "sensor.inverter_power")
METER = ("sensor.meter_l1", "sensor.meter_l2", "sensor.meter_l3")


def charger_subentry(mode: str = "ask", **policy: Any) -> ConfigSubentryDataWithId:
    """A charger with a car that can feed back."""
    return ConfigSubentryDataWithId(
        subentry_type="charger",
        subentry_id=CHARGER,
        title="Charger Maple 4",
        unique_id=None,
        data={
            "name": "Charger Maple 4",
            CONF_PHASES: [1, 2, 3],
            CONF_POWER: "sensor.charger_power",
            CONF_CURRENT_LIMIT: "input_number.charger_limit",
            CONF_ENABLE: "input_boolean.charger",
            CONF_SOC: "sensor.car_soc",
            CONF_DISCHARGE_CURRENT: "input_number.charger_discharge",
            CONF_MAX_DISCHARGE_CURRENT: 16.0,
            CONF_DEPARTURE: "07:00",
            CONF_BATTERY_KWH: 60.0,
            CONF_TARGET_SOC: 100.0,
            CONF_MIN_CURRENT: 6.0,
            CONF_MAX_CURRENT: 16.0,
            CONF_SAFE_CURRENT: 6.0,
            CONF_POLICY: {
                CONF_POLICY_MODE: mode,
                CONF_CHARGED_ABOVE: 80,
                CONF_MIN_RATE: 0,
                CONF_V2G_FLOOR_SOC: None,
                **policy,
            },
        },
    )


def battery_subentry(mode: str = "never") -> ConfigSubentryDataWithId:
    """A home battery."""
    return ConfigSubentryDataWithId(
        subentry_type="battery",
        subentry_id=BATTERY,
        title="Volt battery",
        unique_id=None,
        data={
            "name": "Volt battery",
            CONF_PHASES: [1],
            CONF_POWER: "sensor.battery_power",
            CONF_SOC: "sensor.battery_soc",
            CONF_POWER_SETPOINT: "input_number.battery_setpoint",
            CONF_BATTERY_KWH: 10.0,
            CONF_MAX_CHARGE_W: 5000.0,
            CONF_MAX_DISCHARGE_W: 5000.0,
            CONF_MIN_SOC: 10.0,
            CONF_POLICY: {CONF_POLICY_MODE: mode, CONF_CHARGED_ABOVE: 50, CONF_MIN_RATE: 0},
        },
    )


def household_subentry(mode: str = "never") -> ConfigSubentryDataWithId:
    """A household with a heat pump."""
    return ConfigSubentryDataWithId(
        subentry_type="household",
        subentry_id=HOUSEHOLD,
        title="Home 1",
        unique_id=None,
        data={
            "name": "Home 1",
            CONF_PHASES: [1],
            CONF_POWER: "sensor.home_power",
            CONF_LOADS: [{CONF_LOAD_ENTITY: "input_boolean.heat_pump", CONF_RATED_W: 2000}],
            CONF_POLICY: {CONF_POLICY_MODE: mode, CONF_CHARGED_ABOVE: 80, CONF_MIN_RATE: 0},
        },
    )


def solar_subentry() -> ConfigSubentryDataWithId:
    """A roof full of sun."""
    return ConfigSubentryDataWithId(
        subentry_type="solar",
        subentry_id=SOLAR,
        title="Roof",
        unique_id=None,
        data={"name": "Roof", CONF_PHASES: [1, 2, 3], CONF_POWER: "sensor.inverter_power"},
    )


def vehicle_subentry(
    vehicle_id: str = VEHICLE, title: str = "Zoe", mode: str = "never", **data: Any
) -> ConfigSubentryDataWithId:
    """A car of somebody, who comes to a charger; it feeds nothing back."""
    return ConfigSubentryDataWithId(
        subentry_type="vehicle",
        subentry_id=vehicle_id,
        title=title,
        unique_id=None,
        data={
            "name": title,
            CONF_TARGET_SOC: 80.0,
            CONF_POLICY: {CONF_POLICY_MODE: mode, CONF_CHARGED_ABOVE: 80, CONF_MIN_RATE: 0},
            **data,
        },
    )


def car_park_subentry(service_id: str = CAR_PARK, title: str = "Mall", **data: Any) -> ConfigSubentryDataWithId:
    """A car park of an iota a second, unless something else is said."""
    prices = {} if data.keys() & {"tariff_json", "price_entity", "flat"} else {"hour": "0.0036"}
    return ConfigSubentryDataWithId(
        subentry_type="parking",
        subentry_id=service_id,
        title=title,
        unique_id=None,
        data={"name": title, "zone": "zone.mall", **prices, **data},
    )


def toll_subentry(service_id: str = TOLL, title: str = "Bridge", **data: Any) -> ConfigSubentryDataWithId:
    """A toll of 50 iota a passage."""
    return ConfigSubentryDataWithId(
        subentry_type="toll",
        subentry_id=service_id,
        title=title,
        unique_id=None,
        data={"name": title, "zone": "zone.bridge", "price": "0.00005", **data},
    )


def topic_subentry(topic_id: str = TOPIC, title: str = "Potholes", **data: Any) -> ConfigSubentryDataWithId:
    """A data topic around the home of the tests: two reporters within 30 m make a finding true."""
    return ConfigSubentryDataWithId(
        subentry_type="data_topic",
        subentry_id=topic_id,
        title=title,
        unique_id=None,
        data={
            "name": title,
            "what": "pothole",
            "area": {"latitude": 32.87336, "longitude": -117.22743, "radius": 5_000},
            "bounty": 100,
            "budget": 10_000,
            "budget_of_a_day": 500,
            "confirmations": 2,
            "near": 30,
            "window_hours": 24,
            "known_hours": 48,
            "wants_value": False,
            "public": False,
            **data,
        },
    )


def feeder_subentry(feeder_id: str, title: str, *sensors: str, **data: Any) -> ConfigSubentryDataWithId:
    """A feeder with a meter of its own, below the main one unless `parent` says otherwise."""
    return ConfigSubentryDataWithId(
        subentry_type="feeder",
        subentry_id=feeder_id,
        title=title,
        unique_id=None,
        data={
            "name": title,
            CONF_METER_POWER_SENSORS: list(sensors),
            CONF_PHASES: list(range(1, len(sensors) + 1)),
            CONF_CAPACITY_A: 32.0,
            CONF_THRESHOLD: 80,
            **data,
        },
    )


def island_entry(
    *subentries: ConfigSubentryDataWithId, options: Mapping[str, Any] | None = None, **data: Any
) -> MockConfigEntry:
    """The config entry of an island as it is set up today; without subentries it has one of each kind."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Maple Street",
        unique_id="island-1",
        version=TangleGridConfigFlow.VERSION,
        minor_version=TangleGridConfigFlow.MINOR_VERSION,
        data={
            CONF_KIND: KIND_ISLAND,
            CONF_ISLAND_ID: "0123456789abcdef0123456789abcdef",
            CONF_METER: {CONF_METER_POWER: list(METER)},
            CONF_CAPACITY_A: 63.0,
            CONF_THRESHOLD: 80,
            **data,
        },
        # A plan would have the car charge with as little as its night allows: tests of a plan ask for one.
        options={CONF_PLANNING: False} if options is None else options,
        subentries_data=subentries or (charger_subentry(), battery_subentry(), household_subentry(), solar_subentry()),
    )


def set_meter(hass: HomeAssistant, *watts: float) -> None:
    """Report the load of L1, L2, L3."""
    for entity_id, value in zip(METER, watts, strict=True):
        set_sensor(hass, entity_id, value, "W")


def set_sensor(hass: HomeAssistant, entity_id: str, value: float, unit: str) -> None:
    """Report a measured value."""
    hass.states.async_set(entity_id, str(value), {"unit_of_measurement": unit})


async def async_set_up_devices(hass: HomeAssistant) -> None:
    """The entities that the participants are made of: nobody near any limit."""
    number = {"min": 0, "max": 16, "step": 1, "initial": 16, "unit_of_measurement": "A"}
    assert await async_setup_component(
        hass,
        "input_number",
        {
            "input_number": {
                "charger_limit": number,
                "charger_discharge": {**number, "initial": 0},
                "battery_setpoint": {"min": -5000, "max": 5000, "initial": 0, "unit_of_measurement": "W"},
            }
        },
    )
    assert await async_setup_component(
        hass, "input_boolean", {"input_boolean": {"charger": {"initial": True}, "heat_pump": {"initial": True}}}
    )
    set_meter(hass, 6000, 5000, 5000)
    set_sensor(hass, "sensor.charger_power", 11040, "W")
    set_sensor(hass, "sensor.car_soc", 85, "%")
    set_sensor(hass, "sensor.battery_power", 0, "W")
    set_sensor(hass, "sensor.battery_soc", 60, "%")
    set_sensor(hass, "sensor.home_power", 2500, "W")
    set_sensor(hass, "sensor.inverter_power", 0, "W")


class FakeLedger:
    """A ledger in memory: it checks what the real one checks, and a test moves the payments on."""

    def __init__(self, secrets: Secrets) -> None:
        self.address_letter = "A"
        self.balances = dict.fromkeys(secrets.seeds, 0) | {TREASURY: SUPPLY}
        self.earned = dict.fromkeys(self.balances, 0)
        self.spent = dict.fromkeys(self.balances, 0)
        self.orders: dict[str, Payment] = {}
        self.published: list[TangleMessage] = []
        self.reachable = True
        self.closed = False
        self.secrets = secrets
        self.fault = LedgerFault.OTHER
        self.limited: dict[str, SpendingLimits] = {}
        self.owners: dict[str, OwnerAddress] = {}
        self.chain: list[SignedMilestone] = []
        self.held = False
        #: Ledgers on the same Tangle.
        self.peers: list[FakeLedger] = []
        self._listeners: list[Callable[[LedgerEvent], None]] = []

    @property
    def tangle(self) -> FakeLedger:
        """Its parts are itself."""
        return self

    rules = seeds = keys = tangle

    async def graph(self, limit: int = 60) -> list[TangleNode]:
        node = TangleNode(
            tail="A" * 81, approves=("B" * 81, "C" * 81), kind="meter", value=0, attached_at=1.5, confirmed=True
        )
        return [node][:limit]

    async def close(self) -> None:
        self.closed = True

    def subscribe(self, listener: Callable[[LedgerEvent], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _tell(self, event: LedgerEvent) -> None:
        for listener in tuple(self._listeners):
            listener(event)

    async def pay(self, order: PaymentOrder) -> Payment:
        if order.source not in self.balances:
            raise LedgerError("unknown_wallet", {"wallet": order.source})
        if order.amount_i <= 0:
            raise LedgerError("invalid_amount", {"amount": order.amount_i})
        if order.target not in self.balances and len(order.target) != 90:
            raise LedgerError("invalid_address", {"address": order.target})
        content = (order.source, order.target, order.amount_i)
        if (known := self.orders.get(order.payment_id)) is not None:
            if (known.source, known.target, known.amount_i) != content:
                raise LedgerError("payment_conflict", {"payment_id": order.payment_id})
            return known
        if self.held:
            raise LedgerError("payments_held")
        limit = self.limited.get(order.source, SpendingLimits()).per_payment_i
        if limit is not None and order.amount_i > limit:
            raise LedgerError("over_payment_limit", {"amount": order.amount_i, "limit": limit, "remaining": limit})
        if order.amount_i > (available := self._available(order.source)):
            raise LedgerError("insufficient_funds", {"available": available, "amount": order.amount_i})
        payment = Payment(
            payment_id=order.payment_id,
            source=order.source,
            target=order.target,
            amount_i=order.amount_i,
            memo=order.memo,
            state=PaymentState.QUEUED,
            created_at=1.0,
        )
        self.orders[order.payment_id] = payment
        self._tell(PaymentChanged(payment=payment))
        return payment

    def _available(self, wallet: str) -> int:
        queued = sum(p.amount_i for p in self.orders.values() if p.source == wallet and p.confirmed_at is None)
        return self.balances[wallet] - queued

    def confirm(self, payment_id: str) -> None:
        """Send a payment and book it."""
        # Who looks payments up on the Tangle tells them apart.
        told = hashlib.sha512(payment_id.encode()).digest() + hashlib.sha256(payment_id.encode()).digest()
        tail = "".join(chr(ord("A") + each % 26) for each in told)[:81] if self.peers else "T" * 81
        payment = replace(self.orders[payment_id], state=PaymentState.SENT, tail=tail, bundle="B" * 81)
        self._tell(PaymentChanged(payment=payment))
        payment = replace(payment, state=PaymentState.CONFIRMED, confirmed_at=2.0)
        self.orders[payment_id] = payment
        self.balances[payment.source] -= payment.amount_i
        self.spent[payment.source] += payment.amount_i
        if payment.target in self.balances:
            self.balances[payment.target] += payment.amount_i
            self.earned[payment.target] += payment.amount_i
        self._tell(PaymentChanged(payment=payment))
        self._tell(BalancesChanged(wallets=self._wallets()))

    def lose(self, fault: LedgerFault = LedgerFault.DISK_FULL) -> None:
        """Become unreachable."""
        self.reachable, self.fault = False, fault
        self._tell(HealthChanged(status=self.status()))

    def come_back(self) -> None:
        """Become reachable again."""
        self.reachable, self.fault = True, None
        self._tell(HealthChanged(status=self.status()))

    def change_addresses(self, letter: str) -> None:
        """Let every wallet have another address, as after a payment."""
        self.address_letter = letter
        self._tell(BalancesChanged(wallets=self._wallets()))

    def tell_health(self) -> None:
        """Say how it is."""
        self._tell(HealthChanged(status=self.status()))

    async def forget_person(self, wallet: str, keys: Sequence[str]) -> int:
        assert keys
        return sum(wallet in {each.source, each.target} for each in self.orders.values())

    async def publish(self, kind: str, body: Mapping[str, Any], *, sender: str | None = None) -> str:
        number = len(self.published)
        message = TangleMessage(
            message_id=f"message-{number}",
            kind=kind,
            body=body,
            sender="ab" * 32,
            sequence=number,
            issued_at=1.0,
            tail=f"{'M' * 80}9",
            confirmed=True,
            verified=True,
            participant=sender,
        )
        self.published.append(message)
        self._tell(Published(message_id=message.message_id, kind=kind, tail=message.tail))
        return message.message_id

    async def messages(self, *, kind: str | None = None, limit: int = 50) -> list[TangleMessage]:
        return [message for message in reversed(self.published) if kind in (None, message.kind)][:limit]

    def hold_payments(self, *, held: bool) -> None:
        self.held = held

    async def milestones(
        self, *, island: str, public_key: str, down_to: int = 0, limit: int = 20
    ) -> list[SignedMilestone]:
        """What a test lets it show of the island's."""
        if not self.reachable:
            raise LedgerError("ledger_unavailable", {"error": "away"})
        newest = self.chain[-limit:]
        assert public_key
        return [
            each
            for each in newest
            if each.milestone.island == island and (each.milestone.number >= down_to or each is newest[-1])
        ]

    async def answers_from_outside(self) -> list[Answer]:
        return []

    async def payouts(self, tail: str) -> Mapping[str, tuple[str, int]] | None:
        """What a payment's bundle pays, by the payment's id."""
        orders = [each for ledger in (self, *self.peers) for each in ledger.orders.values()]
        found = {each.payment_id: (each.target[:81], each.amount_i) for each in orders if each.tail == tail}
        return found or None

    async def transaction(self, tail: str) -> TransactionInfo | None:
        for each in (message for ledger in self.peers for message in ledger.published if message.tail == tail):
            return TransactionInfo(
                hash=tail,
                bundle="B" * 81,
                address="A" * 81,
                value=0,
                tag="",
                timestamp=each.issued_at,
                confirmed=each.confirmed,
                milestone=7,
            )
        for payment in self.orders.values():
            if payment.tail == tail:
                return TransactionInfo(
                    hash=tail,
                    bundle=payment.bundle or "",
                    address="A" * 81,
                    value=payment.amount_i,
                    tag="",
                    timestamp=1.0,
                    confirmed=payment.confirmed_at is not None,
                    milestone=7,
                )
        return None

    async def payment(self, payment_id: str) -> Payment | None:
        return self.orders.get(payment_id)

    async def payments(self, *, limit: int = 50) -> list[Payment]:
        return list(self.orders.values())[-limit:]

    async def queue(self, *, limit: int = 200) -> list[QueuedPayment]:
        waiting = [payment for payment in self.orders.values() if payment.confirmed_at is None][:limit]
        return [
            QueuedPayment(position=position, payment=payment, attempts=0, next_try_at=None, last_error=None)
            for position, payment in enumerate(waiting, start=1)
        ]

    def _wallets(self) -> Mapping[str, WalletState]:
        return {
            wallet: WalletState(
                wallet_id=wallet,
                balance_i=balance,
                available_i=self._available(wallet),
                incoming_i=0,
                outgoing_i=0,
                earned_i=self.earned[wallet],
                spent_i=self.spent[wallet],
                address=self.address_letter * 90,
            )
            for wallet, balance in self.balances.items()
        }

    async def wallets(self) -> Mapping[str, WalletState]:
        return self._wallets()

    async def limits(self, wallet_id: str) -> SpendingLimits:
        return self.limited.get(wallet_id, SpendingLimits())

    async def set_limits(self, wallet_id: str, limits: SpendingLimits) -> None:
        self.limited[wallet_id] = limits

    async def owner_address(self, wallet_id: str) -> OwnerAddress | None:
        return self.owners.get(wallet_id)

    async def set_owner_address(
        self, wallet_id: str, address: str | None, *, sweep_above_i: int | None = None, keep_i: int = 0
    ) -> None:
        self.owners.pop(wallet_id, None)
        if address is not None:
            self.owners[wallet_id] = OwnerAddress(address=address, sweep_above_i=sweep_above_i, keep_i=keep_i)

    async def sweep(self, wallet_id: str, keep_i: int) -> Payment:
        amount, address = self._available(wallet_id) - keep_i, self.owners[wallet_id].address
        order = PaymentOrder(payment_id=uuid4().hex, source=wallet_id, target=address, amount_i=amount)
        return await self.pay(order)

    async def all(self) -> Mapping[str, WalletRules]:
        return {
            wallet: WalletRules(limits=limits, allowance_i=limits.per_day_i, owner=self.owners.get(wallet))
            for wallet in self.balances
            for limits in [self.limited.get(wallet, SpendingLimits())]
        }

    def status(self) -> LedgerStatus:
        return LedgerStatus(
            reachable=self.reachable,
            queued=0,
            transactions=len(self.published),
            milestone=1,
            supply_ok=True,
            last_error=None if self.reachable else "the disk is full",
            fault=None if self.reachable else self.fault,
        )

    async def drain(self, timeout_s: float) -> bool:  # noqa: ARG002 - the real one's parameters
        return True

    async def add(self, wallet_id: str, seed: str) -> None:  # noqa: ARG002 - the real one's parameters
        self.balances.setdefault(wallet_id, 0)


class Island:
    """A loaded island, with short ways to what tests look at."""

    def __init__(
        self, hass: HomeAssistant, entry: MockConfigEntry, ledger: FakeLedger, freezer: FrozenDateTimeFactory
    ) -> None:
        self.hass = hass
        self.entry = entry
        self.ledger = ledger
        self.waiting_automation = False
        self.meters: tuple[str, ...] = METER
        self._freezer = freezer
        self._warm = False

    @property
    def runtime(self) -> IslandRuntime:
        runtime: IslandRuntime = self.entry.runtime_data
        return runtime

    def device_id(self, identifier: str | None = None) -> str:
        """The device of a participant, or of the island itself."""
        device = dr.async_get(self.hass).async_get_device_by_identifier(
            (DOMAIN, identifier or self.entry.entry_id), self.entry.entry_id
        )
        assert device is not None
        return device.id

    def entity_id(self, platform: str, key: str, identifier: str | None = None) -> str:
        """The entity with a key of a participant, or of the island itself."""
        entity_id = er.async_get(self.hass).async_get_entity_id(
            platform, DOMAIN, f"{identifier or self.entry.entry_id}_{key}"
        )
        assert entity_id is not None, f"no {platform} {key}"
        return entity_id

    def state(self, platform: str, key: str, identifier: str | None = None) -> str:
        """The state of such an entity."""
        state = self.hass.states.get(self.entity_id(platform, key, identifier))
        assert state is not None
        return state.state

    def given_reason(self, identifier: str) -> str:
        """The words that somebody gave with the newest answer of a participant."""
        assert self.state("sensor", "decision_reason", identifier) == "given"
        state = self.hass.states.get(self.entity_id("sensor", "decision_reason", identifier))
        assert state is not None
        return str(state.attributes["text"])

    async def call(self, action: str, *, response: bool = False, user_id: str | None = None, **data: Any) -> Any:
        """Call one of the integration's actions, and let it take its course."""
        from homeassistant.core import Context

        result = await self.hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=response, context=Context(user_id=user_id)
        )
        await self.settle()
        return result

    async def run(self, seconds: float, *, step: float = 15) -> None:
        """Let time pass, while every device reports and the charger follows its limit."""
        for _ in range(round(seconds / step)):
            self._freezer.tick(step)
            limit = float(self.hass.states.get("input_number.charger_limit").state)  # type: ignore[union-attr]
            feeds = float(self.hass.states.get("input_number.charger_discharge").state)  # type: ignore[union-attr]
            on = self.hass.states.is_state("input_boolean.charger", "on")
            drawn_w = (limit - feeds) * 690 if on else 0.0
            # A meter that does not answer to the charger is not believed.
            more_w = (drawn_w - float(self.hass.states.get("sensor.charger_power").state)) / 3  # type: ignore[union-attr]
            set_sensor(self.hass, "sensor.charger_power", drawn_w, "W")
            for entity_id in (*self.meters, "sensor.car_soc", *DEVICE_POWERS):
                state = self.hass.states.get(entity_id)
                assert state is not None
                if state.state == "unavailable":
                    continue
                # A meter that never moves is taken for a dead one.
                nudge = 0.1 if entity_id in self.meters and not state.state.endswith(".1") else -0.1
                metered = str(round(float(state.state) + more_w + nudge, 1)) if entity_id in self.meters else ""
                value = metered or state.state
                self.hass.states.async_set(entity_id, value, state.attributes)
            async_fire_time_changed(self.hass)
            await self.hass.async_block_till_done()
        await self.settle()

    async def request(self, power: float = 3000, **data: Any) -> str:
        """Ask for help, once everyone's usual power is known; returns the request's id."""
        if not self._warm:
            self._warm = True
            await self.run(900)
        response = await self.call(
            "request_curtailment",
            response=True,
            config_entry_id=self.entry.entry_id,
            power=power,
            duration=15,
            **data,
        )
        request_id: str = response["request_id"]
        return request_id

    async def settle(self) -> None:
        """Let everything happen that is due, and push the newest picture without waiting for the next second.

        Measurements are shown as they are, as after a few quiet minutes.
        """
        await self._all_done()
        coordinator = self.runtime.coordinator
        coordinator.measurements_due = True
        coordinator.period += LONGEST_PATIENCE
        coordinator.async_set_updated_data(self.runtime.snapshot())
        await self._all_done()

    async def _all_done(self) -> None:
        if not self.waiting_automation:
            await self.hass.async_block_till_done()
            return
        # An automation that waits is never done: everything else has its turn instead.
        for _ in range(200):
            await asyncio.sleep(0)


@pytest.fixture
async def fake_ledger() -> AsyncIterator[list[FakeLedger]]:
    """Put the stand-in in the ledger's place; the list holds each that was opened."""
    opened: list[FakeLedger] = []
    newest: dict[str, FakeLedger] = {}

    async def async_open(folder: Path, *, island_id: str, secrets: Secrets, **_: Any) -> FakeLedger:
        ledger = FakeLedger(secrets)
        if (former := newest.get(island_id)) is not None:
            # The ledger is the only thing that a restart does not forget.
            ledger.balances, ledger.orders = former.balances, former.orders
        newest[island_id] = ledger
        opened.append(ledger)
        return ledger

    with (
        patch("custom_components.tangle_grid.bridge.link.Ledger.open", async_open),
        patch("custom_components.tangle_grid.bridge.link.async_ensure_ledger_packages", AsyncMock()),
        patch("custom_components.tangle_grid.island.removal.Ledger.open", async_open),
        patch("custom_components.tangle_grid.island.removal.async_ensure_ledger_packages", AsyncMock()),
    ):
        yield opened


@pytest.fixture
def entry() -> MockConfigEntry:
    """The entry that `island` loads; a module may bring its own."""
    return island_entry()


@pytest.fixture
def all_sensors_on() -> Iterator[None]:
    """Those as well that are off until somebody wants them."""
    with patch("homeassistant.helpers.entity.Entity.entity_registry_enabled_default", PropertyMock(return_value=True)):
        yield


@pytest.fixture
def noon(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> FrozenDateTimeFactory:
    """Whenever the tests run, it is noon: cars leave at seven."""
    assert hass.config.time_zone
    freezer.move_to(dt_util.now().replace(hour=12, minute=0, second=0, microsecond=0))
    return freezer


@pytest.fixture
async def island(
    hass: HomeAssistant, noon: FrozenDateTimeFactory, entry: MockConfigEntry, fake_ledger: list[FakeLedger]
) -> AsyncIterator[Island]:
    """A loaded island."""
    await async_set_up_devices(hass)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    loaded = Island(hass, entry, fake_ledger[-1], noon)
    await loaded.settle()
    yield loaded
    if hass.config_entries.async_get_entry(entry.entry_id) and entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()
