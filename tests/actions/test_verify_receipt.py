"""A reward, from the request to the tokens, on a real ledger: anyone can verify it, and a lie is seen."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.exceptions import ServiceValidationError

from custom_components.tangle_grid.bridge.messages import event_message
from custom_components.tangle_grid.grid.model.events import GridEvent, Settlement
from custom_components.tangle_grid.island import runtime as runtime_module
from tests.support.island import CHARGER, Island
from tests.support.real_ledger import async_until, live_island, real_island

__all__ = ["live_island", "real_island"]


async def _earn(island: Island) -> str:
    """Ask the charger, let it help for the whole window, and wait for its reward; returns the payment's id."""
    request_id = await island.request(device_id=[island.device_id(CHARGER)])
    await island.call("answer_request", request_id=request_id, device_id=island.device_id(CHARGER), answer="accept")
    await island.run(16 * 60)
    ask = island.runtime.engine.requests[request_id].asks[CHARGER]
    assert ask.amount_i > 0
    await async_until(island.hass, lambda: str(ask_state(island, request_id)) == "confirmed")
    # Payments go before messages: the receipt may be a moment behind.
    await async_until(island.hass, lambda: island.runtime.link.ledger.status().queued == 0)
    return f"{request_id}:{CHARGER}"


def ask_state(island: Island, request_id: str) -> object:
    """Where the charger's part of a request stands."""
    return island.runtime.engine.requests[request_id].asks[CHARGER].state


async def test_a_reward_stands_up(real_island: Island) -> None:
    payment_id = await _earn(real_island)
    entry_id = real_island.entry.entry_id
    found = await real_island.call("verify_receipt", response=True, config_entry_id=entry_id, payment_id=payment_id)
    assert [check for check in found["checks"] if not check["ok"]] == []
    assert found["ok"]
    assert found["participant"] == "Charger Maple 4"
    assert found["device_id"] == real_island.device_id(CHARGER)
    assert found["amount"] == found["recomputed_amount"] > 0
    texts = [check["text"] for check in found["checks"]]
    assert {check["check"] for check in found["checks"]} >= {"signature", "request", "answer", "key", "rate", "paid"}
    assert not [text for text in texts if "{" in text or not text.endswith((".", found["address"]))]
    assert "Charger Maple 4 accepted it before anything was settled." in texts

    # The same from the transaction that pays it, as a list of payments names it.
    listed = await real_island.call("get_payments", response=True, config_entry_id=entry_id)
    (payment,) = [each for each in listed["payments"] if each["payment_id"] == payment_id]
    assert payment["state"] == "confirmed"
    again = await real_island.call(
        "verify_receipt", response=True, config_entry_id=entry_id, transaction=payment["transaction"]
    )
    assert again["ok"]
    assert again["payment_id"] == payment_id


async def test_a_lie_is_seen(real_island: Island) -> None:
    """An island that pays, and signs, more than its own readings come to."""

    def lie(event: GridEvent, requests: Mapping[str, Any]) -> Any:
        if isinstance(event, Settlement):
            power = [[offset, watts + 2000] for offset, watts in event.receipt["readings"]]
            event = replace(event, receipt={**event.receipt, "readings": power})
        return event_message(event, requests)

    with patch.object(runtime_module, "event_message", lie):
        payment_id = await _earn(real_island)
    found = await real_island.call(
        "verify_receipt", response=True, config_entry_id=real_island.entry.entry_id, payment_id=payment_id
    )
    assert not found["ok"]
    failed = {check["check"]: check["text"] for check in found["checks"] if not check["ok"]}
    assert failed.keys() == {"energy", "amount"}
    assert failed["energy"].startswith("The readings come to ")


@pytest.mark.parametrize("asked", [{"payment_id": "nobody:knows"}, {"transaction": "9" * 81}, {"transaction": "x"}, {}])
async def test_what_is_not_there(real_island: Island, asked: dict[str, str]) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await real_island.call("verify_receipt", response=True, config_entry_id=real_island.entry.entry_id, **asked)
    expected = {"payment_id": "unknown_payment", "transaction": "unknown_transaction"}
    assert refused.value.translation_key == expected.get(next(iter(asked), ""), "payment_missing")
