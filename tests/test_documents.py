"""The documents: their links lead somewhere, what they should describe is there, and nothing foreign is."""

import dataclasses
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import yaml

from custom_components.tangle_grid.bridge.messages import event_message
from custom_components.tangle_grid.economy.services import ParkingReceipt, recompute as recompute_stay
from custom_components.tangle_grid.grid.model.events import Answered
from custom_components.tangle_grid.grid.model.request import Decision
from custom_components.tangle_grid.grid.model.world import Reason, Timing
from custom_components.tangle_grid.grid.requests import settlement
from custom_components.tangle_grid.island.configuration import STREET_TIMING
from custom_components.tangle_grid.ledger.messages.publisher import MAX_BODY_BYTES
from custom_components.tangle_grid.protocol import (
    Answer,
    CurtailmentAsk,
    KeyNotice,
    MeterReading,
    SettlementReceipt,
    recompute,
)
from tests.support.claims import CLAIMS, STRONG

ROOT: Final = Path(__file__).parents[1]
PACKAGE: Final = ROOT / "custom_components" / "tangle_grid"
BLUEPRINTS: Final = sorted((ROOT / "blueprints" / "automation" / "tangle_grid").glob("*.yaml"))
DOCUMENTS: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TEXTS: Final[dict[str, Any]] = json.loads((PACKAGE / "translations" / "en.json").read_text())
ACTIONS: Final[dict[str, Any]] = yaml.safe_load((PACKAGE / "services.yaml").read_text())

README: Final = (ROOT / "README.md").read_text()
REFERENCE: Final = (ROOT / "docs" / "reference.md").read_text()
#: Forms of their own have a page of their own.
PAGES: Final = "\n".join(path.read_text() for path in sorted((ROOT / "docs").glob("*.md")))
LEDGER: Final = (ROOT / "docs" / "ledger.md").read_text()
BALANCING: Final = (ROOT / "docs" / "balancing.md").read_text()

