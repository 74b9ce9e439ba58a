"""The reward that the page's own check is held against is one that the protocol itself finds genuine."""

import json
from pathlib import Path

from custom_components.tangle_grid.protocol import Envelope, recompute

FOUND = json.loads((Path(__file__).parents[2] / "frontend/tests/fixtures/reward.json").read_text())


def test_it_is_genuine_and_adds_up() -> None:
    envelopes = {each["kind"]: Envelope.decode(each["text"].encode()) for each in FOUND["messages"]}
    assert all(envelope.is_authentic() for envelope in envelopes.values())
    settled = envelopes["settlement"].body
    again = recompute({**settled["evidence"], "rate_i_per_kwh": settled["rate_i_per_kwh"]})
    assert again.energy_wh == FOUND["recomputed"]["energy_wh"] == settled["energy_wh"]
    assert again.amount_i == FOUND["recomputed"]["amount_i"] == settled["amount_i"]
    assert all(check["ok"] for check in FOUND["checks"])
