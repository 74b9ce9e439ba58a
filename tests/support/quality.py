"""What holds each rule of Home Assistant's quality scale that is said to be kept.

By rule: a test as `file::name`, below `tests/`, or a script that CI runs. `tests/test_quality_scale.py` holds that no
rule that is `done` is missing, and that each test and script is there.
"""

from typing import Final

_SCALE: Final = "test_quality_scale.py::"
_DOCUMENTS: Final = "test_documents.py::"
_METADATA: Final = "test_metadata.py::"
_CONFIG: Final = "flows/test_config_flow.py::"
_SENSOR: Final = "entities/test_sensor.py::"

HELD: Final[dict[str, str]] = {
    # Bronze
    "action-setup": "actions/test_services.py::test_an_island_that_is_not_loaded",
    "appropriate-polling": f"{_SCALE}test_no_entity_is_polled",
    "brands": f"{_SCALE}test_the_brand_has_its_images",
    "common-modules": f"{_SCALE}test_coordinator_and_base_entity_are_where_they_are_looked_for",
    "config-flow": "flows/test_texts.py::test_every_field_has_help",
    "config-flow-test-coverage": f"{_SCALE}test_ci_fails_where_too_little_is_run",
    "docs-actions": f"{_DOCUMENTS}test_every_action_is_described",
    "docs-conditions": f"{_SCALE}test_triggers_and_conditions_are_described",
    "docs-high-level-description": f"{_SCALE}test_the_pages_have_what_is_looked_for",
    "docs-installation-instructions": f"{_SCALE}test_the_pages_have_what_is_looked_for",
    "docs-removal-instructions": f"{_SCALE}test_the_pages_have_what_is_looked_for",
    "docs-triggers": f"{_SCALE}test_triggers_and_conditions_are_described",
    "entity-event-setup": f"{_SCALE}test_entities_subscribe_once_they_are_added",
    "entity-unique-id": "island/test_entity_identity.py::test_an_island_that_is_set_up_again",
    "has-entity-name": f"{_METADATA}test_entities_are_named_and_have_icons",
    "runtime-data": "island/test_unloading.py::test_nothing_is_left_behind",
    "test-before-configure": f"{_CONFIG}test_what_is_wrong_is_said_and_can_be_put_right",
    "test-before-setup": "island/test_not_set_up.py::"
    "test_an_island_that_contradicts_itself_is_not_loaded_and_says_what_is_wrong",
    "unique-config-entry": f"{_CONFIG}test_a_feed_belongs_to_one_island",
    # Silver
    "action-exceptions": "actions/test_services.py::test_request_refuses_bad_values",
    "config-entry-unloading": "island/test_unloading.py::test_nothing_is_left_behind",
    "docs-configuration-parameters": f"{_DOCUMENTS}test_every_field_of_the_flows_is_described",
    "docs-installation-parameters": f"{_DOCUMENTS}test_every_field_of_the_flows_is_described",
    "entity-unavailable": f"{_SENSOR}test_a_silent_charger_is_unavailable",
    "integration-owner": f"{_METADATA}test_manifest",
    "log-when-unavailable": "island/test_logging.py::test_each_absence_is_said_once_and_each_return",
    "parallel-updates": f"{_SCALE}test_each_platform_says_how_many_updates_run_at_once",
    "reauthentication-flow": "flows/test_ledger_options.py::test_another_token_when_the_old_one_is_refused",
    "test-coverage": f"{_SCALE}test_ci_fails_where_too_little_is_run",
    # Gold
    "devices": f"{_SENSOR}test_devices_lead_to_the_real_ones",
    "diagnostics": "test_diagnostics.py::test_diagnostics_hold_no_secret",
    "docs-data-update": f"{_SCALE}test_the_pages_have_what_is_looked_for",
    "docs-examples": "test_blueprints.py::test_blueprint_is_valid",
    "docs-known-limitations": f"{_SCALE}test_the_pages_have_what_is_looked_for",
    "docs-supported-devices": f"{_SCALE}test_the_pages_have_what_is_looked_for",
    "docs-supported-functions": f"{_DOCUMENTS}test_every_entity_is_described",
    "docs-troubleshooting": f"{_SCALE}test_the_pages_have_what_is_looked_for",
    "docs-use-cases": f"{_SCALE}test_the_pages_have_what_is_looked_for",
    "dynamic-devices": f"{_SENSOR}test_devices",
    "entity-category": f"{_SENSOR}test_what_is_on_at_first",
    "entity-device-class": f"{_METADATA}test_entities_are_named_and_have_icons",
    "entity-disabled-by-default": f"{_SENSOR}test_what_is_on_at_first",
    "entity-translations": f"{_METADATA}test_entities_are_named_and_have_icons",
    "exception-translations": f"{_METADATA}test_every_error_has_a_text",
    "icon-translations": f"{_METADATA}test_entities_are_named_and_have_icons",
    "reconfiguration-flow": f"{_CONFIG}test_reconfigure",
    "repair-issues": f"{_DOCUMENTS}test_every_repair_is_described",
    "stale-devices": "island/test_feeders.py::test_participants_of_a_removed_feeder_move_up",
    # Platinum
    "inject-websession": f"{_SCALE}test_every_request_goes_through_home_assistants_session",
    "strict-typing": "scripts/lint",
}
