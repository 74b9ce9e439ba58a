"""What hassfest refuses in a custom integration, as its rules are published: it runs where the repository is hosted.

Texts, icons, descriptions of actions, the manifest, and components that are imported. `test_metadata` holds that all of
these fit the code.
"""

import ast
import json
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import voluptuous as vol
import yaml
from homeassistant.const import Platform
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import validate_selector

FOLDER: Final = Path(__file__).parent.parent / "custom_components/tangle_grid"
MANIFEST: Final[dict[str, Any]] = json.loads((FOLDER / "manifest.json").read_text())
TEXTS: Final[dict[str, Any]] = json.loads((FOLDER / "translations/en.json").read_text())
ICONS: Final[dict[str, Any]] = json.loads((FOLDER / "icons.json").read_text())
ACTIONS: Final[dict[str, Any]] = yaml.safe_load((FOLDER / "services.yaml").read_text())

KEY: Final = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")
ADDRESS: Final = re.compile(
    r"((ftps?|scp|https?|mqtts?|socket|socks5)://|www\.)[a-z0-9]+([-.][a-z0-9]+)*\.[a-z]{2,5}", re.IGNORECASE
)
# Stricter than hassfest, which sees no address in digits: what begins like one belongs into a placeholder.
SCHEME: Final = re.compile(r"[a-z0-9]+://", re.IGNORECASE)
#: Components that may be used without being named in the manifest.
ALWAYS_THERE: Final = {each.value for each in Platform} | {"homeassistant", "persistent_notification", "system_health"}


def _text(value: Any) -> str:
    said: str = cv.string_with_no_html(value)
    if said != said.strip():
        raise vol.Invalid("spaces around it")
    if re.search(r"'\{\w+\}'", said):
        raise vol.Invalid("a placeholder in single quotes")
    if any(not name.isidentifier() for name in _placeholders(said) if name):
        raise vol.Invalid("a placeholder that is no name")
    if "[%key:" in said:
        raise vol.Invalid("a reference, which nobody resolves in a custom integration")
    if ADDRESS.search(said) or SCHEME.search(said):
        raise vol.Invalid("an address: it belongs into a placeholder")
    return said


def _plain(value: Any) -> str:
    said = _text(value)
    if _placeholders(said):
        raise vol.Invalid("placeholders are not filled in here")
    return said


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _key(value: str) -> str:
    if not KEY.fullmatch(value):
        raise vol.Invalid(f"{value} is no key")
    return value


def _keyed(content: Any) -> Any:
    return cv.schema_with_slug_keys(content, slug_validator=_key)


def _flow(*, subentry: bool = False) -> Any:
    named = {vol.Optional("data"): {str: _text}, vol.Optional("data_description"): {str: _text}}
    step = {
        **{vol.Optional(key): _text for key in ("title", "description", "submit")},
        **named,
        vol.Optional("menu_options"): {str: _text},
        vol.Optional("menu_option_descriptions"): {str: _text},
        vol.Optional("sections"): {
            str: {**named, vol.Optional("name"): _text, vol.Optional("description"): _text},
        },
    }
    schema: dict[Any, Any] = {
        vol.Optional("flow_title"): _text,
        vol.Required("step"): {str: step},
        **{vol.Optional(key): {str: _text} for key in ("error", "abort", "progress", "create_entry")},
    }
    if subentry:
        schema |= {
            vol.Required("entry_type"): _text,
            vol.Required("initiate_flow"): {vol.Required("user"): _text, str: _text},
        }

    def described(flow: dict[str, Any]) -> dict[str, Any]:
        for name, content in flow["step"].items():
            for part in (content, *content.get("sections", {}).values()):
                if unknown := set(part.get("data_description", {})) - set(part.get("data", {})):
                    raise vol.Invalid(f"{name} describes {unknown}, which it does not have")
        return flow

    return vol.All(vol.Schema(schema), described)


