"""Every field of every form has a name and help, every problem a message that fills in what it promises."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import voluptuous as vol
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import DeviceSelector, SelectOptionDict

from custom_components.tangle_grid.devices.shape import BatteryControl, ChargerControl
from custom_components.tangle_grid.flows.checks import NO_PLACEHOLDERS
from custom_components.tangle_grid.flows.entry import island, ledger
from custom_components.tangle_grid.flows.found import BEGIN_MENU, FIELD_DEVICE
from custom_components.tangle_grid.flows.options import keys, prices, retention, seeds
from custom_components.tangle_grid.flows.subentries import (
    battery,
    charger,
    data_topic,
    feeder,
    guest,
    house,
    household,
    parking,
    participant,
    solar,
    toll,
    trial,
    upper_island,
    vehicle,
)
from custom_components.tangle_grid.grid.device.trial import TrialReport
from custom_components.tangle_grid.grid.model.world import PolicyMode
from custom_components.tangle_grid.link.joining.errors import Problem as JoinProblem

PACKAGE = Path(__file__).parents[2] / "custom_components" / "tangle_grid"
TEXTS: dict[str, Any] = json.loads((PACKAGE / "translations" / "en.json").read_text())
SUBENTRIES = TEXTS["config_subentries"]
OF_A_DEVICE = ("charger", "battery", "solar", "vehicle", "feeder")
FEEDERS = [SelectOptionDict(value="main", label="Maple Street"), SelectOptionDict(value="f1", label="Garage")]


class WithChargers(vehicle.VehicleFlow, kind="vehicle"):
    """A vehicle that may prefer a charger."""

    def chargers(self) -> list[SelectOptionDict]:
        return FEEDERS


PEOPLE = [SelectOptionDict(value="u1", label="Anna"), SelectOptionDict(value="u2", label="Bert")]
FLOWS: dict[str, participant.ParticipantFlow] = {
    kind: flow()
    for kind, flow in (
        ("charger", charger.ChargerFlow),
        ("battery", battery.BatteryFlow),
        ("household", household.HouseholdFlow),
        ("solar", solar.SolarFlow),
        ("vehicle", WithChargers),
        ("feeder", feeder.FeederFlow),
        ("parking", parking.ParkingFlow),
        ("toll", toll.TollFlow),
        ("data_topic", data_topic.DataTopicFlow),
    )
}
ALL_WRONG = TrialReport(inverted=True, pauses=False, low_a=6.0, phases=1, report_s=90.0)
FORMS = [
    (TEXTS["config"]["step"]["island"], island.ISLAND_SCHEMA),
    (TEXTS["config"]["step"]["reconfigure"], island.FEED_SCHEMA),
    (TEXTS["config"]["step"]["meter_seen"], vol.Schema({vol.Required("meter_max_age"): int})),
    *(
        (texts["step"]["device"], vol.Schema({vol.Required(FIELD_DEVICE): DeviceSelector()}))
        for texts in (TEXTS["config"], *(SUBENTRIES[kind] for kind in OF_A_DEVICE))
    ),
    (TEXTS["config"]["step"]["simulated_street"], island.STREET_SCHEMA),
    (TEXTS["options"]["step"]["balancing"], island.OPTIONS_SCHEMA),
    (TEXTS["options"]["step"]["prices"], prices.prices_schema([SelectOptionDict(value="h1", label="Home 1")])),
    (TEXTS["options"]["step"]["retention"], retention.RETENTION_SCHEMA),
    (TEXTS["config"]["step"]["reauth_confirm"], ledger.TOKEN_SCHEMA),
    (TEXTS["options"]["step"]["own_node"], ledger.OWN_NODE_SCHEMA),
    (TEXTS["options"]["step"]["other_node"], ledger.OTHER_NODE_SCHEMA),
    (TEXTS["options"]["step"]["privacy"], ledger.PRIVACY_SCHEMA),
    (TEXTS["options"]["step"]["renew_key"], keys.member_schema({})),
    (TEXTS["options"]["step"]["revoke_key"], keys.member_schema({})),
    (TEXTS["options"]["step"]["opening_key"], keys.OPENING_KEY_SCHEMA),
    (TEXTS["options"]["step"]["renew_opening_key"], keys.RENEW_OPENING_KEY_SCHEMA),
    (TEXTS["options"]["step"]["export_seed"], seeds.export_schema({})),
    (TEXTS["options"]["step"]["import_seed"], seeds.import_schema({})),
    (SUBENTRIES["charger"]["step"]["tested"], trial.corrections(ALL_WRONG, {"phases": [1, 2, 3], "max_age": 60}, 3)[0]),
    (SUBENTRIES["guest"]["step"]["user"], guest.schema(change=False)),
    (SUBENTRIES["house"]["step"]["user"], house.WAY_SCHEMA),
    (SUBENTRIES["house"]["step"]["code"], house.code_schema("TG1")),
    (SUBENTRIES["house"]["step"]["reconfigure"], house.NAME_SCHEMA),
    (SUBENTRIES["upper_island"]["step"]["user"], upper_island.CODE_SCHEMA),
    (SUBENTRIES["upper_island"]["step"]["share"], upper_island.SHARE_SCHEMA),
    (TEXTS["config"]["step"]["join"], upper_island.CODE_SCHEMA),
    (SUBENTRIES["guest"]["step"]["reconfigure"], guest.schema(change=True)),
    *(
        (SUBENTRIES[kind]["step"][step], schema)
        for kind, flow in FLOWS.items()
        for step, schema in flow.forms(3, FEEDERS, PEOPLE).items()
    ),
    *(
        (SUBENTRIES[kind]["step"]["reconfigure"], next(iter(flow.forms(3, FEEDERS, PEOPLE).values())))
        for kind, flow in FLOWS.items()
        if len(flow.steps(3)) == 1
    ),
]
# Who hangs on no feeder, and controls nothing.
OF_NO_PLACE = {"vehicle", "parking", "toll", "data_topic"}
OF_A_PLACE = {"phase_count", "feeder_phases", "feeder_unknown"}


@pytest.mark.parametrize(("texts", "schema"), FORMS)
def test_every_field_has_help(texts: dict[str, Any], schema: vol.Schema) -> None:
    fields = {str(marker): value for marker, value in schema.schema.items()}
    sections = {name: value for name, value in fields.items() if isinstance(value, section)}
    plain = set(fields) - set(sections)
    assert set(texts["data"]) == plain
    assert set(texts["data_description"]) == plain
    assert set(texts.get("sections", {})) == set(sections)
    for name, value in sections.items():
        inner = {str(marker) for marker in value.schema.schema}
        assert set(texts["sections"][name]["data"]) == inner
        assert set(texts["sections"][name]["data_description"]) == inner


#: Whoever opens a form is to see no more than this.
MOST_VISIBLE = 8


@pytest.mark.parametrize("kind", FLOWS)
def test_no_step_is_long(kind: str) -> None:
    """What few people need is in sections that are closed."""
    for step, schema in FLOWS[kind].forms(3, FEEDERS, PEOPLE).items():
        closed = [value for value in schema.schema.values() if isinstance(value, section)]
        assert all(value.options["collapsed"] for value in closed), step
        assert len(schema.schema) - len(closed) <= MOST_VISIBLE, step
        assert len(closed) <= 3, step


def test_the_menu_of_changes_names_all_steps() -> None:
    for kind, flow in FLOWS.items():
        menu = SUBENTRIES[kind]["step"]["reconfigure"].get("menu_options", {})
        steps = flow.steps(3)
        more = {"try_out"} if kind == "charger" else set()
        assert set(menu) == ({*steps, *more} if len(steps) > 1 else set()), kind


def problems(*modules: str) -> set[str]:
    """Keys of all problems that a module names."""
    keys = set()
    for module in modules:
        for node in ast.walk(ast.parse((PACKAGE / module).read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
                key = next(keyword.value for keyword in node.keywords if keyword.arg == "key")
                keys |= {part.value for part in ast.walk(key) if isinstance(part, ast.Constant)}
    return {key for key in keys if isinstance(key, str)}


def shape_problems() -> set[str]:
    """Keys of all that may not fit together in how a device is read and told."""
    keys = set()
    for node in ast.walk(ast.parse((PACKAGE / "devices" / "shape.py").read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ShapeError":
            key = node.args[1]
            assert isinstance(key, ast.Constant)
            assert isinstance(key.value, str)
            keys.add(key.value)
    return keys


def test_every_problem_has_a_message() -> None:
    errors = (TEXTS["options"]["error"], *(texts["error"] for texts in SUBENTRIES.values()))
    everywhere = set(TEXTS["config"]["error"]).union(*errors)
    modules = [str(path.relative_to(PACKAGE)) for path in (PACKAGE / "flows").rglob("*.py")]
    joining = {each.value for each in JoinProblem}
    assert problems("config_flow.py", *modules) | shape_problems() | joining == everywhere
    assert joining <= set(SUBENTRIES["upper_island"]["error"])
    assert shape_problems() <= {*SUBENTRIES["charger"]["error"], *SUBENTRIES["battery"]["error"]}
    assert problems("config_flow.py") <= set(TEXTS["config"]["error"])
    for kind in SUBENTRIES.keys() - {"guest", "house", "neighbour", "upper_island"}:
        found = problems(f"flows/subentries/{kind}.py", "flows/subentries/participant.py")
        assert found - (OF_A_PLACE if kind in OF_NO_PLACE else set()) <= set(SUBENTRIES[kind]["error"]), kind


def test_messages_only_use_what_the_forms_fill_in() -> None:
    messages = [
        *TEXTS["config"]["error"].values(),
        *TEXTS["options"]["error"].values(),
        *(m for texts in SUBENTRIES.values() for m in texts["error"].values()),
    ]
    for message in messages:
        assert set(re.findall(r"{(\w+)}", message)) <= set(NO_PLACEHOLDERS), message


def test_choices_have_names() -> None:
    assert set(TEXTS["selector"]["charger_control"]["options"]) == {each.value for each in ChargerControl}
    assert set(TEXTS["selector"]["battery_control"]["options"]) == {each.value for each in BatteryControl}
    for texts in (TEXTS["config"], *(SUBENTRIES[kind] for kind in OF_A_DEVICE)):
        assert set(texts["step"]["begin"]["menu_options"]) == set(BEGIN_MENU)
    assert set(TEXTS["selector"]["policy_mode"]["options"]) == {mode.value for mode in PolicyMode}
    assert set(TEXTS["selector"]["phases"]["options"]) == {"1", "2", "3"}
    assert set(TEXTS["config"]["step"]["user"]["menu_options"]) == {"island", "join", "simulated_street"}


def test_the_next_step_is_named() -> None:
    """Whoever has added something reads what comes next; a guest's token is what comes next for a guest."""
    for texts in (TEXTS["config"], *(SUBENTRIES[kind] for kind in FLOWS)):
        assert texts["create_entry"]["default"].startswith("Next: ")
