"""Names shared by the whole integration."""

import logging
from typing import Final

DOMAIN: Final = "tangle_grid"
LOGGER: Final = logging.getLogger(__package__)

TREASURY: Final = "treasury"
MAIN_FEEDER: Final = "main"

KIND_ISLAND: Final = "island"
KIND_SIMULATED: Final = "simulated"

SUBENTRY_CHARGER: Final = "charger"
SUBENTRY_BATTERY: Final = "battery"
SUBENTRY_HOUSEHOLD: Final = "household"
SUBENTRY_SOLAR: Final = "solar"
SUBENTRY_VEHICLE: Final = "vehicle"
SUBENTRY_PARKING: Final = "parking"
SUBENTRY_TOLL: Final = "toll"
SUBENTRY_DATA_TOPIC: Final = "data_topic"
SUBENTRY_FEEDER: Final = "feeder"
SUBENTRY_GUEST: Final = "guest"
SUBENTRY_HOUSE: Final = "house"
SUBENTRY_UPPER_ISLAND: Final = "upper_island"
SUBENTRY_NEIGHBOUR: Final = "neighbour"

# The island.
CONF_KIND: Final = "kind"
CONF_ISLAND_ID: Final = "island_id"
CONF_FORMER_ENTRY: Final = "former_entry"
CONF_METER: Final = "meter"
CONF_METER_POWER: Final = "power"
CONF_METER_CURRENT: Final = "current"
CONF_CAPACITY_A: Final = "capacity_a"
CONF_THRESHOLD: Final = "threshold"
CONF_SPEED: Final = "speed"
CONF_LAYOUT: Final = "layout"
CONF_SEED: Final = "seed"
CONF_START: Final = "start"

# Options of the island.
CONF_RATE: Final = "rate"
CONF_REQUEST_MINUTES: Final = "request_minutes"
CONF_METER_MAX_AGE: Final = "meter_max_age"
CONF_PUBLISH_INTERVAL: Final = "publish_interval"
CONF_ENERGY: Final = "energy"
CONF_ENERGY_OUT: Final = "energy_out"
CONF_ENERGY_PRICE: Final = "energy_price"
CONF_MAX_RATE: Final = "max_rate"
CONF_AUTOMATIC: Final = "automatic"
CONF_REQUEST_BUDGET: Final = "request_budget"
CONF_DAY_BUDGET: Final = "day_budget"
CONF_PEAK_TARGET: Final = "peak_target"
CONF_PEAK_WINDOW: Final = "peak_window"
CONF_PLANNING: Final = "planning"
CONF_SUN_FORECAST: Final = "sun_forecast"
CONF_PRICE_FORECAST: Final = "price_forecast"
CONF_FAIRNESS: Final = "fairness"
CONF_DIMMING_FLOOR: Final = "dimming_floor"
CONF_OUTAGE: Final = "outage"
CONF_CABLE: Final = "cable"
CONF_CABLE_DEAD: Final = "cable_dead"
CONF_FORMED: Final = "formed"
CONF_FORMED_STATES: Final = "formed_states"
CONF_INVERTER_A: Final = "inverter_a"
CONF_INVERTER_POWER: Final = "inverter_power"
CONF_CARRY_RATE: Final = "carry_rate"
CONF_SETTLE: Final = "settle"
CONF_RESTORE_GAP: Final = "restore_gap"
CONF_TIE_POWER: Final = "tie_power"
CONF_TIE_LIMIT: Final = "tie_limit"
CONF_TIE_FEE: Final = "tie_fee"
CONF_TIE_PRICE: Final = "feed_price"
CONF_TIE_EXPORT: Final = "feed_export"
CONF_TIE_FLOOR: Final = "battery_floor"
CONF_OVERLOAD: Final = "overload"
CONF_OVERLOAD_S: Final = "overload_seconds"
CONF_PRICES: Final = "prices"
CONF_RETENTION: Final = "retention"
CONF_TOKEN_RATE: Final = "token_rate"  # noqa: S105 - a name
CONF_TOKEN_RATE_ENTITY: Final = "token_rate_entity"  # noqa: S105 - a name
CONF_PANEL: Final = "panel"

