"""What was learned of the participants and enters their baselines: households' profiles, the truth of cars' claims."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from .claims import Claim
from .curtailment import Ask
from .device_state import DeviceState
from .model import ChargerConfig, HouseholdConfig
from .profile import SLOT_S, HouseholdProfile

_DAY_S: Final = 86_400
#: Days start between 13 hours before and 11 hours after midnight UTC.
_EARLIEST_S: Final = 46_800


class Habits:
    """Learns from every step.

    Attributes:
        midnight_s: When days start where the island is, s after midnight UTC; negative in the east.
    """

    def __init__(self) -> None:
        self.midnight_s = 0
        self._profiles: dict[str, HouseholdProfile] = {}
        self._claims: dict[str, Claim] = {}

    def start_day(self, midnight_at: float) -> None:
        """A day began at `midnight_at`, grid time; with daylight saving, at another time of UTC than the last one."""
        offset = round(midnight_at / SLOT_S) * SLOT_S % _DAY_S
        self.midnight_s = (offset + _EARLIEST_S) % _DAY_S - _EARLIEST_S

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
                profile = self._profiles.setdefault(device_id, HouseholdProfile())
                if device_id in asked:
                    profile.spoil(now)
                power_w, earlier_w = device.power_w, before_w.get(device_id)
                if power_w is not None and earlier_w is not None:
                    profile.add(start, now, (power_w + earlier_w) / 2, self.midnight_s)
            elif isinstance(device.config, ChargerConfig):
                claim = self._claims.setdefault(device_id, Claim())
                claim.observe(device, now, now - start, asked=device_id in asked)

    def need_wh(self, device: DeviceState) -> float | None:
        """How much a car would still draw, as far as that is believed, Wh; None: no end is known."""
        claim = self._claims.get(device.device_id)
        return device.need_wh() if claim is None else claim.need_wh(device.need_wh())

    def begin(self, device: DeviceState, ask: Ask) -> float | None:
        """A car's part begins: the need that its baseline ends with, Wh; None: no end is known."""
        claim = self._claims.get(device.device_id)
        return device.need_wh() if claim is None else claim.begin(ask, device.need_wh())

    def end(self, ask: Ask) -> None:
        """A part was settled."""
        if (claim := self._claims.get(ask.device_id)) is not None:
            claim.end(ask)

    def owes_i(self, device_id: str) -> float:
        """What a car was paid for energy that it turned out not to need, and has not made up for, i."""
        claim = self._claims.get(device_id)
        return 0.0 if claim is None else claim.owes_i

    def household_w(self, device: DeviceState, start: float, end: float, known_at: float) -> float | None:
        """A household's habit between two moments, W; None without one."""
        profile = self._profiles.get(device.device_id)
        return None if profile is None else profile.expected_w(start, end, known_at, self.midnight_s)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able content."""
        return {
            "midnight_s": self.midnight_s,
            "profiles": {device_id: profile.to_dict() for device_id, profile in self._profiles.items()},
            "claims": {device_id: claim.to_dict() for device_id, claim in self._claims.items()},
        }

    def restore(self, data: Mapping[str, Any], device_ids: Iterable[str]) -> None:
        """Take over what `to_dict` gave, of the devices that there still are."""
        self.midnight_s = int(data["midnight_s"])
        for device_id in device_ids:
            if (stored := data["profiles"].get(device_id)) is not None:
                self._profiles[device_id] = HouseholdProfile()
                self._profiles[device_id].restore(stored)
            if (stored := data["claims"].get(device_id)) is not None:
                self._claims[device_id] = Claim.from_dict(stored)
