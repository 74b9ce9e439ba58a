"""The actions, registered where Home Assistant looks for them. What each does stands in `actions`.

Whatever spends or promises the treasury's tokens, changes what the feed may carry, or puts content of its own on the
Tangle, is for administrators, or for automations: a call without a user comes from one, and only an administrator can
have made it. Who may act for a participant, `actions.access` says.
"""

from homeassistant.core import HomeAssistant, callback

from .actions import books, car_services, keys, messages, payments, receipts, requests, sharing, topics, wallets


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register all actions."""
    for kind in (requests, payments, wallets, messages, keys, car_services, topics, books, sharing, receipts):
        kind.async_register(hass)
