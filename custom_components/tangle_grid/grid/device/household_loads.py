"""The loads of a household: which are kept off, and which are to come back."""

from collections.abc import Mapping
from typing import Any, Final

from ..model.world import DeviceConfig, HouseholdConfig

#: How long a load is told to come back until it is seen on, s.
RESTORE_FOR_S: Final = 3600.0


class HouseholdLoads:
    """What a household's loads were told.

    Attributes:
        shed: Those that are kept off, with the time since when.
        protecting: Those that are off for the fuse, with the time since when.
        seen_off: Those of both that were seen off, in this run.
        restoring: Those that are to be switched on again, with the time until when that is tried.
        told_shed, told_restore: What the household was told last.
    """

    def __init__(self, config: DeviceConfig) -> None:
        """Begin with all of them on; devices that are no households have none."""
        self._rated_w = (
            {load.load_id: load.rated_w for load in config.loads} if isinstance(config, HouseholdConfig) else {}
        )
        self.shed: dict[str, float] = {}
        self.protecting: dict[str, float] = {}
        self.seen_off: set[str] = set()
        self.restoring: dict[str, float] = {}
        self.told_shed: frozenset[str] = frozenset()
        self.told_restore: frozenset[str] = frozenset()

    def rated_w(self, loads: tuple[str, ...]) -> float:
        """Return the rated power of some of them, W."""
        return sum(watts for load, watts in self._rated_w.items() if load in loads)

    def forget_future(self, now: float) -> None:
        """Forget what lies in the future: the clock was set back."""
        self.shed = {load: min(since, now) for load, since in self.shed.items()}
        self.protecting = {load: min(since, now) for load, since in self.protecting.items()}
        self.restoring = {load: min(until, now + RESTORE_FOR_S) for load, until in self.restoring.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able content."""
        return {"shed": self.shed, "protecting": self.protecting, "restoring": self.restoring}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Go on with what `to_dict` gave."""
        self.shed = {str(load): float(since) for load, since in data["shed"].items()}
        self.protecting = {str(load): float(since) for load, since in data.get("protecting", {}).items()}
        self.restoring = {str(load): float(until) for load, until in data["restoring"].items()}
