"""What a neighbour has sold is paid on a real Tangle: the buyer's own node, which the seller uses as a guest."""

from functools import partial
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tangle_grid.bridge import options as ledger_choice
from custom_components.tangle_grid.bridge.secrets import SecretStore
from custom_components.tangle_grid.const import CONF_LEDGER, TREASURY
from custom_components.tangle_grid.ledger import PaymentState, Remote, check_node
from tests.support.guests import let_in, path_of
from tests.support.island import set_sensor
from tests.support.linked_islands import STREET_ID, async_set_up_house, house_entry, street_entry
from tests.support.neighbours import Beside, Hours
from tests.support.real_ledger import async_load, async_until


async def test_the_buyer_pays_on_its_own_tangle_what_the_smaller_meter_counted(
    hass: HomeAssistant,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    socket_enabled: None,
) -> None:
    monkeypatch.setattr(ledger_choice, "Remote", partial(Remote, poll_s=0.2, idle_poll_s=0.5))
    await async_set_up_house(hass)
    beside = Beside(hass, street_entry(), house_entry())
    beside.draw(300, 900)
    for entity_id in ("sensor.tie_a", "sensor.tie_b"):
        set_sensor(hass, entity_id, 0.0, "W")
    await async_load(hass, beside.house_entry)
    client = await hass_client_no_auth()
    beside.url = str(client.make_url("/")).rstrip("/")
    token = await let_in(hass, beside.house_entry)
    await async_until(hass, lambda: beside.house.link.healthy)
    url = beside.url + path_of(beside.house_entry)
    info = await check_node(client.session, url, token)
    token_id = await SecretStore(hass, STREET_ID).async_add_token(token)
    choice = {"url": url, "mwm": 9, "tangle_id": info.tangle_id, "token_id": token_id}
    beside.street_entry.add_to_hass(hass)
    options: dict[str, Any] = {**beside.street_entry.options, CONF_LEDGER: choice}
    hass.config_entries.async_update_entry(beside.street_entry, options=options)
    assert await hass.config_entries.async_setup(beside.street_entry.entry_id)

    hours = Hours(beside, monkeypatch)
    # The buyer's meter shows less than the seller's.
    hours.meters = (1.0, 0.95)
    await beside.async_join()
    await async_until(hass, lambda: beside.street.link.healthy and beside.house.link.healthy)
    assert beside.street.link.wallets[TREASURY].balance_i == 0
    supply = beside.house.link.wallets[TREASURY].balance_i
    await hours.async_pass(lambda: beside.street.link.wallets[TREASURY].balance_i > 0, most_s=6_000.0)

    earned = beside.street.link.wallets[TREASURY].balance_i
    paid = [each for each in await beside.house.link.ledger.payments() if each.state is PaymentState.CONFIRMED]
    assert all(each.payment_id.startswith("neighbour/") for each in paid)
    assert sum(each.amount_i for each in paid) >= earned
    first = min(paid, key=lambda each: each.created_at)
    assert first.tail is not None
    # The seller sees it on the node that is not its own.
    seen = await beside.street.link.ledger.tangle.transaction(first.tail)
    assert seen is not None
    assert seen.confirmed
    assert (seen.value, earned > 0) == (first.amount_i, True)
    assert beside.house.link.wallets[TREASURY].balance_i == supply - sum(each.amount_i for each in paid)
    own, theirs = beside.of(beside.street).counted
    assert theirs < own
    await beside.async_leave()
