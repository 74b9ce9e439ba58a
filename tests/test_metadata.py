"""What hassfest would check, and a little more: the texts, icons and descriptions fit the code, both ways."""

import ast
import json
import logging
import re
import string
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.helpers.selector import selector
from homeassistant.helpers.service import async_get_all_descriptions
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid import PLATFORMS
from custom_components.tangle_grid.const import CONF_OUTAGE, CONF_PEAK_TARGET, DOMAIN
from custom_components.tangle_grid.entities.participant_sensors import DECISION_REASONS, REASON_ATTRIBUTES
from custom_components.tangle_grid.protocol import Rejection
from custom_components.tangle_grid.reasons import REASON_GIVEN
from tests.support.island import (
    Island,
    battery_subentry,
    car_park_subentry,
    charger_subentry,
    household_subentry,
    island_entry,
    solar_subentry,
    toll_subentry,
    topic_subentry,
    vehicle_subentry,
)

ROOT: Final = Path(__file__).parent.parent
FOLDER: Final = ROOT / "custom_components" / DOMAIN

# The street's own errors stay in the street.
ERRORS: Final = ("GridError", "LedgerError", "DeviceError", "TopicError", "invalid")
REASON_KEY: Final = r"(accepted|asked|declined|ended|not_asked)_[a-z_]+"

# https://developers.home-assistant.io/docs/core/integration-quality-scale/
QUALITY_RULES: Final = {
    *("action-setup", "appropriate-polling", "brands", "common-modules", "config-flow", "config-flow-test-coverage"),
    *("dependency-transparency", "docs-actions", "docs-conditions", "docs-high-level-description"),
    *("docs-installation-instructions", "docs-removal-instructions", "docs-triggers", "entity-event-setup"),
    *("entity-unique-id", "has-entity-name", "runtime-data", "test-before-configure", "test-before-setup"),
    *("unique-config-entry", "action-exceptions", "config-entry-unloading", "docs-configuration-parameters"),
    *("docs-installation-parameters", "entity-unavailable", "integration-owner", "log-when-unavailable"),
    *("parallel-updates", "reauthentication-flow", "test-coverage", "devices", "diagnostics", "discovery"),
    *("discovery-update-info", "docs-data-update", "docs-examples", "docs-known-limitations"),
    *("docs-supported-devices", "docs-supported-functions", "docs-troubleshooting", "docs-use-cases"),
    *("dynamic-devices", "entity-category", "entity-device-class", "entity-disabled-by-default"),
    *("entity-translations", "exception-translations", "icon-translations", "reconfiguration-flow"),
    *("repair-issues", "stale-devices", "async-dependency", "inject-websession", "strict-typing"),
}


@pytest.fixture
def entry() -> MockConfigEntry:
    """An island with everything that brings entities."""
    charger = charger_subentry()
    charger["data"] = {**charger["data"], "phase_switch": "input_boolean.three_phases"}
    devices = (charger, battery_subentry(), household_subentry(), solar_subentry())
    return island_entry(
        *devices,
        vehicle_subentry(),
        car_park_subentry(),
        toll_subentry(),
        topic_subentry(),
        options={CONF_PEAK_TARGET: 40, CONF_OUTAGE: {"cable": "binary_sensor.grid"}, "prices": {"kwh": "0.25"}},
    )


def _json(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / name).read_text())
    return content


def _yaml(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text())
    return content


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _calls(*names: str) -> Iterator[tuple[Path, ast.Call]]:
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
                if name in names:
                    yield path, node


