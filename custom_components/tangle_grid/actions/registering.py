"""How an action is registered: for everybody, or for administrators and automations."""

from collections.abc import Callable, Coroutine
from typing import Any

import voluptuous as vol
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers.service import async_register_admin_service

from ..const import DOMAIN

type Handler = Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]


@callback
def for_users(hass: HomeAssistant, name: str, handler: Handler, schema: vol.Schema, response: SupportsResponse) -> None:
    """Register an action that every user may call; for whom, the action itself asks ``access``."""
    hass.services.async_register(DOMAIN, name, handler, schema, response)


@callback
def for_admins(
    hass: HomeAssistant, name: str, handler: Handler, schema: vol.Schema, response: SupportsResponse
) -> None:
    """Register an action for administrators, and for automations: a call without a user comes from one."""
    async_register_admin_service(hass, DOMAIN, name, handler, schema, response)