#: Of the machine that something was written on, and of what it fetched packages from.
FORBIDDEN: Final = re.compile(
    r"(?<![\w.])/(work|root|tmp)/|\b(pypi\.org|files\.pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org)\b"
)
LINK: Final = re.compile(r"!?\[(?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*\]\(([^)\s]+)\)")
IMAGE_IN_LINK: Final = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")
HTML_SOURCE: Final = re.compile(r"(?:src|href)=\"([^\"]+)\"")
FENCE: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LONGEST_LINE: Final = 120
#: What users read.
FOR_USERS: Final = [each for each in DOCUMENTS if "docs" in each.parts or each.stem == "README"]
#: A name in italics or bold, a picture, a link's target: not what the page says itself.
QUOTED: Final = re.compile(r"(?<![*\w])\*\*?[A-Z][^*]*\*\*?(?![*\w])|!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _prose(document: Path) -> str:
    """A document without its blocks of code."""
    return FENCE.sub("", document.read_text())


def _links(document: Path) -> Iterator[str]:
    text = _prose(document)
    for pattern in (LINK, IMAGE_IN_LINK, HTML_SOURCE):
        yield from pattern.findall(text)


def _anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _anchors(document: Path) -> set[str]:
    return {_anchor(heading) for heading in re.findall(r"^#+ (.+)$", _prose(document), re.MULTILINE)}


def _section(title: str) -> str:
    """A section of the reference, with what stands below its own headings."""
    found = re.search(rf"^(#+) {re.escape(title)}$", REFERENCE, re.MULTILINE)
    assert found is not None, f"docs/reference.md has no section {title!r}"
    rest = REFERENCE[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", FENCE.sub(lambda code: " " * len(code[0]), rest), re.MULTILINE)
    return rest[: end.start()] if end else rest


def test_the_documents_are_there() -> None:
    assert {_name(document) for document in DOCUMENTS} >= {
        "CONTRIBUTING.md",
        "README.md",
        "docs/balancing.md",
        "docs/ledger.md",
        "docs/reference.md",
        "docs/services.md",
        "docs/vehicles.md",
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_relative_links_lead_somewhere(document: Path) -> None:
    for link in _links(document):
        target = urlsplit(link)
        if target.scheme:
            assert target.scheme == "https", link
            continue
        path = (document.parent / unquote(target.path)).resolve() if target.path else document
        assert path.is_relative_to(ROOT), link
        assert path.exists(), f"{_name(document)} links to {link}"
        if target.fragment:
            assert target.fragment in _anchors(path), f"{_name(document)} links to {link}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_nothing_foreign_is_in_it(document: Path) -> None:
    found = FORBIDDEN.search(document.read_text())
    assert found is None, f"{_name(document)}: {found[0] if found else ''}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_prose_fits_the_line(document: Path) -> None:
    """Tables, badges and links cannot be wrapped; sentences can."""
    for line in _prose(document).splitlines():
        if not line.lstrip().startswith(("|", "[!", "<", "!")):
            assert len(line) <= LONGEST_LINE, f"{_name(document)}: {line}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_examples_are_yaml(document: Path) -> None:
    for code in re.findall(r"^```yaml\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL):
        yaml.safe_load(code)


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_described(action: str) -> None:
    """Under its name, with each field, and with an example that uses only fields that exist."""
    fields = ACTIONS[action]["fields"]
    section = _section(TEXTS["services"][action]["name"])
    assert f"`{action}`" in REFERENCE
    # What an action shares with another one may be told there.
    described = (
        section if "same fields" not in section else section + _section(TEXTS["services"]["get_requests"]["name"])
    )
    for field in fields:
        assert f"`{field}`" in described, f"{action}: {field}"
    calls = [yaml.safe_load(code) for code in re.findall(r"^```yaml\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)]
    calls = [call for call in calls if "action" in call]
    assert calls, f"{action} has no example"
    for call in calls:
        assert call["action"] == f"tangle_grid.{action}"
        assert set(call["data"]) <= set(fields), action
        assert {name for name, field in fields.items() if field.get("required")} <= set(call["data"]), action


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
def test_every_blueprint_is_described(path: Path) -> None:
    """In both documents, with a button that imports it from where it says that it comes from."""
    source = re.search(r"^ +source_url: (\S+)$", path.read_text(), re.MULTILINE)
    name = re.search(r'^ +name: "Tangle Grid: (.+)"$', path.read_text(), re.MULTILINE)
    assert source is not None
    assert name is not None
    assert name[1].capitalize() in README.replace("V2G", "v2g")
    assert name[1].capitalize() in REFERENCE
    assert f"blueprints/automation/tangle_grid/{path.name}" in README
    imported = {
        parse_qs(urlsplit(link).query)["blueprint_url"][0]
        for link in LINK.findall(README)
        if link.startswith("https://my.home-assistant.io/redirect/blueprint_import/")
    }
    assert source[1] in imported


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
def test_every_blueprint_has_its_own_section(path: Path) -> None:
    """With the button that imports it, and every input."""
    blueprint = path.read_text()
    name = re.search(r'^ +name: "Tangle Grid: (.+)"$', blueprint, re.MULTILINE)
    source = re.search(r"^ +source_url: (\S+)$", blueprint, re.MULTILINE)
    assert name is not None
    assert source is not None
    page = (ROOT / "docs" / "blueprints.md").read_text()
    found = re.search(rf"^## {re.escape(name[1])}$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL | re.IGNORECASE)
    assert found is not None
    (link,) = (each for each in LINK.findall(found[1]) if "redirect/blueprint_import" in each)
    assert parse_qs(urlsplit(link).query)["blueprint_url"] == [source[1]]
    inputs = re.findall(r"^    \w+:\n      name: (.+)$", blueprint, re.MULTILINE)
    assert inputs
    for each in inputs:
        assert f"| {each.strip('"')} |" in found[1]


def test_the_badges_lead_to_this_integration() -> None:
    manifest = json.loads((PACKAGE / "manifest.json").read_text())
    owner, repository = urlsplit(manifest["documentation"]).path.strip("/").split("/")
    hacs = next(link for link in LINK.findall(README) if "hacs_repository" in link)
    query = parse_qs(urlsplit(hacs).query)
    assert query == {"owner": [owner], "repository": [repository], "category": ["integration"]}


def test_every_entity_is_described() -> None:
    for domain, entities in TEXTS["entity"].items():
        for key, entity in entities.items():
            if "{" not in entity["name"]:
                assert entity["name"] in REFERENCE, f"{domain}.{key}"


def test_every_field_of_the_flows_is_described() -> None:
    def names(tree: Any) -> Iterator[str]:
        if isinstance(tree, dict):
            yield from tree.get("data", {}).values()
            for key, branch in tree.items():
                if key not in ("data", "data_description"):
                    yield from names(branch)

    for part in ("config", "config_subentries", "options"):
        for name in names(TEXTS[part]):
            assert name in PAGES, f"{part}: {name}"


#: What Home Assistant and HACS call their own.
NAMES_OF_OTHERS: Final = {
    *("Actions", "Add integration", "Configure", "Custom repositories", "Delete", "Tools"),
    *("Devices & services", "Download diagnostics", "Geolocation", "Integration", "Reconfigure", "Settings", "Submit"),
    *("Expose", "Voice assistants"),
    *("System health",),
}
#: What something of ours was called before, where a page says so.
FORMER_NAMES: Final = {"Setpoint cause"}


@pytest.mark.parametrize("document", FOR_USERS, ids=_name)
def test_what_a_page_calls_something_is_what_it_is_called(document: Path) -> None:
    """A name in italics is that of a form, a field, an entity, a state, an action, or a blueprint.

    What begins a list item is taken for a heading, and a word in lower case for one that is stressed.
    """

    def texts(tree: Any) -> Iterator[str]:
        for each in tree.values():
            yield from (each,) if isinstance(each, str) else texts(each)

    blueprints = {re.search(r"Tangle Grid: (.+)\"$", path.read_text(), re.MULTILINE) for path in BLUEPRINTS}
    known = {text.casefold().rstrip(".") for text in texts(TEXTS)}
    known |= {found[1].casefold() for found in blueprints if found is not None}
    known |= {name.casefold() for name in NAMES_OF_OTHERS | FORMER_NAMES}
    prose = re.sub(r"^- \*[^*]+\*", "", re.sub(r"`[^`]*`", "", _prose(document)), flags=re.MULTILINE)
    for name in re.findall(r"(?<![*\w])\*([A-Z][^*]*?)\*(?![*\w])", " ".join(prose.split())):
        for part in name.split(" → "):
            assert part.removeprefix("Tangle Grid: ").casefold().rstrip(".") in known, f"{_name(document)}: *{name}*"


def test_every_kind_of_event_is_described() -> None:
    events = _section("Events")
    for event in TEXTS["entity"]["event"].values():
        for event_type in event["state_attributes"]["event_type"]["state"]:
            assert f"`{event_type}`" in events


def test_times_are_those_of_the_code() -> None:
    """The table of times names the defaults; who changes one changes the table."""
    timing = Timing()
    table = BALANCING.partition("## Times and figures")[2].partition("\n## ")[0]
    rows = {cells[1].strip(): cells[2].strip() for row in table.splitlines() if len(cells := row.split("|")) > 3}
    assert rows["oldest meter reading (option)"] == f"{timing.meter_max_age_s:g} s"
    assert rows["longest time without a change of the meter"] == f"{timing.meter_frozen_s:g} s"
    assert rows["oldest reading of a participant; longest interval credited"] == f"{timing.telemetry_max_age_s:g} s"
    assert rows["life of a setpoint"] == f"{timing.lease_s:g} s"
    assert rows["least time between writes that increase"] == f"{timing.min_write_interval_s:g} s"
    assert rows["time to follow a new setpoint"] == f"{timing.compliance_grace_s:g} s"
    assert rows["heartbeat"] == f"{timing.heartbeat_s:g} s"
    assert rows["no increase after a reduction for"] == f"{timing.increase_hold_s:g} s"
    assert rows["greatest increase of one write"] == f"{timing.ramp_a_per_step:g} A"
    assert rows["above the threshold before help is asked for"] == f"{timing.request_trigger_s:g} s"
    assert rows["time to answer"] == f"{timing.answer_window_s:g} s"
    assert rows["length of a request (option)"] == f"{timing.request_duration_s / 60:g} min"
    between = f"{timing.request_cooldown_s:g} s; {timing.request_round_s:g} s"
    assert rows["least time between two requests; after one that was not filled"] == between
    assert rows["baseline looks back"] == f"{timing.baseline_window_s:g} s"
    street = {cells[1].strip(): cells[3].strip() for row in table.splitlines() if len(cells := row.split("|")) > 3}
    for row, name in (
        ("least time between writes that increase", "min_write_interval_s"),
        ("heartbeat", "heartbeat_s"),
        ("above the threshold before help is asked for", "request_trigger_s"),
    ):
        assert street[row] == f"{STREET_TIMING[name]:g} s"


def test_every_command_of_the_node_is_named() -> None:
    source = (PACKAGE / "ledger" / "node" / "commands.py").read_text()
    commands = re.findall(r'^ {12}"([a-zA-Z]+)": (?:self\._\w+,|lambda)', source, re.MULTILINE)
    assert len(commands) >= 12
    ledger = (ROOT / "docs" / "ledger.md").read_text()
    for command in commands:
        assert f"`{command}`" in ledger, command


def test_what_others_read_is_told_field_by_field() -> None:
    """Of every message and of the evidence: no more and no less than what is written."""
    table = LEDGER.partition("### What others read")[2].partition("\n## ")[0]
    rows = {
        cells[1].strip().strip("`"): set(re.findall(r"`(\w+)`", cells[2]))
        for row in table.splitlines()
        if len(cells := row.split("|")) > 3
    }
    for body in (MeterReading, CurtailmentAsk, Answer, SettlementReceipt, KeyNotice):
        assert rows[body.kind] == {field.name for field in dataclasses.fields(body)}, body.kind
    evidence = set(re.findall(r'^ {8}"(\w+)":', inspect.getsource(settlement._receipt), re.MULTILINE))
    assert rows["its `evidence"] == evidence - rows["settlement"]
    event = Answered(
        request_id="r",
        device_id="car",
        decision=Decision(
            at=0.0,
            accepted=False,
            request_id="r",
            power_w=0.0,
            rate=1,
            reason=Reason(key="departure_at_risk", placeholders={"soc": 34, "departure": "06:30"}),
        ),
    )
    said = event_message(event, {})
    assert said is not None
    assert said[1]["reason"] == {"key": "departure_at_risk"}


def test_the_receipt_of_the_example_adds_up() -> None:
    """Its readings come to what it says, and so does the same receipt on the page about balancing."""
    (example,) = (
        code for code in re.findall(r"^```yaml\n(.*?)^```$", LEDGER, re.MULTILINE | re.DOTALL) if "readings:" in code
    )
    body = yaml.safe_load(example)["messages"][0]["body"]
    evidence = body["evidence"]
    assert evidence["ended_at"] - evidence["active_at"] == evidence["duration_s"]
    found = recompute({**evidence, "rate_i_per_kwh": body["rate_i_per_kwh"]})
    for name in ("energy_wh", "baseline_wh", "measured_wh", "amount_i"):
        assert body[name] == getattr(found, name), name
    assert (
        f"baseline {found.baseline_wh:,} Wh, measured {found.measured_wh:,} Wh, energy {found.energy_wh:,} Wh"
        in BALANCING
    )


def test_the_receipt_of_a_stay_adds_up() -> None:
    text = (ROOT / "docs" / "services.md").read_text()
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    receipt = ParkingReceipt.from_dict({**yaml.safe_load(example), "service": "s", "vehicle": "v"})
    assert recompute_stay(receipt) == ()
    assert receipt.total_i == 2_500_000


def test_the_most_that_can_be_published_is_that_of_the_code() -> None:
    assert f"{MAX_BODY_BYTES:,} bytes" in _section("Publish data")


def test_the_longest_durations_of_the_forms_are_those_of_the_reference() -> None:
    for action in ("request_curtailment", "set_temporary_capacity"):
        week = ACTIONS[action]["fields"]["duration"]["selector"]["number"]["max"]
        assert week == 7 * 24 * 60
        assert "minutes, up to a week" in _section(TEXTS["services"][action]["name"])


def test_every_repair_is_described() -> None:
    repairs = _section("Repairs").lower()
    for issue in TEXTS["issues"].values():
        title = re.sub(r"\{\w+\}:? ?", "…", issue["title"]).strip("…").strip().lower()
        assert all(part.strip() in repairs for part in title.split("…")), title


def test_the_map_names_what_is_there() -> None:
    """Files and rooms in CONTRIBUTING exist; each room of the package has a row."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    package = ROOT / "custom_components" / "tangle_grid"
    named = set(re.findall(r"`([a-z_/]+\.py)`", text))
    assert len(named) > 25
    missing = {path for path in named if not (package / path).is_file() and not (ROOT / path).is_file()}
    assert not missing
    rows = {name for row in re.findall(r"^\| (.*)$", text, re.MULTILINE) for name in re.findall(r"`([a-z_]+)/`", row)}
    rooms = {path.parent.name for path in package.rglob("__init__.py")} - {"tangle_grid"}
    assert rooms == rows


def _sentences(page: Path) -> Iterator[str]:
    """Yield what a page says in sentences, without code, tables and headings."""
    prose = FENCE.sub("", page.read_text())
    lines = (line for line in prose.splitlines() if not line.lstrip().startswith(("|", "#", "<")))
    for block in re.split(r"\n\s*\n|\n(?=\s*- |\d+\. )", "\n".join(lines)):
        yield from re.split(r"(?<=[.!?;:])\s+(?=[A-Z*`\[(])", " ".join(block.split()))


@pytest.mark.parametrize("page", FOR_USERS, ids=_name)
def test_every_strong_sentence_is_held_by_a_test(page: Path) -> None:
    known = CLAIMS.get(_name(page), {})
    strong = [each for each in _sentences(page) if re.search(STRONG, QUOTED.sub("", each), re.IGNORECASE)]
    unlisted = [each for each in strong if not any(part in each for part in known)]
    assert not unlisted, "say it less strongly, or name the test that holds it in tests/support/claims.py"
    gone = [part for part in known if not any(part in each for each in strong)]
    assert not gone, "the sentence is no longer there"


@pytest.mark.parametrize("held_by", sorted({test for page in CLAIMS.values() for test in page.values()}))
def test_the_test_is_there(held_by: str) -> None:
    file, name = held_by.split("::")
    assert re.search(rf"^(async )?def {name}\(", (ROOT / "tests" / file).read_text(), re.MULTILINE), held_by
