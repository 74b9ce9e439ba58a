"""The devices that presets know, one specimen of each."""

from typing import Any, Final

from tests.support.installed import Described
from tests.support.specimens import Specimen


def entity(domain: str, key: str, unique_id: str, name: str | None = None, **said: Any) -> Described:
    """An entity as the recorded source of its integration makes it; `key` is how the tests call it."""
    names = {"translation_key", "device_class", "unit", "enabled"}
    plain = {name_: said.pop(name_) for name_ in names & said.keys()}
    return Described(domain=domain, key=key, unique_id=unique_id, name=name, capabilities=said, **plain)


def power(key: str, unique_id: str, unit: str = "W", **said: Any) -> Described:
    """A sensor of a power."""
    return entity("sensor", key, unique_id, device_class="power", unit=unit, **said)


def current(key: str, unique_id: str, **said: Any) -> Described:
    """A sensor of a current."""
    return entity("sensor", key, unique_id, device_class="current", unit="A", **said)


def counter(unique_id: str, **said: Any) -> Described:
    """A counter of all energy."""
    return entity("sensor", "energy_total", unique_id, device_class="energy", unit="kWh", **said)


def limit(key: str, unique_id: str, lowest: float = 0, highest: float = 32, **said: Any) -> Described:
    """A number that takes a current."""
    return entity("number", key, unique_id, min=lowest, max=highest, step=1, unit="A", **said)


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
            data={"min_current": 6, "max_current": 16},
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
            "energy": "sensor.total_charged_energy",
            "status": "sensor.status",
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
            "energy": "sensor.lifetime_energy",
            "status": "sensor.state",
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
            "energy": "sensor.energy_total",
            "status": "sensor.cp_state",
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
#: Chargers that are told by other means than a number and a switch, and those of integrations from elsewhere.
OTHER_CHARGERS: Final = (
    Specimen(
        preset="ocpp",
        kind="charger",
        name="one connector",
        entities=(
            power("power_active_import", "ocpp.charger.power_active_import.sensor", name="Power Active Import"),
            power("power_active_export", "ocpp.charger.power_active_export.sensor", name="Power Active Export"),
            power("power_offered", "ocpp.charger.power_offered.sensor", name="Power Offered"),
            current("current_import", "ocpp.charger.current_import.sensor", name="Current Import"),
            counter("ocpp.charger.energy_active_import_register.sensor"),
            limit("maximum_current", "number.ocpp.charger.maximum_current", name="Maximum Current"),
            entity("switch", "charge_control", "switch.ocpp.charger.charge_control", "Charge Control"),
            entity("switch", "availability", "switch.ocpp.charger.availability", "Availability"),
            entity("sensor", "status", "ocpp.charger.status.sensor", "Status"),
            entity("sensor", "status_connector", "ocpp.charger.status_connector.sensor", "Status Connector"),
            entity("sensor", "id_tag", "ocpp.charger.id_tag.sensor", "Id Tag"),
        ),
        expected={
            "power": "sensor.power_active_import",
            "energy": "sensor.energy_total",
            "current_limit": "number.maximum_current",
            "status": "sensor.status_connector",
            "id_sensor": "sensor.id_tag",
        },
        data={"min_current": 6, "max_current": 32, "max_age": 180},
    ),
    Specimen(
        preset="ocpp",
        kind="charger",
        name="a connector of two",
        entities=(
            power("power_active_import", "ocpp.charger.conn1.power_active_import.sensor", name="Power Active Import"),
            counter("ocpp.charger.energy_active_import_register.sensor.conn1"),
            limit("maximum_current", "number.ocpp.charger.conn1.maximum_current", name="Maximum Current"),
            entity("switch", "charge_control", "switch.ocpp.charger.conn1.charge_control", "Charge Control"),
            entity("sensor", "status_connector", "ocpp.charger.conn1.status_connector.sensor", "Status Connector"),
        ),
        expected={
            "power": "sensor.power_active_import",
            "energy": "sensor.energy_total",
            "current_limit": "number.maximum_current",
            "status": "sensor.status_connector",
        },
    ),
    Specimen(
        preset="zaptec",
        kind="charger",
        entities=(
            power("total_charge_power", "id1_total_charge_power", translation_key="total_charge_power"),
            counter("id1_signed_meter_value_kwh", translation_key="signed_meter_value"),
            *(
                current(f"current_phase{p}", f"id1_current_phase{p}", translation_key=f"current_phase{p}")
                for p in "123"
            ),
            limit("charger_min_current", "id1_charger_min_current", translation_key="charger_min_current"),
            limit("charger_max_current", "id1_charger_max_current", translation_key="charger_max_current"),
            entity(
                "switch",
                "charger_operation_mode",
                "id1_charger_operation_mode",
                translation_key="charger_operation_mode",
            ),
            entity(
                "switch", "permanent_cable_lock", "id1_permanent_cable_lock", translation_key="permanent_cable_lock"
            ),
        ),
        expected={
            "power": "sensor.total_charge_power",
            "energy": "sensor.energy_total",
            "current_limit": "number.charger_max_current",
            "enable": "switch.charger_operation_mode",
            "currents": ("sensor.current_phase1", "sensor.current_phase2", "sensor.current_phase3"),
        },
        data={"min_current": 6, "max_current": 32, "max_age": 700, "write_interval": 120},
    ),
    Specimen(
        preset="easee",
        kind="charger",
        entities=(
            power("power", "EH123_power", "kW", translation_key="power"),
            counter("EH123_lifetime_energy", translation_key="lifetime_energy"),
            entity("sensor", "status", "EH123_status", translation_key="easee_status"),
            current("current", "EH123_current", translation_key="current", enabled=False),
            current(
                "dynamic_charger_limit",
                "EH123_dynamic_charger_limit",
                translation_key="dynamic_charger_limit",
                enabled=False,
            ),
            entity("switch", "is_enabled", "EH123_is_enabled", translation_key="is_enabled"),
            entity("switch", "smart_charging", "EH123_smart_charging", translation_key="smart_charging"),
        ),
        expected={"power": "sensor.power", "energy": "sensor.energy_total", "status": "sensor.status"},
        data={"control": "actions", "max_current": 32, "max_age": 3600},
    ),
    Specimen(
        preset="goecharger_api2",
        kind="charger",
        entities=(
            counter("goecharger_api2.goe_1_eto", translation_key="eto"),
            limit("amp", "goecharger_api2.goe_1_amp", 6, translation_key="amp"),
            entity("select", "frc", "goecharger_api2.goe_1_frc", translation_key="frc", options=["0", "1", "2"]),
            entity("select", "psm", "goecharger_api2.goe_1_psm", translation_key="psm", options=["0", "1", "2"]),
            *(current(f"nrg_{p}", f"goecharger_api2.goe_1_nrg_{p}", translation_key=f"nrg_{p}") for p in (4, 5, 6)),
            *(power(f"nrg_{p}", f"goecharger_api2.goe_1_nrg_{p}", translation_key=f"nrg_{p}") for p in (7, 8, 9, 10)),
            power("nrg_11", "goecharger_api2.goe_1_nrg_11", translation_key="nrg_11"),
        ),
        expected={
            "power": "sensor.nrg_11",
            "energy": "sensor.energy_total",
            "current_limit": "number.amp",
            "pause_select": "select.frc",
            "phase_switch": "select.psm",
            "currents": ("sensor.nrg_4", "sensor.nrg_5", "sensor.nrg_6"),
        },
        data={"min_current": 6, "max_current": 32},
    ),
    Specimen(
        preset="goecharger_mqtt",
        kind="charger",
        device=("go-e", "go-eCharger HOME"),
        entities=(
            counter("072246-sensor-eto-0", name="Total energy"),
            limit("amp", "072246-number-amp-0", 6, name="Requested current"),
            entity(
                "select",
                "frc",
                "072246-select-frc-frc",
                "Force state",
                options=["Neutral", "Don't charge", "Charge"],
            ),
            entity(
                "select",
                "psm",
                "072246-select-psm-psm",
                "Phase switch mode",
                options=["Auto", "Force single phase", "Force three phases"],
            ),
            entity("sensor", "frc", "072246-sensor-frc-frc", "Force state"),
            entity("binary_sensor", "car", "072246-binary_sensor-car-1", "Car connected"),
            *(current(f"nrg_{p}", f"072246-sensor-nrg-{p}", name=f"Current L{p - 3}") for p in (4, 5, 6)),
            *(power(f"nrg_{p}", f"072246-sensor-nrg-{p}", name=f"Power L{p - 6}") for p in (7, 8, 9)),
            power("nrg_11", "072246-sensor-nrg-11", name="Current power"),
        ),
        expected={
            "power": "sensor.nrg_11",
            "energy": "sensor.energy_total",
            "current_limit": "number.amp",
            "pause_select": "select.frc",
            "phase_switch": "select.psm",
            "connected": "binary_sensor.car",
            "currents": ("sensor.nrg_4", "sensor.nrg_5", "sensor.nrg_6"),
        },
        data={"min_current": 6, "max_current": 32},
    ),
    Specimen(
        preset="keba",
        kind="charger",
        device=("", ""),
        entities=(
            power("charging_power", "keba_charging_power", "kW", name="Charging Power"),
            entity("sensor", "total_energy", "keba_total_energy", "Total Energy", device_class="energy", unit="kWh"),
            current("max_current", "keba_max_current", name="Max Current"),
            entity("binary_sensor", "plug_state", "keba_plug_state", "Plug", device_class="plug"),
            entity("binary_sensor", "charging_state", "keba_charging_state", "Charging State", device_class="power"),
            entity("lock", "authentication", "keba_authentication", "Authentication"),
        ),
        words={
            "sensor.py": (
                '"charging_power"',
                '"total_energy"',
                'f"{keba.device_id}_{entity_type}"',
                "UnitOfPower.KILO_WATT",
            ),
            "binary_sensor.py": ('"plug_state"', 'f"{keba.device_id}_{entity_type}"'),
            "services.py": ('"set_current"', '"enable"', '"disable"'),
        },
        expected={
            "power": "sensor.charging_power",
            "energy": "sensor.total_energy",
            "connected": "binary_sensor.plug_state",
        },
        data={"control": "actions", "max_current": 32},
    ),
    Specimen(
        preset="openevse",
        kind="charger",
        domains=("number", "select", "sensor", "switch", "binary_sensor"),
        bounds={"number.charge_rate": {"min": 6, "max": 32}},
        expected={
            "power": "sensor.charging_power",
            "energy": "sensor.usage_total",
            "current_limit": "number.charge_rate",
            "pause_select": "select.override_state",
            "connected": "binary_sensor.vehicle",
        },
        data={"min_current": 6, "max_current": 32, "max_age": 3600},
    ),
    Specimen(
        preset="evcc_intg",
        kind="charger",
        entities=(
            power("chargepower", "evcc_intg.evcc_1_charge_power", "kW", translation_key="chargepower"),
            counter("evcc_intg.evcc_1_charge_total_import", translation_key="chargetotalimport"),
            entity("sensor", "chargecurrent", "evcc_intg.evcc_1_charge_current", translation_key="chargecurrent"),
            entity(
                "select",
                "maxcurrent",
                "evcc_intg.evcc_1_max_current",
                translation_key="maxcurrent",
                options=[str(amps) for amps in range(1, 65)],
                unit="A",
            ),
            entity(
                "select", "mode", "evcc_intg.evcc_1_mode", translation_key="mode", options=["off", "pv", "minpv", "now"]
            ),
            entity(
                "select",
                "phasesconfigured",
                "evcc_intg.evcc_1_phases_configured",
                translation_key="phasesconfigured",
                options=["0", "1", "3"],
            ),
            entity("binary_sensor", "connected", "evcc_intg.evcc_1_connected", translation_key="connected"),
        ),
        expected={
            "power": "sensor.chargepower",
            "energy": "sensor.energy_total",
            "current_limit": "select.maxcurrent",
            "pause_select": "select.mode",
            "phase_switch": "select.phasesconfigured",
            "connected": "binary_sensor.connected",
        },
        data={"max_current": 32},
    ),
    Specimen(
        preset="alfen_wallbox",
        kind="charger",
        entities=(
            power(
                "active_power_total_socket_1", "ace1-active_power_total_socket_1", name="Active Power Total Socket 1"
            ),
            power("smart_meter_active_power_total", "ace1-smart_meter_active_power_total", name="Smart Meter"),
            counter("ace1-meter_reading_socket_1", name="Meter Reading Socket 1"),
            *(
                current(f"current_l{p}_socket_1", f"ace1-current_l{p}_socket_1", name=f"Current L{p} Socket 1")
                for p in "123"
            ),
            limit("max_station_current", "ace1_max_station_current", 0, 16, name="Max. Station Current"),
            limit(
                "main_normal_max_current_socket_1",
                "ace1_main_normal_max_current_socket_1",
                0,
                16,
                name="Power Connector Max Current Socket 1",
            ),
            entity("switch", "active_load_balancing", "ace1_active_load_balancing", "Active Load Balancing"),
        ),
        expected={
            "power": "sensor.active_power_total_socket_1",
            "energy": "sensor.energy_total",
            "current_limit": "number.main_normal_max_current_socket_1",
            "currents": ("sensor.current_l1_socket_1", "sensor.current_l2_socket_1", "sensor.current_l3_socket_1"),
        },
        data={"min_current": 6, "max_current": 16, "write_interval": 60},
    ),
    Specimen(
        preset="openwb2mqtt",
        kind="charger",
        entities=(
            power("ladeleistung", "openwb_chargepoint_3_ladeleistung", name="Ladeleistung"),
            *(current(f"strom_l{p}", f"openwb_chargepoint_3_strom_l{p}", name=f"Strom (L{p})") for p in "123"),
            counter("openwb_chargepoint_3_geladene_energie_gesamt", name="Geladene Energie (Gesamt)"),
            limit("soll_ladestrom", "openwb_chargepoint_3_soll_ladestrom_sofortladen", 6, 16),
            limit("min_dauerstrom", "openwb_chargepoint_3_min_dauerstrom_pv_laden", 6, 16),
            entity(
                "select",
                "lademodus",
                "openwb_chargepoint_3_lademodus",
                "Lademodus",
                options=["Instant Charging", "PV Charging", "ECO Charging", "Target Charging", "Stop", "Standby"],
            ),
            entity("binary_sensor", "ladekabel", "openwb_chargepoint_3_ladekabel", "Ladekabel", device_class="plug"),
        ),
        expected={
            "power": "sensor.ladeleistung",
            "energy": "sensor.energy_total",
            "current_limit": "number.soll_ladestrom",
            "pause_select": "select.lademodus",
            "connected": "binary_sensor.ladekabel",
            "currents": ("sensor.strom_l1", "sensor.strom_l2", "sensor.strom_l3"),
        },
        data={"min_current": 6, "max_current": 16},
    ),
    Specimen(
        preset="openwbmqtt",
        kind="charger",
        entities=(
            power("ladeleistung", "openwb_cp1_ladeleistung", name="Ladeleistung (LP1)"),
            power("ladeleistung_2", "openwb_cp2_ladeleistung", name="Ladeleistung (LP2)"),
            power("alle", "openwb_ladeleistung_aller_ladepunkte", name="Ladeleistung aller Ladepunkte"),
            counter("openwb_cp1_geladene_energie_gesamt", name="Geladene Energie (gesamt) (LP1)"),
            limit("strom", "openwb_cp1_ladestromvorgabe_modus_sofortladen", 6, 16),
            entity(
                "select",
                "lademodus",
                "openwb_lademodus",
                "Lademodus",
                options=["Sofortladen", "Min+PV-Laden", "PV-Laden", "Stop", "Standby"],
            ),
            entity("binary_sensor", "ladekabel", "openwb_cp1_ladekabel", "Ladekabel (LP1)", device_class="plug"),
        ),
        expected={
            "power": "sensor.ladeleistung",
            "energy": "sensor.energy_total",
            "current_limit": "number.strom",
            "pause_select": "select.lademodus",
            "connected": "binary_sensor.ladekabel",
        },
        data={"min_current": 6, "max_current": 16},
    ),
    Specimen(
        preset="hypervolt_charger",
        kind="charger",
        entities=(
            power("ev_power", "123_EV_Power", name="Hypervolt EV Power"),
            power("session_power", "123_Session_Power", name="Hypervolt Session Power"),
            power("house_power", "123_House_Power", name="Hypervolt House Power"),
            current("charger_current", "123_Charger_Current", name="Hypervolt Charger Current"),
            limit("max_current", "123_max_current", 6, name="Hypervolt Max Current"),
            entity("number", "led_brightness", "123_led_brightness", "Hypervolt LED Brightness", unit="%"),
            entity("switch", "charging", "123_charging", "Hypervolt Charging"),
            entity("switch", "lock_state", "123_lock_state", "Hypervolt Lock State"),
            entity("binary_sensor", "car_plugged", "123_car_plugged", "Hypervolt Car Plugged", device_class="plug"),
        ),
        expected={
            "power": "sensor.ev_power",
            "current_limit": "number.max_current",
            "enable": "switch.charging",
            "connected": "binary_sensor.car_plugged",
        },
        data={"min_current": 6, "max_current": 32},
    ),
    Specimen(
        preset="myenergi",
        kind="charger",
        device=("myenergi", "Zappi"),
        entities=(
            power("ct1", "entry1-1234-ct1.power", name="myenergi Zappi Internal Load CT1"),
            power("ct2", "entry1-1234-ct2.power", name="myenergi Zappi Grid CT2"),
            entity(
                "select",
                "charge_mode",
                "entry1-1234-charge_mode",
                "myenergi Zappi Charge Mode",
                options=["Fast", "Eco", "Eco+", "Stopped"],
            ),
            entity("sensor", "plug_status", "entry1-1234-plug_status", "myenergi Zappi Plug status"),
            entity("sensor", "status", "entry1-1234-status", "myenergi Zappi Status"),
        ),
        expected={"power": "sensor.ct1", "pause_select": "select.charge_mode", "status": "sensor.plug_status"},
        data={"control": "on_off"},
    ),
    Specimen(
        preset="ohme",
        kind="charger",
        domains=("number", "select", "sensor", "switch"),
        bounds={"select.charge_mode": {"options": ["smart_charge", "max_charge", "paused"]}},
        expected={
            "power": "sensor.power",
            "pause_select": "select.charge_mode",
            "status": "sensor.status",
            "soc": "sensor.battery",
        },
        data={"control": "on_off"},
    ),
    *(
        Specimen(
            preset="victron_gx",
            kind="charger",
            name=integration,
            integration=integration,
            entities=(
                power("power", f"{front}evcharger_40_evcharger_power", translation_key="evcharger_power"),
                counter(f"{front}evcharger_40_evcharger_total_energy", translation_key="evcharger_total_energy"),
                current("current", f"{front}evcharger_40_evcharger_current", translation_key="evcharger_current"),
                limit("set", f"{front}evcharger_40_evcharger_set_current", 6, translation_key="evcharger_set_current"),
                entity(
                    "select",
                    "mode",
                    f"{front}evcharger_40_evcharger_mode",
                    translation_key="evcharger_mode",
                    options=["manual", "auto", "scheduled_charge"],
                ),
                entity("switch", "charge", f"{front}evcharger_40_evcharger_charge", translation_key="evcharger_charge"),
                entity(
                    "switch",
                    "auto",
                    f"{front}evcharger_40_evcharger_auto_start",
                    translation_key="evcharger_auto_start",
                ),
                entity("sensor", "status", f"{front}evcharger_40_evcharger_status", translation_key="evcharger_status"),
            ),
            words={
                "strings.json": (
                    '"evcharger_power"',
                    '"evcharger_total_energy"',
                    '"evcharger_set_current"',
                    '"evcharger_charge"',
                    '"evcharger_status"',
                )
            }
            if integration == "victron_gx"
            else {},
            expected={
                "power": "sensor.power",
                "energy": "sensor.energy_total",
                "current_limit": "number.set",
                "enable": "switch.charge",
                "status": "sensor.status",
            },
            data={"min_current": 6, "max_current": 32},
        )
        for integration, front in (("victron_gx", "c0_"), ("victron_mqtt", "victron_mqtt_c0_"))
    ),
    Specimen(
        preset="mqtt_smartevse",
        kind="charger",
        integration="mqtt",
        device=("Stegen", "SmartEVSE v3"),
        entities=(
            power("ev_charge_power", "SmartEVSE-1-EVChargePower", name="EV Charge Power"),
            counter("SmartEVSE-1-EVImportActiveEnergy", name="EV Import Active Energy"),
            entity("number", "override", "SmartEVSE-1-ChargeCurrentOverride", "Charge Current Override", min=0, max=32),
            entity(
                "select",
                "mode",
                "SmartEVSE-1-Mode",
                "Mode",
                options=["Off", "Normal", "Smart", "Solar", "Pause"],
            ),
            entity("select", "c2", "SmartEVSE-1-EnableC2", "EnableC2", options=["Not present", "Always Off"]),
            entity("sensor", "plug", "SmartEVSE-1-EVPlugState", "EV Plug State"),
            entity("sensor", "state", "SmartEVSE-1-State", "State"),
            entity("sensor", "rfid", "SmartEVSE-1-RFID", "RFID"),
            entity("sensor", "rfid_last", "SmartEVSE-1-RFIDLastRead", "RFIDLastRead"),
            *(current(f"mains_l{p}", f"SmartEVSE-1-MainsCurrentL{p}", name=f"Mains Current L{p}") for p in "123"),
            *(current(f"ev_l{p}", f"SmartEVSE-1-EVCurrentL{p}", name=f"EV Current L{p}") for p in "123"),
        ),
        expected={
            "power": "sensor.ev_charge_power",
            "energy": "sensor.energy_total",
            "current_limit": "number.override",
            "pause_select": "select.mode",
            "status": "sensor.plug",
            "id_sensor": "sensor.rfid_last",
            "currents": ("sensor.ev_l1", "sensor.ev_l2", "sensor.ev_l3"),
        },
        data={"min_current": 6, "max_current": 32, "zero_pauses": False},
    ),
    Specimen(
        preset="mqtt_evse",
        kind="charger",
        integration="mqtt",
        device=("BESEN", "BS20"),
        entities=(
            power("current_energy", "123_current_energy", name="Current Energy"),
            counter("123_total_energy", name="Total Energy"),
            limit("charge_amps", "123_charge_amps", 6, name="Charge Amps"),
            current("charge_amps", "123_charge_amps_sensor", name="Charge Amps"),
            entity("number", "lcd", "123_lcd_brightness", "LCD Brightness", min=1, max=100),
            entity("switch", "charge", "123_charge", "Charge"),
            entity(
                "sensor",
                "plug",
                "123_plug_state",
                "Plug State",
                device_class="enum",
                options=["Disconnected", "Connected Unlocked", "Connected Locked"],
            ),
            *(current(f"l{p}", f"123_l{p}_amps", name=f"L{p} Amperage") for p in "123"),
        ),
        expected={
            "power": "sensor.current_energy",
            "energy": "sensor.energy_total",
            "current_limit": "number.charge_amps",
            "enable": "switch.charge",
            "status": "sensor.plug",
            "currents": ("sensor.l1", "sensor.l2", "sensor.l3"),
        },
        data={"min_current": 6, "max_current": 32},
    ),
    Specimen(
        preset="blue_current",
        kind="charger",
        domains=("sensor", "switch"),
        expected={
            "power": "sensor.total_kw",
            "enable": "switch.block",
            "status": "sensor.vehicle_status",
            "currents": ("sensor.actual_p1", "sensor.actual_p2", "sensor.actual_p3"),
        },
        data={"control": "on_off", "enable_pauses": True},
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
        expected={"meter_power": tuple(f"sensor.active_power_l{p}_w" for p in "123")},
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
    Specimen(
        preset="dsmr",
        kind="meter",
        name="three phases",
        domains=("sensor",),
        expected={
            "meter_power": tuple(f"sensor.instantaneous_active_power_l{p}_positive" for p in "123"),
            "meter_export": tuple(f"sensor.instantaneous_active_power_l{p}_negative" for p in "123"),
        },
        enabled_later=True,
        data={"meter_max_age": 75},
    ),
    Specimen(
        preset="dsmr",
        kind="meter",
        name="one phase",
        domains=("sensor",),
        left_out=frozenset(f"instantaneous_active_power_l{p}_{way}" for p in "23" for way in ("positive", "negative")),
        expected={
            "meter_power": ("sensor.current_electricity_usage",),
            "meter_export": ("sensor.current_electricity_delivery",),
        },
        # Its unit comes with the first telegram.
        bounds={f"sensor.current_electricity_{way}": {"unit_of_measurement": "kW"} for way in ("usage", "delivery")},
        entered={"phases": ["1"]},
    ),
    Specimen(
        preset="dsmr_reader",
        kind="meter",
        domains=("sensor@definitions",),
        device=("", ""),
        expected={
            "meter_power": tuple(f"sensor.dsmr/reading/phase_currently_delivered_l{p}" for p in "123"),
            "meter_export": tuple(f"sensor.dsmr/reading/phase_currently_returned_l{p}" for p in "123"),
        },
        enabled_later=True,
    ),
    Specimen(
        preset="p1_monitor",
        kind="meter",
        domains=("sensor",),
        expected={
            "meter_power": tuple(f"sensor.power_consumed_phase_l{p}" for p in "123"),
            "meter_export": tuple(f"sensor.power_produced_phase_l{p}" for p in "123"),
        },
    ),
    Specimen(
        preset="p1_monitor",
        kind="meter",
        name="currents",
        domains=("sensor",),
        left_out=frozenset(f"power_produced_phase_l{p}" for p in "123"),
        expected={"meter_current": tuple(f"sensor.current_phase_l{p}" for p in "123")},
    ),
    Specimen(
        preset="tibber",
        kind="meter",
        name="three phases",
        unique_ids={f"currentL{p}": f"home_rt_currentL{p}" for p in "123"},
        domains=("sensor",),
        expected={"meter_current": tuple(f"sensor.currentL{p}" for p in "123")},
        words={"sensor.py": ('f"{self._tibber_home.home_id}_rt_{description.key}"',)},
    ),
    Specimen(
        preset="tibber",
        kind="meter",
        name="one phase",
        unique_ids={"power": "home_rt_power", "powerProduction": "home_rt_powerProduction"},
        domains=("sensor",),
        left_out=frozenset({"currentL1", "currentL2", "currentL3"}),
        expected={"meter_power": ("sensor.power",), "meter_export": ("sensor.powerProduction",)},
        entered={"phases": ["1"]},
        words={"sensor.py": ('f"{self._tibber_home.home_id}_rt_{description.key}"',)},
    ),
    *(
        Specimen(
            preset="shelly",
            kind="meter",
            name=name,
            entities=tuple(
                power(key, f"AABBCC-{unique_id}")
                for key, unique_id in (*zip("abc", ids, strict=False), ("total", "em:0-total_act_power"))
            ),
            words={
                "sensor.py": words,
                "entity.py": ('f"{coordinator.mac}-{key}"', 'f"{super().unique_id}-{attribute}"'),
            },
            expected={"meter_power": tuple(f"sensor.{key}" for key in "abc"[: len(ids)])},
            entered={} if len(ids) == 3 else {"phases": ["1"]},
        )
        for name, ids, words in (
            (
                "three phases",
                ("em:0-a_act_power", "em:0-b_act_power", "em:0-c_act_power"),
                ('"a_act_power": Rpc', '"b_act_power": Rpc', '"c_act_power": Rpc', 'key="em"'),
            ),
            ("three meters", ("em1:0-power_em1", "em1:1-power_em1", "em1:2-power_em1"), ('"power_em1": Rpc',)),
            ("3EM", ("emeter_0-power", "emeter_1-power", "emeter_2-power"), ('("emeter", "power"): Block',)),
            ("EM", ("emeter_0-power",), ('("emeter", "power"): Block',)),
        )
    ),
    Specimen(
        preset="iammeter",
        kind="meter",
        name="three phases",
        domains=("sensor",),
        device=("", ""),
        expected={"meter_power": tuple(f"sensor.Power_{p}" for p in "ABC")},
    ),
    Specimen(
        preset="iammeter",
        kind="meter",
        name="one phase",
        domains=("sensor",),
        device=("", ""),
        left_out=frozenset(f"Power_{p}" for p in "ABC"),
        expected={"meter_power": ("sensor.Power",)},
        entered={"phases": ["1"]},
    ),
    Specimen(
        preset="enphase_envoy",
        kind="meter",
        entities=tuple(
            power(f"net_{p}", f"1_net_consumption_l{p}", "kW", translation_key="net_consumption_phase", enabled=False)
            for p in "123"
        ),
        domains=("sensor",),
        words={
            "sensor.py": (
                '(CtType.NET_CONSUMPTION, "net_consumption")',
                'key=f"{sensor.key}_l{phase + 1}"',
                'translation_key=f"{sensor.translation_key}_phase"',
            )
        },
        expected={"meter_power": tuple(f"sensor.net_{p}" for p in "123")},
        enabled_later=True,
        data={"meter_max_age": 150},
    ),
    Specimen(
        preset="enphase_envoy",
        kind="meter",
        name="total",
        entities=(power("net", "1_net_consumption", "kW", translation_key="net_consumption"),),
        words={"sensor.py": ('(CtType.NET_CONSUMPTION, "net_consumption")',)},
        expected={"meter_power": ("sensor.net",)},
        data={"meter_total": "uneven", "meter_max_age": 150},
    ),
    *(
        Specimen(
            preset="victron_gx",
            kind="meter",
            name=f"{integration}, {count} phases",
            integration=integration,
            entities=(
                power("total", f"{front}grid_30_grid_power", translation_key="grid_power"),
                *(
                    power(
                        f"l{p}",
                        f"{front}grid_30_grid_power_L{p}",
                        name=f"Power on L{p}",
                        translation_key="grid_power_phase",
                    )
                    for p in range(1, count + 1)
                ),
            ),
            words={"strings.json": ('"grid_power_phase"',)} if integration == "victron_gx" else {},
            expected={"meter_power": tuple(f"sensor.l{p}" for p in range(1, count + 1))},
            entered={} if count == 3 else {"phases": ["1"]},
        )
        for integration, front, count in (
            ("victron_gx", "c0_", 3),
            ("victron_gx", "c0_", 1),
            ("victron_mqtt", "victron_mqtt_c0_", 3),
        )
    ),
    Specimen(
        preset="victron",
        kind="meter",
        entities=tuple(power(f"l{p}", f"30_grid_L{p}_power", name=f"grid L{p} power") for p in "123"),
        expected={"meter_power": tuple(f"sensor.l{p}" for p in "123")},
    ),
    *(
        Specimen(
            preset="mqtt_amsreader",
            kind="meter",
            name=name,
            integration="mqtt",
            device=("Amsleser.no", "Pow-U+"),
            entities=(
                power("import", "ams-1234_P", name="AMS Active import"),
                power("export", "ams-1234_PO", name="AMS Active export"),
                *(current(f"i{p}", f"ams-1234_I{p}", name=f"AMS L{p} current") for p in "123"),
                *(
                    power(f"{way}{p}", f"ams-1234_{way}{p}", name=f"AMS L{p} active {word}")
                    for way, word in (("P", "import"), ("PO", "export"))
                    for p in ("123" if name == "powers" else "")
                ),
            ),
            expected=expected,
            data={"meter_max_age": 30},
        )
        for name, expected in (
            (
                "powers",
                {
                    "meter_power": tuple(f"sensor.P{p}" for p in "123"),
                    "meter_export": tuple(f"sensor.PO{p}" for p in "123"),
                },
            ),
            ("currents", {"meter_current": tuple(f"sensor.i{p}" for p in "123")}),
        )
    ),
    Specimen(
        preset="powerwall",
        kind="meter",
        entities=tuple(
            power(f"{meter}_instant_power", f"gw_{meter}_instant_power", "kW", translation_key=f"{meter}_instant_power")
            for meter in ("battery", "load", "site", "solar")
        ),
        words={
            "sensor.py": (
                'f"{meter.value}_{description.translation_key}"',
                'f"{self.base_unique_id}_{meter.value}_{description.key}"',
            ),
            "strings.json": ('"site_instant_power"', '"solar_instant_power"'),
        },
        expected={"meter_power": ("sensor.site_instant_power",)},
        data={"meter_total": "uneven", "meter_max_age": 90},
    ),
)
SOLAR: Final = (
    Specimen(
        preset="powerwall",
        kind="solar",
        entities=(
            power("solar", "gw_solar_instant_power", "kW", translation_key="solar_instant_power"),
            power("site", "gw_site_instant_power", "kW", translation_key="site_instant_power"),
        ),
        expected={"power": "sensor.solar"},
    ),
    Specimen(preset="enphase_envoy", kind="solar", domains=("sensor",), expected={"power": "sensor.production"}),
    Specimen(preset="fronius", kind="solar", domains=("sensor",), expected={"power": "sensor.power_photovoltaics"}),
    Specimen(preset="solaredge_modbus", kind="solar", domains=("sensor",), expected={"power": "sensor.ac_power"}),
    *(
        Specimen(
            preset="victron_gx",
            kind="solar",
            name=integration,
            integration=integration,
            entities=(
                power("pv", f"{front}system_0_dc_pv_power", translation_key="system_dc_pv_power"),
                power("battery", f"{front}system_0_dc_battery_power", translation_key="system_dc_battery_power"),
            ),
            words={"strings.json": ('"system_dc_pv_power"',)} if integration == "victron_gx" else {},
            expected={"power": "sensor.pv"},
        )
        for integration, front in (("victron_gx", "c0_"), ("victron_mqtt", "victron_mqtt_c0_"))
    ),
)
CARS: Final = (
    Specimen(
        preset="kia_uvo",
        kind="vehicle",
        entities=(
            entity(
                "sensor",
                "car_battery",
                "kia_uvo_1_car_battery_percentage",
                translation_key="car_battery_percentage",
                device_class="battery",
                unit="%",
            ),
            entity(
                "sensor",
                "ev_battery",
                "kia_uvo_1_ev_battery_percentage",
                translation_key="ev_battery_percentage",
                device_class="battery",
                unit="%",
            ),
            entity("device_tracker", "location", "kia_uvo_1_location"),
        ),
        expected={"soc": "sensor.ev_battery", "tracker": "device_tracker.location"},
    ),
    Specimen(
        preset="volkswagencarnet",
        kind="vehicle",
        entities=(
            entity("sensor", "soc", "wvw1-sensor-battery_level", device_class="battery", unit="%"),
            entity("sensor", "target", "wvw1-sensor-battery_target_charge_level", device_class="battery", unit="%"),
            entity("device_tracker", "position", "wvw1-device_tracker-position"),
        ),
        expected={"soc": "sensor.soc", "tracker": "device_tracker.position"},
    ),
    Specimen(
        preset="cardata",
        kind="vehicle",
        entities=(
            entity(
                "sensor",
                "soc",
                "wba1_vehicle.drivetrain.batteryManagement.header",
                device_class="battery",
                unit="%",
            ),
            entity("sensor", "target", "wba1_vehicle.powertrain.electric.battery.stateOfCharge.target", unit="%"),
            entity("device_tracker", "tracker", "wba1_device_tracker"),
        ),
        expected={"soc": "sensor.soc", "tracker": "device_tracker.tracker"},
    ),
    Specimen(
        preset="renault",
        kind="vehicle",
        domains=("sensor", "device_tracker"),
        expected={"soc": "sensor.battery_level", "tracker": "device_tracker.location"},
    ),
    Specimen(
        preset="volvo",
        kind="vehicle",
        domains=("sensor", "device_tracker"),
        expected={"soc": "sensor.battery_charge_level", "tracker": "device_tracker.location"},
    ),
    Specimen(
        preset="polestar_api",
        kind="vehicle",
        entities=(
            entity("sensor", "soc", "polestar_1_battery_charge_level", device_class="battery", unit="%"),
            entity("sensor", "range", "polestar_1_estimated_full_charge_range", device_class="distance", unit="km"),
        ),
        expected={"soc": "sensor.soc"},
    ),
)


def soc(key: str, unique_id: str, **said: Any) -> Described:
    """A sensor of a state of charge."""
    return entity("sensor", key, unique_id, device_class="battery", unit="%", **said)


BATTERIES: Final = (
    Specimen(
        preset="huawei_solar",
        kind="battery",
        device=("Huawei", "Batteries"),
        entities=(
            power("power", "HV1_storage_charge_discharge_power"),
            soc("soc", "HV1_storage_state_of_capacity"),
            entity("number", "maximum", "HV1_storage_maximum_charging_power", min=0, max=5000, unit="W"),
        ),
        expected={"power": "sensor.power", "soc": "sensor.soc"},
        data={"control": "actions", "keep_alive": 300},
    ),
    Specimen(
        preset="solax_modbus",
        kind="battery",
        entities=(
            power("power", "SolaX_battery_power_charge"),
            soc("soc", "SolaX_battery_capacity"),
            entity("number", "setpoint", "SolaX_remotecontrol_active_power", min=-6000, max=6000, step=100, unit="W"),
            entity("number", "reactive", "SolaX_remotecontrol_reactive_power", min=-4000, max=4000, unit="var"),
            entity(
                "select",
                "mode",
                "SolaX_remotecontrol_power_control",
                options=["Disabled", "Enabled Power Control", "Enabled Grid Control", "Enabled Battery Control"],
            ),
            entity("button", "trigger", "SolaX_remotecontrol_trigger"),
        ),
        expected={
            "power": "sensor.power",
            "soc": "sensor.soc",
            "power_setpoint": "number.setpoint",
            "mode_select": "select.mode",
            "trigger": "button.trigger",
        },
        data={"max_charge_w": 6000, "max_discharge_w": 6000, "keep_alive": 15},
    ),
    Specimen(
        preset="victron_gx",
        kind="battery",
        entities=(
            power("power", "c0_system_0_dc_battery_power", translation_key="system_dc_battery_power"),
            soc("soc", "c0_system_0_dc_battery_soc", translation_key="system_dc_battery_soc"),
            entity(
                "number",
                "setpoint",
                "c0_vebus_276_ac_power_setpoint_L1",
                "AC power setpoint L1",
                translation_key="vebus_ac_power_setpoint_phase",
                min=-5000,
                max=5000,
                unit="W",
            ),
            entity("number", "grid", "c0_hub4_0_ac_grid_setpoint", translation_key="hub4_ac_grid_setpoint", unit="W"),
            entity(
                "select",
                "mode",
                "c0_system_0_ess_mode",
                translation_key="system_ess_mode",
                options=["phase_compensation_enabled", "phase_compensation_disabled", "external_control"],
            ),
        ),
        words={
            "strings.json": (
                '"system_dc_battery_power"',
                '"system_dc_battery_soc"',
                '"vebus_ac_power_setpoint_phase"',
                '"system_ess_mode"',
                '"external_control"',
            )
        },
        expected={
            "power": "sensor.power",
            "soc": "sensor.soc",
            "power_setpoint": "number.setpoint",
            "mode_select": "select.mode",
        },
        data={"max_charge_w": 5000, "max_discharge_w": 5000, "keep_alive": 30},
    ),
    Specimen(
        preset="victron_gx",
        kind="battery",
        name="victron_mqtt",
        integration="victron_mqtt",
        entities=(
            power("power", "victron_mqtt_c0_system_0_dc_battery_power", translation_key="system_dc_battery_power"),
            soc("soc", "victron_mqtt_c0_system_0_dc_battery_soc", translation_key="system_dc_battery_soc"),
            entity(
                "number",
                "setpoint",
                "victron_mqtt_c0_vebus_276_ac_power_setpoint_L1",
                "AC power setpoint L1",
                translation_key="vebus_ac_power_setpoint_phase",
                min=-5000,
                max=5000,
                unit="W",
            ),
            entity(
                "select",
                "mode",
                "victron_mqtt_c0_system_0_ess_mode",
                translation_key="system_ess_mode",
                options=["phase_compensation_enabled", "phase_compensation_disabled", "external_control"],
            ),
        ),
        expected={
            "power": "sensor.power",
            "soc": "sensor.soc",
            "power_setpoint": "number.setpoint",
            "mode_select": "select.mode",
        },
        data={"max_charge_w": 5000, "max_discharge_w": 5000, "keep_alive": 30},
    ),
    Specimen(
        preset="victron",
        kind="battery",
        entities=(
            power("power", "100_system_battery_power"),
            soc("soc", "100_system_battery_soc"),
            entity("number", "setpoint", "227_vebus_ess_L1_acpowersetpoint", min=-5000, max=5000, unit="W"),
            entity("number", "grid", "100_settings_ess_acpowersetpoint", min=-5000, max=5000, unit="W"),
            entity(
                "select",
                "mode",
                "100_settings_ess_mode",
                options=[
                    "SELF_CONSUMPTION_WITH_BATTERY_LIFE",
                    "SELF_CONSUMPTION",
                    "KEEP_CHARGED",
                    "EXTERNAL_CONTROL",
                ],
            ),
        ),
        expected={
            "power": "sensor.power",
            "soc": "sensor.soc",
            "power_setpoint": "number.setpoint",
            "mode_select": "select.mode",
        },
        data={"max_charge_w": 5000, "max_discharge_w": 5000, "keep_alive": 30},
    ),
    Specimen(
        preset="enphase_envoy",
        kind="battery",
        domains=("sensor",),
        entities=(
            power("battery_discharge", "1_battery_discharge", "kW", translation_key="battery_discharge"),
            entity(
                "select",
                "mode",
                "2_storage_mode",
                translation_key="storage_mode",
                options=["backup", "self_consumption", "savings"],
            ),
        ),
        words={
            "sensor.py": ('(CtType.STORAGE, "battery_discharge")', 'key="battery_level"'),
            "select.py": ('key="storage_mode"', '"backup"', '"self_consumption"'),
        },
        expected={
            "power": "sensor.battery_discharge",
            "soc": "sensor.battery_level",
            "mode_select": "select.mode",
        },
        data={"control": "modes", "power_inverted": True},
    ),
    Specimen(
        preset="sonnenbatterie",
        kind="battery",
        entities=(
            power("power", "sensor.sonnenbatterie_1_state_battery_inout"),
            power("grid", "sensor.sonnenbatterie_1_state_grid_inout"),
            soc("soc", "sensor.sonnenbatterie_1_state_charge_user"),
            entity("number", "charge", "sonnenbatterie_1_number_charge", min=0, max=4600, unit="W"),
            entity("number", "discharge", "sonnenbatterie_1_number_discharge", min=0, max=4600, unit="W"),
            entity("number", "reserve", "sonnenbatterie_1_battery_reserve", min=0, max=100, unit="%"),
            entity(
                "select",
                "mode",
                "sonnenbatterie_1_select_operating_mode",
                options=["manual", "automatic", "timeofuse"],
            ),
        ),
        expected={
            "power": "sensor.power",
            "soc": "sensor.soc",
            "charge_setpoint": "number.charge",
            "discharge_setpoint": "number.discharge",
            "mode_select": "select.mode",
        },
        data={"control": "two_numbers", "power_inverted": True, "max_charge_w": 4600, "max_discharge_w": 4600},
    ),
    Specimen(
        preset="foxess_modbus",
        kind="battery",
        entities=(
            power("power", "foxess_modbus_invbatpower", "kW"),
            soc("soc", "foxess_modbus_battery_soc"),
            entity("number", "charge", "foxess_modbus_force_charge_power", min=0, max=5, step=0.001, unit="kW"),
            entity("number", "discharge", "foxess_modbus_force_discharge_power", min=0, max=5, step=0.001, unit="kW"),
            entity(
                "select",
                "mode",
                "foxess_modbus_force_charge_mode",
                options=["Disable", "Force Charge", "Force Discharge"],
            ),
            entity("select", "work", "foxess_modbus_work_mode", options=["Self Use", "Feed-in First", "Back-up"]),
        ),
        expected={
            "power": "sensor.power",
            "soc": "sensor.soc",
            "charge_setpoint": "number.charge",
            "discharge_setpoint": "number.discharge",
            "mode_select": "select.mode",
        },
        data={"control": "two_numbers", "max_charge_w": 5000, "max_discharge_w": 5000},
    ),
    Specimen(
        preset="solaredge_modbus",
        kind="battery",
        domains=("number",),
        entities=(
            power("inverter_dc", "7E1_dc_power", translation_key="dc_power"),
            power("dc_power", "7E1_battery_7B1_dc_power", translation_key="dc_power"),
            soc("state_of_energy", "7E1_battery_7B1_state_of_energy", translation_key="state_of_energy"),
        ),
        words={
            "entity.py": ('key_prefix=f"battery_{identity}_"', 'f"{serial_number}_{key_prefix}{description.key}"'),
            "sensor.py": ('translation_key="dc_power"', 'translation_key="state_of_energy"'),
        },
        expected={
            "power": "sensor.dc_power",
            "soc": "sensor.state_of_energy",
            "charge_setpoint": "number.charge_limit",
            "discharge_setpoint": "number.discharge_limit",
        },
        data={"control": "maxima"},
    ),
    Specimen(
        preset="marstek_local_api",
        kind="battery",
        entities=(
            power("power", "aa_battery_power"),
            power("power_in", "aa_battery_power_in"),
            soc("soc", "aa_battery_soc"),
            entity("button", "auto", "aa_auto_mode_button"),
            entity("button", "passive", "aa_passive_mode_button"),
        ),
        expected={"power": "sensor.power", "soc": "sensor.soc"},
        data={
            "control": "actions",
            "release_actions": [{"action": "button.press", "target": {"entity_id": "button.device_1_auto"}}],
        },
    ),
    Specimen(
        preset="e3dc_rscp",
        kind="battery",
        entities=(
            power("charge", "1_battery-charge", translation_key="battery-charge"),
            power("net", "1_battery-netchange", translation_key="battery-netchange", enabled=False),
            soc("soc", "1_soc", translation_key="soc"),
        ),
        expected={"power": "sensor.net", "soc": "sensor.soc"},
        enabled_later=True,
        data={"control": "actions"},
    ),
    Specimen(
        preset="growatt_server",
        kind="battery",
        domains=("number", "sensor@sensor/tlx"),
        expected={
            "power": "sensor.tlx_battery_1_charge_w",
            "power_export": "sensor.tlx_battery_1_discharge_w",
            "soc": "sensor.tlx_statement_of_charge",
            "charge_setpoint": "number.battery_charge_power_limit",
            "discharge_setpoint": "number.battery_discharge_power_limit",
        },
        data={"control": "maxima", "limit_unit": "%"},
    ),
    Specimen(
        preset="homewizard",
        kind="battery",
        domains=("sensor",),
        device=("HomeWizard", "Wi-Fi P1 Meter"),
        entities=(
            entity(
                "select",
                "battery_group_mode",
                "x1_battery_group_mode",
                translation_key="battery_group_mode",
                options=["zero", "to_full", "standby", "zero_charge_only", "zero_discharge_only"],
            ),
        ),
        words={"strings.json": ('"zero"', '"to_full"', '"standby"', '"zero_discharge_only"')},
        expected={
            "power": "sensor.battery_group_power_w",
            "soc": "sensor.state_of_charge_pct",
            "mode_select": "select.battery_group_mode",
        },
        enabled_later=True,
        data={"control": "modes"},
    ),
)
KNOWN: Final = (*CHARGERS, *OTHER_CHARGERS, *METERS, *SOLAR, *VEHICLES, *CARS, *BATTERIES)
