"""The words of the screen stand where all texts of the integration stand, and each of them is used."""

import json
import re
from pathlib import Path

from custom_components.tangle_grid.data import LinkState
from custom_components.tangle_grid.economy.effects import Kind
from custom_components.tangle_grid.economy.signed_receipt import KINDS
from custom_components.tangle_grid.grid.engine.status import FeederState
from custom_components.tangle_grid.grid.model.request import RequestState
from custom_components.tangle_grid.grid.model.supply import Supply
from custom_components.tangle_grid.grid.model.world import ChargingMode
from custom_components.tangle_grid.grid.requests.consequence import Effect
from custom_components.tangle_grid.ledger import PaymentState

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "frontend/src").rglob("*.ts"))
PREFIX = "screen_"

# The fields of messages that are shown in words; all others stand below, as they were signed.
FIELDS = (
    "participant",
    "power_w",
    "energy_wh",
    "baseline_wh",
    "measured_wh",
    "rate_i_per_kwh",
    "amount_i",
    "starts_at",
    "ends_at",
    "answer_by",
    "accepted",
    "measured_at",
    "capacity_w",
    "threshold_w",
)

# Calls with a key, also one of two: words.t("a"), words.maybe("a"), words.t(x ? "a" : "b").
CALL = re.compile(r"\.(?:t|maybe)\(\s*(?:[^\"`()]*\? )?([\"`][^\"`]+[\"`])(?: : ([\"`][^\"`]+[\"`]))?")
MADE = {
    "headline_${feeder.state}": [f"headline_{each}" for each in FeederState],
    "state_${feeder.state}": [f"state_{each}" for each in FeederState],
    "part_${part.state}": ["part_not_asked", *(f"part_{each}" for each in RequestState)],
    "book_${each.kind}": [f"book_{each}" for each in Kind],
    "field_${name}": [f"field_{each}" for each in FIELDS],
    "headline_supply_${supply.state}": [f"headline_supply_{each}" for each in Supply if each is not Supply.CABLE],
    "link_state_${link.state}": [f"link_state_{each}" for each in LinkState],
    "mode_${each}": [f"mode_{each}" for each in ChargingMode],
    "mode_${each}_means": [f"mode_{each}_means" for each in ChargingMode],
    "link_${link.relation}": [f"link_{each}" for each in ("above", "below", "beside")],
    "means_${effect}": [f"means_{each}" for each in Effect],
    "service_${service.kind}": [f"service_{each}" for each in ("parking", "toll", "data_topic")],
    "payment_${payment.state}": [f"payment_{each}" for each in PaymentState],
    "group_${name}": [f"group_{each}" for each in ("helping", "asked", "offline")],
    "group_${kind}": [f"group_{each}" for each in ("charger", "battery", "household", "solar")],
    "receipt_${each.kind}": [f"receipt_{each}" for each in KINDS],
    "view_${view}": [f"view_{each}" for each in ("transformer", "charging", "homes", "day", "tangle")],
    "kind_${kind}": [
        f"kind_{each}"
        for each in ("meter", "request", "answer", "settlement", "payment", "data", "key", "report", "milestone")
    ],
}


def texts() -> dict[str, str]:
    """Return the texts of the screen by their keys without the prefix."""
    common = json.loads((ROOT / "custom_components/tangle_grid/translations/en.json").read_text())["common"]
    return {key.removeprefix(PREFIX): text for key, text in common.items() if key.startswith(PREFIX)}


def used() -> set[str]:
    """Return the keys that the screen asks for."""
    keys: set[str] = set()
    for path in SOURCES:
        for call in CALL.finditer(path.read_text()):
            for quoted in filter(None, call.groups()):
                key = quoted[1:-1]
                keys |= set(MADE[key]) if "${" in key else {key}
    return keys


def test_every_word_is_there_and_used() -> None:
    assert len(used()) > 100
    assert used() - texts().keys() == set()
    assert texts().keys() - used() == set()