def _constant(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def test_manifest() -> None:
    manifest = _json("manifest.json")
    keys = list(manifest)
    assert keys == ["domain", "name", *sorted(key for key in keys if key not in ("domain", "name"))]
    assert manifest["domain"] == DOMAIN
    assert re.fullmatch(r"\d+\.\d+\.\d+", manifest["version"])
    assert manifest["requirements"] == sorted(manifest["requirements"])
    assert {"codeowners", "config_flow", "documentation", "integration_type", "iot_class", "issue_tracker"} <= set(keys)


async def test_home_assistant_accepts_the_integration(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    integration = await async_get_integration(hass, DOMAIN)
    assert integration.config_flow
    assert integration.has_translations
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_every_quality_rule_is_listed() -> None:
    rules = _yaml("quality_scale.yaml")["rules"]
    assert set(rules) == QUALITY_RULES
    for name, rule in rules.items():
        status = rule if isinstance(rule, str) else rule["status"]
        assert status in ("done", "todo", "exempt"), name
        if status == "exempt":
            assert rule["comment"], name


def test_platforms_have_modules() -> None:
    for platform in PLATFORMS:
        assert (FOLDER / f"{Platform(platform).value}.py").is_file()


async def test_actions_are_described(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    """Registered actions, services.yaml, translations and icons name the same actions and the same fields."""
    assert await async_setup_component(hass, DOMAIN, {})
    descriptions = (await async_get_all_descriptions(hass))[DOMAIN]
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING and DOMAIN in record.message]
    assert not [record.message for record in warnings if "We found a custom integration" not in record.message]

    described, translated = _yaml("services.yaml"), _json("translations/en.json")["services"]
    registered = hass.services.async_services_for_domain(DOMAIN)
    assert set(registered) == set(described) == set(translated) == set(_json("icons.json")["services"])
    for name, service in registered.items():
        assert service.schema is not None
        fields = described[name]["fields"]
        assert {str(key) for key in service.schema.schema} == set(fields) == set(translated[name]["fields"]), name
        required = {str(key) for key in service.schema.schema if type(key).__name__ == "Required"}
        assert {field for field, content in fields.items() if content.get("required")} == required, name
        for field in fields.values():
            selector(field["selector"])
        assert ("response" in descriptions[name]) is (service.supports_response is not SupportsResponse.NONE)
    names = [text for key, text in _flat(translated) if key.endswith("name")]
    assert not [text for text in names if text.endswith(".")]


async def test_action_choices_are_translated() -> None:
    selectors = _json("translations/en.json")["selector"]
    for action in _yaml("services.yaml").values():
        for field in action["fields"].values():
            if (select := field["selector"].get("select")) is not None:
                assert set(selectors[select["translation_key"]]["options"]) == set(select["options"])


async def test_entities_are_named_and_have_icons(hass: HomeAssistant, island: Island) -> None:
    """Each entity has a name of its own, and each name belongs to an entity."""
    from homeassistant.helpers import entity_registry as er

    names, icons = _json("translations/en.json")["entity"], _json("icons.json")["entity"]
    used: set[tuple[str, str]] = set()
    for entity in er.async_entries_for_config_entry(er.async_get(hass), island.entry.entry_id):
        if entity.translation_key is None:
            assert entity.original_device_class is not None, entity.entity_id
            continue
        used.add((entity.domain, entity.translation_key))
        assert entity.translation_key in names[entity.domain], entity.entity_id
        assert entity.translation_key in icons[entity.domain] or entity.original_device_class == "battery"
        name = names[entity.domain][entity.translation_key]
        if options := (entity.capabilities or {}).get("options"):
            assert set(name["state"]) <= set(options) | {"departure_holds", "when_charged"}
            vehicles = {each.name for each in island.runtime.vehicles.all.values()}
            assert set(options) - vehicles <= set(name["state"]), entity.entity_id
        if types := (entity.capabilities or {}).get("event_types"):
            assert set(name["state_attributes"]["event_type"]["state"]) == set(types)
    real = {(platform, key) for platform, keys in names.items() for key in keys if not key.startswith("simulated_")}
    # Whoever is linked to nobody has none of these.
    of_links = {("sensor", name) for name in ("link_state", "granted_power", "sold_power", "trade_price")}
    assert real - of_links - {("event", "trade")} == used
    for platform, keys in icons.items():
        assert set(keys) <= set(names[platform]), platform


def _choices(node: ast.expr | None) -> Iterator[ast.expr | None]:
    if isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    else:
        yield node


@cache
def _raised_keys() -> set[str]:
    """The keys of all errors that can reach the user, as the code names them."""
    keys = {str(rejection) for rejection in Rejection}
    for path, call in _calls(*ERRORS):
        for node in _choices(call.args[0] if call.args else None):
            key = _constant(node)
            # A check that several commands share is told its key.
            assert key is not None or path.name == "validation.py", f"{path}:{call.lineno}"
            if key is not None:
                keys.add(key)
    for _, call in _calls("_checked", "checked_power"):
        keys |= {key for node in call.args if (key := _constant(node)) and key.startswith("invalid_")}
        keys |= {key for word in call.keywords if word.arg == "key" and (key := _constant(word.value))}
    for _, call in _calls("HomeAssistantError", "ServiceValidationError", "ConfigEntryNotReady", "ConfigEntryError"):
        keys |= {key for word in call.keywords if word.arg == "translation_key" and (key := _constant(word.value))}
    # The default of `checked_power`.
    return keys | {"invalid_power"}


def test_every_error_has_a_text() -> None:
    texts = set(_json("translations/en.json")["exceptions"])
    assert _raised_keys() - texts == set(), "errors without a text"
    assert texts - _raised_keys() == set(), "texts without an error"


def test_every_error_fills_its_text() -> None:
    """A text names no placeholder that the code does not give."""
    exceptions = _json("translations/en.json")["exceptions"]
    for path, call in _calls(*ERRORS):
        key = _constant(call.args[0] if call.args else None)
        if key is None:
            continue
        given = {word.arg for word in call.keywords if word.arg}
        for argument in call.args[1:]:
            if not isinstance(argument, ast.Dict):
                break
            given |= {name for node in argument.keys if (name := _constant(node))}
        else:
            missing = _placeholders(exceptions[key]["message"]) - given
            assert not missing, f"{key} lacks {missing} at {path.name}:{call.lineno}"


def test_every_reason_has_a_sentence() -> None:
    """Reasons that the grid gives, and sentences for them, are the same."""
    common = _json("translations/en.json")["common"]
    sentences = {key.removeprefix("reason_"): text for key, text in common.items() if key.startswith("reason_")}
    given = {
        text
        for path in (FOLDER / "grid").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.expr) and (text := _constant(node)) and re.fullmatch(REASON_KEY, text)
    } - {"asked_at", "ended_at"}
    assert given == set(sentences)
    numbers = {"charged_above", "departure", "floor", "min_rate", "need_kwh", "rate", "soc"}
    numbers |= {"ends_at", "least_w", "minutes", "needed", "phases", "power_w", "starts_at"}
    for key, sentence in sentences.items():
        assert _placeholders(sentence) <= numbers, key
    # What a sensor shows of the answers: the same keys, and figures beside them that are not recorded.
    answers = {key for key in sentences if key.startswith(("accepted_", "declined_"))}
    assert set(DECISION_REASONS) == answers | {REASON_GIVEN}
    assert {name for key in answers for name in _placeholders(sentences[key])} | {"text"} == REASON_ATTRIBUTES


def test_every_check_has_two_sentences() -> None:
    """What verifying finds, and the sentences for it, are the same, and a sentence says only what the check gives."""
    common = _json("translations/en.json")["common"]
    given: dict[str, set[str]] = {}
    for path, call in _calls("_check"):
        if path.name == "receipts.py" and (key := _constant(call.args[0])) is not None:
            given.setdefault(key, set()).update(each.arg for each in call.keywords if each.arg not in {None, "ok"})
    sentences = {f"check_{check}{suffix}" for check in given for suffix in ("", "_failed")}
    # And those of a receipt's file: a payment has one sentence when all is well, and one for each thing that is not.
    transfers = re.findall(r'"(transfer_[a-z]+)"', (FOLDER / "ledger/verify/transfers.py").read_text())
    sentences |= {f"check_{check}_failed" for check in transfers} | {"check_transfer_confirmed"}
    files = set(re.findall(r'key="([a-z_]+)"', (FOLDER / "verify/files.py").read_text()))
    sentences |= {f"check_{check}{suffix}" for check in files for suffix in ("", "_failed")}
    assert {key for key in common if key.startswith("check_")} == sentences
    for check in transfers:
        assert _placeholders(common[f"check_{check}_failed"]) <= {"payment_id", "amount_i", "transaction"}
    for check, values in given.items():
        for suffix in ("", "_failed"):
            assert _placeholders(common[f"check_{check}{suffix}"]) <= values, check


def test_issues_are_translated() -> None:
    issues = _json("translations/en.json")["issues"]
    named = set()
    for path in FOLDER.rglob("*.py"):
        source = path.read_text()
        named |= {key for key in issues if f'"{key}"' in source}
    assert named == set(issues)
    for key, issue in issues.items():
        assert ("description" in issue) != ("fix_flow" in issue), key
        assert issue["title"]


def test_a_step_of_a_request_has_one_name_wherever_it_is_told() -> None:
    told = _json("translations/en.json")["entity"]
    shown = told["sensor"]["curtailment"]["state"]
    happened = told["event"]["curtailment"]["state_attributes"]["event_type"]["state"]
    both = shown.keys() & happened.keys()
    assert happened.keys() - both == {"requested"}
    assert {step: happened[step] for step in both} == {step: shown[step] for step in both}


def test_texts_are_clean() -> None:
    for key, text in _flat(_json("translations/en.json")):
        assert text == text.strip(), key
        assert "[%key:" not in text, f"{key}: references between texts are not resolved in a custom integration"
        if not key.startswith(("config", "options", "title")):
            _placeholders(text)