# The ledger, in the options of the island.
CONF_LEDGER: Final = "ledger"
CONF_KEEP_DAYS: Final = "keep_days"
#: How long the node in this Home Assistant keeps readings: a year of them would fill the card of a small machine.
DEFAULT_KEEP_DAYS: Final = 30
CONF_SEALED: Final = "sealed"
CONF_NODE_URL: Final = "url"
CONF_NODE_TOKEN_ID: Final = "token_id"  # noqa: S105 - a name
CONF_NODE_MWM: Final = "mwm"
CONF_TANGLE_ID: Final = "tangle_id"

# Guests: other houses at this island's node.
CONF_GUEST_TOKEN_HASH: Final = "token_hash"  # noqa: S105 - a name
CONF_GUEST_WORK: Final = "work"

# Linked islands.
CONF_LINK_ID: Final = "link_id"

# Feeders below the main one.
CONF_PARENT: Final = "parent"
CONF_METER_POWER_SENSORS: Final = "meter_power"
CONF_METER_CURRENT_SENSORS: Final = "meter_current"

# Participants.
CONF_FEEDER: Final = "feeder"
CONF_PHASES: Final = "phases"
CONF_OWNERS: Final = "owners"
CONF_POLICY: Final = "policy"
CONF_POLICY_MODE: Final = "mode"
CONF_CHARGED_ABOVE: Final = "charged_above"
CONF_MIN_RATE: Final = "min_rate"
CONF_REQUIRE_CHARGED: Final = "require_charged"
CONF_REQUIRE_DEPARTURE: Final = "require_departure"
CONF_V2G_FLOOR_SOC: Final = "v2g_floor_soc"
CONF_POWER: Final = "power"
CONF_CURRENTS: Final = "currents"
CONF_CURRENT_LIMIT: Final = "current_limit"
CONF_ENABLE: Final = "enable"
CONF_ENABLE_PAUSES: Final = "enable_pauses"
CONF_CONNECTED: Final = "connected"
CONF_SOC: Final = "soc"
CONF_DISCHARGE_CURRENT: Final = "discharge_current"
CONF_DEPARTURE: Final = "departure"
CONF_DEPARTURE_ENTITY: Final = "departure_entity"
CONF_BATTERY_KWH: Final = "battery_kwh"
CONF_TARGET_SOC: Final = "target_soc"
CONF_MIN_CURRENT: Final = "min_current"
CONF_MAX_CURRENT: Final = "max_current"
CONF_MAX_DISCHARGE_CURRENT: Final = "max_discharge_current"
CONF_SAFE_CURRENT: Final = "safe_current"
CONF_STEP: Final = "step"
CONF_WRITE_INTERVAL: Final = "write_interval"
CONF_MAX_AGE: Final = "max_age"
CONF_LEARN_PHASES: Final = "learn_phases"
CONF_FAIL_SAFE: Final = "fail_safe"
CONF_PRIORITY: Final = "priority"
CONF_POWER_SETPOINT: Final = "power_setpoint"
CONF_MAX_CHARGE_W: Final = "max_charge_w"
CONF_MAX_DISCHARGE_W: Final = "max_discharge_w"
CONF_MIN_SOC: Final = "min_soc"
CONF_LOADS: Final = "loads"
CONF_LOAD_ENTITY: Final = "entity"
CONF_LOAD_ID: Final = "id"
CONF_RATED_W: Final = "rated_w"
CONF_LOAD_WHEN: Final = "off_when"
CONF_LEAST_ON: Final = "least_on"
CONF_LEAST_OFF: Final = "least_off"
CONF_POWER_INVERTED: Final = "power_inverted"
CONF_SETPOINT_INVERTED: Final = "setpoint_inverted"
CONF_PRODUCTION_NEGATIVE: Final = "production_negative"

