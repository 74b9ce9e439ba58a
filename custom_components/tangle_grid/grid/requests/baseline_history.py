"""What was learned of the participants and enters their baselines: households' profiles, the truth of cars' claims."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from ..device.state import DeviceState
from ..model.local_time import LocalTime, utc
from ..model.request import Ask
from ..model.world import ChargerConfig, HouseholdConfig
from .load_profile import HouseholdProfile
from .need_plausibility import Claim


class Habits:
    """Learns from every step.

    Args:
        local: What the clocks on the walls show: a household's days are those of its people.
    """

    def __init__(self, local: LocalTime = utc) -> None:
        self._local = local
        self._profiles: dict[str, HouseholdProfile] = {}
        self._claims: dict[str, Claim] = {}

    def observe(
        self,
        now: float,
        start: float,
        devices: Iterable[DeviceState],
        before_w: Mapping[str, float | None],
        asked: frozenset[str],
    ) -> None:
        """Take in the time since the last step.

        Args:
            now: Grid time.
            start: From here on it was measured.
            devices: All.
            before_w: Power at the last step by device id, W.
            asked: Devices with an active part.
        """
        for device in devices:
            device_id = device.device_id
            if isinstance(device.config, HouseholdConfig):
                profile = self._profiles.setdefault(device_id, HouseholdProfile(self._local))
                if device_id in asked:
                    profile.spoil(now)
                power_w, earlier_w = device.power_w, before_w.get(device_id)
                if power_w is not None and earlier_w is not None:
                    profile.add(start, now, (power_w + earlier_w) / 2)
            elif isinstance(device.config, ChargerConfig):
                claim = self._claims.setdefault(device_id, Claim())
                claim.observe(device, now, now - start, asked=device_id in asked)

    def need_wh(self, device: DeviceState) -> float | None:
        """Return how much a car would still draw, as far as that is believed, Wh; None: no end is known."""
        claim = self._claims.get(device.device_id)
        return device.need_wh() if claim is None else claim.need_wh(device.need_wh())

    def payable_wh(self, device: DeviceState, rate: int) -> float | None:
        """Return how much of what a car would draw is paid at a rate, i/kWh, where all of it is given, Wh; None.

        All of it.
        """
        need_wh, owes_i = self.need_wh(device), self.owes_i(device.device_id)
        if owes_i <= 0 or rate <= 0:
            return need_wh
        return 0.0 if need_wh is None else max(0.0, need_wh - owes_i * 1000 / rate)

    def begin(self, device: DeviceState, ask: Ask) -> float | None:
        """Return the need with which a car's baseline ends as its part begins, Wh; None: no end is known."""
        claim = self._claims.get(device.device_id)
        return device.need_wh() if claim is None else claim.begin(ask, device.need_wh())

    def end(self, ask: Ask) -> None:
        """Note that a part was settled."""
        if (claim := self._claims.get(ask.device_id)) is not None:
            claim.end(ask)

    def owes_i(self, device_id: str) -> float:
        """Return what a car was paid for energy that it turned out not to need, and has not made up for, i."""
        claim = self._claims.get(device_id)
        return 0.0 if claim is None else claim.owes_i

    def household_w(self, device: DeviceState, start: float, end: float, known_at: float) -> float | None:
        """Return a household's habit between two moments, W; None without one."""
        profile = self._profiles.get(device.device_id)
        return None if profile is None else profile.expected_w(start, end, known_at)

    def forget_future(self, now: float) -> None:
        """Forget what lies in the future: the clock was set back."""
        for profile in self._profiles.values():
            profile.forget_future(now)
        for claim in self._claims.values():
            claim.forget_future(now)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able content."""
        return {
            "profiles": {device_id: profile.to_dict() for device_id, profile in self._profiles.items()},
            "claims": {device_id: claim.to_dict() for device_id, claim in self._claims.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], device_ids: Iterable[str], local: LocalTime = utc) -> Self:
        """Return what `to_dict` described, of the devices that there still are.

        Raises:
            AttributeError, KeyError, TypeError, ValueError: it is something else.
        """
        habits = cls(local)
        for device_id in device_ids:
            if (stored := data["profiles"].get(device_id)) is not None:
                habits._profiles[device_id] = HouseholdProfile.from_dict(stored, local)
            if (stored := data["claims"].get(device_id)) is not None:
                habits._claims[device_id] = Claim.from_dict(stored)
        return habits