_ENTITY_STATE: Final = _keyed(_plain)
_SCHEMA: Final = vol.Schema(
    {
        vol.Required("config"): _flow(),
        vol.Required("config_subentries"): cv.schema_with_slug_keys(_flow(subentry=True)),
        vol.Required("options"): _flow(),
        vol.Required("selector"): cv.schema_with_slug_keys(
            {
                vol.Optional("options"): _keyed(_text),
                vol.Optional("fields"): _keyed({vol.Required("name"): str, vol.Required("description"): _text}),
            }
        ),
        vol.Required("system_health"): {vol.Optional("info"): _keyed(_text)},
        vol.Required("issues"): {
            str: vol.All(
                cv.has_at_least_one_key("description", "fix_flow"),
                {
                    vol.Required("title"): _text,
                    vol.Exclusive("description", "fixable"): _text,
                    vol.Exclusive("fix_flow", "fixable"): _flow(),
                },
            )
        },
        vol.Required("entity"): cv.schema_with_slug_keys(
            _keyed(
                {
                    vol.Optional("name"): _text,
                    vol.Optional("state"): _ENTITY_STATE,
                    vol.Optional("state_attributes"): _keyed(
                        {vol.Optional("name"): _plain, vol.Optional("state"): _ENTITY_STATE}
                    ),
                    vol.Optional("unit_of_measurement"): _plain,
                }
            )
        ),
        vol.Required("exceptions"): cv.schema_with_slug_keys({vol.Required("message"): _text}),
        vol.Required("services"): _keyed(
            {
                vol.Required("name"): _text,
                vol.Required("description"): _text,
                vol.Optional("fields"): _keyed({vol.Required("name"): str, vol.Required("description"): _text}),
            }
        ),
        **{
            vol.Required(kind): _keyed(
                {
                    vol.Required("name"): _text,
                    vol.Required("description"): _text,
                    vol.Optional("fields"): _keyed({vol.Required("name"): str, vol.Required("description"): _text}),
                }
            )
            for kind in ("triggers", "conditions")
        },
        vol.Required("common"): cv.schema_with_slug_keys(_text),
    }
)


def test_texts() -> None:
    assert _SCHEMA(TEXTS)


@pytest.mark.parametrize(
    "text",
    [
        "See https://example.com/help",
        "Like http://192.168.1.5:14265",
        "<b>bold</b>",
        " spaces",
        "It is '{name}'",
        "It is {a b}",
        "[%key:common::x%]",
    ],
)
def test_texts_that_are_refused(text: str) -> None:
    with pytest.raises(vol.Invalid):
        _text(text)


def _icon(value: Any) -> str:
    if not re.fullmatch(r"mdi:[a-z0-9]+(-[a-z0-9]+)*", value):
        raise vol.Invalid(f"{value} is no icon of Material Design")
    return str(value)


def _distinct(icons: dict[str, Any]) -> dict[str, Any]:
    """A state whose icon is the default one need not be named, and states need a default beside them."""
    if same := [state for state, icon in icons.get("state", {}).items() if icon == icons.get("default")]:
        raise vol.Invalid(f"the icon of {same} is the default one")
    if "state" in icons and "default" not in icons:
        raise vol.Invalid("states without a default")
    return icons


def test_icons() -> None:
    entity = vol.All({vol.Optional("default"): _icon, vol.Optional("state"): _keyed(_icon)}, _distinct)
    schema = vol.Schema(
        {
            vol.Required("entity"): cv.schema_with_slug_keys(_keyed(entity)),
            vol.Required("services"): _keyed({vol.Required("service"): _icon}),
            vol.Required("triggers"): _keyed({vol.Required("trigger"): _icon}),
            vol.Required("conditions"): _keyed({vol.Required("condition"): _icon}),
        }
    )
    assert schema(ICONS)
    for platform, icons in ICONS["entity"].items():
        for key, content in icons.items():
            assert set(content.get("state", {})) <= {"on", "off", *TEXTS["entity"][platform][key].get("state", {})}, key
    with pytest.raises(vol.Invalid, match="default one"):
        _distinct({"default": "mdi:a", "state": {"on": "mdi:a"}})