# How a device is read and told; `devices/shape.py` says what each of them means.
CONF_POWER_EXPORT: Final = "power_export"
CONF_POWER_ATTRIBUTE: Final = "power_attribute"
CONF_POWER_UNIT: Final = "power_unit"
CONF_CURRENT_ATTRIBUTES: Final = "current_attributes"
CONF_VOLTAGE: Final = "voltage"
CONF_STATUS: Final = "status"
CONF_STATUS_MAP: Final = "status_map"
CONF_CONTROL: Final = "control"
CONF_LIMIT_UNIT: Final = "limit_unit"
CONF_LIMIT_FULL: Final = "limit_full"
CONF_ZERO_PAUSES: Final = "zero_pauses"
CONF_SET_ACTIONS: Final = "set_actions"
CONF_PAUSE_ACTIONS: Final = "pause_actions"
CONF_RESUME_ACTIONS: Final = "resume_actions"
CONF_RELEASE_ACTIONS: Final = "release_actions"
CONF_PAUSE_SELECT: Final = "pause_select"
CONF_PAUSE_OPTION: Final = "pause_option"
CONF_RESUME_OPTION: Final = "resume_option"
CONF_CHARGE_SETPOINT: Final = "charge_setpoint"
CONF_DISCHARGE_SETPOINT: Final = "discharge_setpoint"
CONF_MODE_SELECT: Final = "mode_select"
CONF_MODE_CHARGE: Final = "mode_charge"
CONF_MODE_DISCHARGE: Final = "mode_discharge"
CONF_MODE_HOLD: Final = "mode_hold"
CONF_MODE_RELEASE: Final = "mode_release"
CONF_TRIGGER: Final = "trigger"
CONF_KEEP_ALIVE: Final = "keep_alive"
CONF_PHASE_SWITCH: Final = "phase_switch"
CONF_PHASE_OPTION_ONE: Final = "phase_option_one"
CONF_PHASE_OPTION_THREE: Final = "phase_option_three"
CONF_PHASE_ACTIONS: Final = "phase_actions"
CONF_PHASE_HOLD: Final = "phase_hold"
CONF_PHASE_PAUSES: Final = "phase_pauses"
CONF_METER_EXPORT: Final = "export"
CONF_METER_EXPORT_SENSORS: Final = "meter_export"
CONF_METER_TOTAL: Final = "meter_total"

# Vehicles, and how chargers recognise them.
CONF_ID_SENSOR: Final = "id_sensor"
CONF_TRACKER: Final = "tracker"
CONF_IDS: Final = "ids"
CONF_PREFERRED_CHARGER: Final = "preferred_charger"
CONF_MAX_PRICE: Final = "max_price"
CONF_ROAMING: Final = "roaming"

# Services that cars pay: parking and tolls.
CONF_SERVICE_ZONE: Final = "zone"
CONF_TARIFF_JSON: Final = "tariff_json"
CONF_PRICE_ENTITY: Final = "price_entity"
CONF_MARGIN: Final = "margin"
CONF_PLACES: Final = "places"
CONF_TOLL_PRICE: Final = "price"

# What a vehicle allows them.
CONF_PARKING_MODE: Final = "parking_mode"
CONF_PARKING_LIMIT: Final = "parking_limit"
CONF_TOLL_MODE: Final = "toll_mode"
CONF_TOLL_LIMIT: Final = "toll_limit"
# The same for single services, by their ids.
CONF_SERVICE_RULES: Final = "service_rules"

# Data topics.
CONF_WHAT: Final = "what"
CONF_AREA: Final = "area"
CONF_BOUNTY: Final = "bounty"
CONF_BUDGET: Final = "budget"
CONF_TOPIC_DAY_BUDGET: Final = "budget_of_a_day"
CONF_CONFIRMATIONS: Final = "confirmations"
CONF_NEAR: Final = "near"
CONF_WINDOW_HOURS: Final = "window_hours"
CONF_KNOWN_HOURS: Final = "known_hours"
CONF_PUBLIC: Final = "public"
CONF_WANTS_VALUE: Final = "wants_value"
CONF_TOLERANCE: Final = "tolerance"
CONF_LEAST: Final = "least"
CONF_MOST: Final = "most"

DEFAULT_THRESHOLD: Final = 80
DEFAULT_RATE: Final = 1_000_000
DEFAULT_REQUEST_MINUTES: Final = 15
DEFAULT_METER_MAX_AGE: Final = 15
DEFAULT_PUBLISH_INTERVAL: Final = 30
DEFAULT_NODE_MWM: Final = 9
DEFAULT_SPEED: Final = 30
DEFAULT_SEED: Final = 1
DEFAULT_START: Final = "17:30"
DEFAULT_CHARGED_ABOVE: Final = 80
DEFAULT_TARGET_SOC: Final = 80
DEFAULT_MIN_SOC: Final = 10
DEFAULT_STEP_A: Final = 1
DEFAULT_MAX_AGE: Final = 60
DEFAULT_VOLTAGE: Final = 230
DEFAULT_PHASE_HOLD: Final = 600
DEFAULT_LEAST_OFF: Final = 300
DEFAULT_PEAK_WINDOW: Final = 15
DEFAULT_FAIRNESS: Final = 50
DEFAULT_DIMMING_FLOOR: Final = 4.2
