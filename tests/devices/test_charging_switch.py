"""A charging switch is pressed when that does something, and never against somebody who wants it off."""

from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError

from custom_components.tangle_grid.devices import DeviceError, build_device
from custom_components.tangle_grid.devices.adapters.charger import ChargerAdapter
from custom_components.tangle_grid.grid.model.world import Cause, ChargerSetpoint
from tests.support.device_builders import epoch, subentry

SWITCH, PLUG, POWER, LIMIT = "switch.charge", "binary_sensor.plug", "sensor.power", "number.limit"


class Charger:
    """A charger whose switch takes commands, or does not; a pass every five seconds tells it what it may have."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        self.hass = hass
        self.freezer = freezer
        self.takes = True
        self.fails = False
        self.pauses = False
        self.pressed: list[str] = []
        self.told = 16.0
        self.with_plug = True
        for service in ("turn_on", "turn_off"):
            hass.services.async_register("switch", service, self._press)
        hass.services.async_register("number", "set_value", self._set)
        self.show(LIMIT, "16", min=6, max=32, step=1, unit_of_measurement="A")
        self.show(SWITCH, "on")
        self.plug(in_=True)
        self.power(11040)
        self.adapter = self.new_adapter()

    def new_adapter(self, memory: Any = None, **data: Any) -> ChargerAdapter:
        data = {
            "power": POWER,
            "current_limit": LIMIT,
            "enable": SWITCH,
            "min_current": 6,
            "max_current": 16,
            "safe_current": 6,
            **({"connected": PLUG} if self.with_plug else {}),
            **data,
        }
        _, adapter = build_device(self.hass, subentry("charger", **data), epoch, memory)
        assert isinstance(adapter, ChargerAdapter)
        self.adapter = adapter
        return adapter

    def show(self, entity_id: str, state: str, context: Context | None = None, **attributes: Any) -> None:
        self.hass.states.async_set(entity_id, state, attributes, context=context)

    def plug(self, *, in_: bool) -> None:
        self.show(PLUG, "on" if in_ else "off")

    def power(self, watts: float) -> None:
        self.show(POWER, str(watts), unit_of_measurement="W")

    async def _press(self, call: ServiceCall) -> None:
        self.pressed.append(call.service)
        if self.fails:
            raise HomeAssistantError("rejected")
        if self.takes:
            self.show(SWITCH, "on" if call.service == "turn_on" else "off")

    async def _set(self, call: ServiceCall) -> None:
        self.show(LIMIT, str(call.data["value"]), min=6, max=32, step=1, unit_of_measurement="A")

    async def passes(self, seconds: float, *, step: float = 5.0) -> list[str]:
        """What was pressed while so much time went by."""
        before = len(self.pressed)
        for _ in range(round(seconds / step)):
            self.freezer.tick(step)
            self.adapter.telemetry()
            setpoint = ChargerSetpoint(device_id="p1", current_a=self.told, expires_at=0.0, cause=Cause.ALLOCATION)
            try:
                await self.adapter.apply(setpoint)
            except DeviceError:
                assert self.fails
        await self.hass.async_block_till_done()
        return self.pressed[before:]

    @property
    def kept_off(self) -> bool:
        return self.adapter.telemetry().kept_off


@pytest.fixture
async def charger(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Charger:
    made = Charger(hass, freezer)
    assert await made.passes(120) == []
    return made


async def test_no_press_without_a_car(charger: Charger) -> None:
    charger.plug(in_=False)
    charger.show(SWITCH, "off")
    charger.power(0)
    assert await charger.passes(3600) == []
    assert not charger.kept_off
    charger.plug(in_=True)
    assert await charger.passes(5) == ["turn_on"]


@pytest.mark.parametrize("fails", [False, True])
async def test_a_switch_that_does_not_take_is_pressed_less_and_less(charger: Charger, *, fails: bool) -> None:
    """120 times an hour it used to be."""
    charger.plug(in_=False)
    charger.show(SWITCH, "off")
    charger.power(0)
    await charger.passes(30)
    charger.plug(in_=True)
    charger.takes, charger.fails = False, fails
    assert len(await charger.passes(60)) == 2
    assert len(await charger.passes(3540)) == 5
    assert len(await charger.passes(3600)) == 4
    # A card is held to it: it takes, and then a pause and its end are as quick as ever.
    charger.takes, charger.fails = True, False
    assert len(await charger.passes(900)) == 1
    charger.told = 0.0
    assert await charger.passes(15) == ["turn_off"]
    charger.told = 8.0
    assert await charger.passes(15) == ["turn_on"]


async def test_the_next_car_is_tried_at_once(charger: Charger) -> None:
    charger.plug(in_=False)
    charger.show(SWITCH, "off")
    await charger.passes(30)
    charger.plug(in_=True)
    charger.takes = False
    await charger.passes(3600)
    charger.plug(in_=False)
    await charger.passes(30)
    charger.plug(in_=True)
    assert len(await charger.passes(10)) == 1


async def test_whoever_switches_a_charging_car_off_wants_it_off(charger: Charger) -> None:
    """In the car's or the charger's own app: nothing but the switch tells."""
    charger.show(SWITCH, "off")
    charger.power(0)
    assert await charger.passes(8 * 3600, step=60) == []
    assert charger.kept_off
    assert charger.adapter.telemetry().shown_a == 0.0
    # The plug drops a bit: that is no new car.
    charger.plug(in_=False)
    await charger.passes(5)
    charger.plug(in_=True)
    assert await charger.passes(60) == []
    assert charger.kept_off
    # The next car.
    charger.plug(in_=False)
    await charger.passes(60)
    assert not charger.kept_off
    charger.plug(in_=True)
    assert await charger.passes(5) == ["turn_on"]


@pytest.mark.parametrize("context", [Context(user_id="anna"), Context(parent_id="01JABCDEFGHJKMNPQRSTVWXYZ0")])
async def test_somebody_in_home_assistant_switches_an_idle_car_off(charger: Charger, context: Context) -> None:
    charger.power(0)
    await charger.passes(300)
    charger.show(SWITCH, "off", context)
    assert await charger.passes(3600) == []
    assert charger.kept_off
    # And on again: from then on it is pressed as before.
    charger.show(SWITCH, "on", context)
    assert await charger.passes(60) == []
    assert not charger.kept_off
    charger.told = 0.0
    assert await charger.passes(5) == ["turn_off"]
    charger.told = 6.0
    assert await charger.passes(5) == ["turn_on"]
    assert not charger.kept_off


async def test_a_session_that_ends_by_itself_is_nobodys_wish(charger: Charger) -> None:
    """The car is full, as far as anyone knows: it is tried again now and then, not at once and not for ever."""
    charger.power(0)
    await charger.passes(120)
    charger.show(SWITCH, "off")
    charger.takes = False
    assert await charger.passes(290) == []
    assert not charger.kept_off
    assert len(await charger.passes(3600)) <= 5


async def test_the_car_leaves_while_it_charges(charger: Charger) -> None:
    """The switch goes off with the plug, the plug is reported a moment later."""
    charger.show(SWITCH, "off")
    charger.power(0)
    await charger.passes(5)
    charger.plug(in_=False)
    assert await charger.passes(60) == []
    assert not charger.kept_off


async def test_a_power_cut_is_nobodys_wish(charger: Charger) -> None:
    charger.show(SWITCH, "unavailable")
    charger.fails = True
    assert await charger.passes(60) == []
    charger.fails = False
    charger.show(SWITCH, "off")
    assert await charger.passes(5) == ["turn_on"]
    assert not charger.kept_off


async def test_an_own_pause_that_shows_late_is_not_foreign(charger: Charger) -> None:
    charger.takes = False
    charger.told = 0.0
    assert await charger.passes(5) == ["turn_off"]
    charger.told = 10.0
    await charger.passes(30)
    charger.show(SWITCH, "off")
    charger.takes = True
    assert await charger.passes(5) == ["turn_on"]
    assert not charger.kept_off


async def test_an_off_outlives_a_restart(charger: Charger) -> None:
    charger.show(SWITCH, "off", Context(user_id="anna"))
    await charger.passes(5)
    memory = charger.adapter.memory()
    assert memory == {"kept_off": True}
    charger.new_adapter(memory)
    assert await charger.passes(3600) == []
    assert charger.kept_off
    # Rubbish from a disk is no wish.
    assert not charger.new_adapter({"kept_off": "bad"}).telemetry().kept_off


async def test_without_a_plug_an_off_lasts_half_a_day(charger: Charger) -> None:
    charger.with_plug = False
    charger.new_adapter()
    await charger.passes(120)
    charger.show(SWITCH, "off")
    charger.power(0)
    assert await charger.passes(11.9 * 3600, step=60) == []
    assert charger.kept_off
    assert await charger.passes(600) == ["turn_on"]


async def test_a_switch_that_pauses(charger: Charger) -> None:
    """Its "on" means paused, as V2C's does: taken for a charging switch, it was 33 A on a fuse of 25."""
    charger.show(SWITCH, "off")
    charger.new_adapter(enable_pauses=True)
    assert await charger.passes(120) == []
    assert charger.adapter.telemetry().shown_a == 16.0
    charger.told = 0.0
    assert await charger.passes(10) == ["turn_on"]
    assert charger.adapter.telemetry().shown_a == 0.0
    charger.told = 10.0
    assert await charger.passes(10) == ["turn_off"]
    assert charger.adapter.telemetry().shown_a == 10.0
