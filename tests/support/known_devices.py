"""The devices that presets know, one specimen of each."""

from typing import Final

from tests.support.specimens import Specimen

CHARGERS: Final = (
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
KNOWN: Final = (*CHARGERS, *METERS)