def test_actions() -> None:
    field = vol.Schema(
        {
            vol.Optional("example"): vol.Any(str, int, float, bool, list, dict),
            vol.Optional("default"): vol.Any(str, int, float, bool, list, dict),
            vol.Optional("required"): bool,
            vol.Optional("advanced"): bool,
            vol.Optional("selector"): validate_selector,
        }
    )
    schema = vol.Schema(
        {cv.slug: vol.Any(None, {vol.Optional("target"): object, vol.Optional("fields"): {str: field}})}
    )
    assert schema(ACTIONS)
    for name, action in ACTIONS.items():
        assert set(ICONS["services"]) >= {name}
        for key, content in (action or {}).get("fields", {}).items():
            select = content.get("selector", {}).get("select") or {}
            translated = select.get("translation_key")
            assert translated is None or translated in TEXTS["selector"], key


def test_manifest() -> None:
    schema = vol.Schema(
        {
            vol.Required("domain"): vol.All(FOLDER.name, cv.slug),
            vol.Required("name"): str,
            vol.Optional("after_dependencies"): [cv.slug],
            vol.Required("codeowners"): [vol.All(str, vol.Match(r"@[\w/-]+$"))],
            vol.Optional("config_flow"): bool,
            vol.Optional("dependencies"): [cv.slug],
            vol.Required("documentation"): vol.All(vol.Url(), vol.Match("https://")),
            vol.Required("integration_type"): vol.In(
                ("device", "entity", "hardware", "helper", "hub", "service", "system", "virtual")
            ),
            vol.Required("iot_class"): vol.In(
                ("assumed_state", "calculated", "cloud_polling", "cloud_push", "local_polling", "local_push")
            ),
            vol.Required("issue_tracker"): vol.Url(),
            vol.Optional("loggers"): [str],
            vol.Optional("requirements"): [vol.All(str, vol.Match(r"\S+$"))],
            vol.Required("version"): vol.All(str, vol.Match(r"\d+\.\d+\.\d+$")),
        }
    )
    assert schema(MANIFEST)
    assert list(MANIFEST)[:2] == ["domain", "name"]
    assert list(MANIFEST)[2:] == sorted(list(MANIFEST)[2:])
    assert not set(MANIFEST.get("dependencies", [])) & set(MANIFEST.get("after_dependencies", []))


def test_the_config_flow_is_where_the_manifest_says() -> None:
    assert MANIFEST["config_flow"]
    flow = ast.parse((FOLDER / "config_flow.py").read_text())
    bases = {
        base.id
        for node in flow.body
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if isinstance(base, ast.Name)
    }
    assert "ConfigFlow" in bases
    # Set up with entries alone: whoever writes it into configuration.yaml is told so.
    assert "CONFIG_SCHEMA" in (FOLDER / "__init__.py").read_text()


def _components(path: Path) -> Iterator[str]:
    """The components that a module imports."""
    prefix = "homeassistant.components"
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == prefix:
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{prefix}."):
            yield str(node.module).split(".")[2]
        elif isinstance(node, ast.Import):
            yield from (name.name.split(".")[2] for name in node.names if name.name.startswith(f"{prefix}."))


def test_components_that_are_used_are_named() -> None:
    named = set(MANIFEST.get("dependencies", [])) | set(MANIFEST.get("after_dependencies", []))
    for path in FOLDER.rglob("*.py"):
        # A platform of ours for a component (diagnostics, repairs) is loaded by that component alone.
        used = {each for each in _components(path) if not (FOLDER / f"{each}.py").is_file()}
        assert used <= ALWAYS_THERE | named, path
    # And none is named that nothing needs: the guests' path is a view of the web server.
    assert named == {"http", "websocket_api", "frontend", "mqtt", "panel_custom"}
    assert "http.register_view" in (FOLDER / "__init__.py").read_text()
