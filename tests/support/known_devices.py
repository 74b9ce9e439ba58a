"""The devices that presets know, one specimen of each."""

from typing import Final

from tests.support.specimens import Specimen

_TESLA: Final = ("number", "sensor", "switch", "binary_sensor", "device_tracker")
_TESLA_CHARGER: Final = {
    "power": "sensor.charge_state_charger_power",
    "current_limit": "number.charge_state_charge_current_request",
    "enable": "switch.charge_state_charging_state",
    "connected": "binary_sensor.charge_state_conn_charge_cable",
    "soc": "sensor.charge_state_battery_level",
}
_TESSIE_SOC: Final = {"soc": "sensor.charge_state_usable_battery_level"}
_WALL_CONNECTOR: Final = Specimen(
    preset="tesla_wall_connector", kind="charger", domains=("sensor", "binary_sensor"), expected={}
)

CHARGERS: Final = (
    *(
        Specimen(
            preset=integration,
            kind="charger",
            name=name,
            domains=_TESLA,
            beside=beside,
            bounds={"number.charge_state_charge_current_request": {"max": 16}},
            expected={**_TESLA_CHARGER, **(_TESSIE_SOC if integration == "tessie" else {}), **power},
            data={"min_current": 5, "max_current": 16},
        )
        for integration in ("tesla_fleet", "teslemetry", "tessie")
        for name, beside, power in (
            ("alone", None, {}),
            ("with Wall Connector", _WALL_CONNECTOR, {"power": "sensor.total_power_w"}),
        )
    ),
    Specimen(
        preset="v2c",
        kind="charger",
        domains=("number", "sensor", "switch", "binary_sensor"),
        expected={
            "power": "sensor.charge_power",
            "current_limit": "number.intensity",
            "enable": "switch.paused",
            "connected": "binary_sensor.connected",
        },
        data={"enable_pauses": True, "min_current": 6, "max_current": 32},
    ),
    Specimen(
        preset="nrgkick",
        kind="charger",
        domains=("number", "sensor", "switch"),
        bounds={"number.current_set": {"max": 32}},
        expected={
            "power": "sensor.total_active_power",
            "current_limit": "number.current_set",
            "enable": "switch.charging_enabled",
            "currents": ("sensor.l1_current", "sensor.l2_current", "sensor.l3_current"),
        },
        data={"min_current": 6, "max_current": 32},
    ),
    Specimen(
        preset="lektrico",
        kind="charger",
        domains=("number", "sensor", "switch", "binary_sensor"),
        expected={
            "power": "sensor.power",
            "current_limit": "number.dynamic_limit",
            "currents": ("sensor.current_l1", "sensor.current_l2", "sensor.current_l3"),
        },
        data={"min_current": 6, "max_current": 32},
    ),
    Specimen(
        preset="peblar",
        kind="charger",
        domains=("number", "sensor", "switch", "binary_sensor"),
        bounds={"number.charge_current_limit": {"max": 16}},
        expected={
            "power": "sensor.power_total",
            "current_limit": "number.charge_current_limit",
            "enable": "switch.charge",
            "currents": ("sensor.current_phase_1", "sensor.current_phase_2", "sensor.current_phase_3"),
        },
        data={"min_current": 6, "max_current": 16},
    ),
    Specimen(
        preset="wallbox",
        kind="charger",
        domains=("number", "sensor", "switch"),
        bounds={"number.max_charging_current": {"min": 6, "max": 32}},
        expected={
            "power": "sensor.charging_power",
            "current_limit": "number.max_charging_current",
            "enable": "switch.paused",
        },
        data={"min_current": 6, "max_current": 32, "max_age": 300, "write_interval": 60},
    ),
)
VEHICLES: Final = tuple(
    Specimen(
        preset=integration,
        kind="vehicle",
        domains=_TESLA,
        expected={
            "soc": "sensor.charge_state_battery_level",
            **(_TESSIE_SOC if integration == "tessie" else {}),
            "tracker": "device_tracker.location",
        },
    )
    for integration in ("tesla_fleet", "teslemetry", "tessie")
)
METERS: Final = (
    Specimen(
        preset="homewizard",
        kind="meter",
        name="three phases",
        domains=("number", "select", "sensor", "switch"),
        device=("HomeWizard", "Wi-Fi P1 Meter"),
        expected={
            "meter_power": (
                "sensor.active_power_l1_w",
                "sensor.active_power_l2_w",
                "sensor.active_power_l3_w",
            ),
        },
    ),
    Specimen(
        preset="homewizard",
        kind="meter",
        name="one phase",
        domains=("sensor",),
        device=("HomeWizard", "Wi-Fi kWh Meter 1-phase"),
        left_out=frozenset({"active_power_l1_w", "active_power_l2_w", "active_power_l3_w"}),
        expected={"meter_power": ("sensor.active_power_w",)},
        entered={"phases": ["1"]},
    ),
)
KNOWN: Final = (*CHARGERS, *METERS, *VEHICLES)
