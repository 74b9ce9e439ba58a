"""A participant's policy as its owner sets it."""

from typing import Any

from ..const import CONF_POLICY
from ..devices.config import policy_from_data
from ..grid.model.world import PolicyConfig
from .settings import SettingEntity


class PolicyEntity(SettingEntity):
    """An entity that shows and sets a part of the policy."""

    @property
    def policy(self) -> PolicyConfig:
        """The policy in force."""
        return policy_from_data(self.data)

    async def async_change_policy(self, **changes: Any) -> None:
        """Change some of the policy's values; errors as in `async_change`."""
        await self.async_change(**{CONF_POLICY: {**self.data.get(CONF_POLICY, {}), **changes}})
