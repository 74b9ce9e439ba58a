"""Household loads that protect the fuse: off when nobody else can give way any more, and back when there is room.

Chargers and batteries give way first. When a phase carries more than its fuse all the same, loads that may be switched
off for that are: those of the greatest rank first, as many as it takes, and nobody is paid. A load that was switched
on a moment ago is left on for its least time, but for a load far above the fuse. They come back one by one, those of
the least rank first, when there has been room for each of them for a while; cars do not take that room.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from ..device.charging import floor_a
from ..device.household_loads import RESTORE_FOR_S
from ..device.state import DeviceState
from ..model.world import NOMINAL_V, BatteryConfig, ChargerConfig, HouseholdConfig, HouseholdTelemetry, ShedLoad
from ..network.feeder_watch import FeederWatch, drawn_a
from ..network.topology import PHASES, Topology

#: A phase is above its fuse for so long before a load goes off, s; so long the meter has to show what that brought.
_SHORT_S: Final = 10.0
#: Above this share of the fuse no load is left on for its least time.
_FAR_ABOVE: Final = 1.25
#: There is room for a load for so long before it comes back, s; and so long passes until the next one.
_CALM_S: Final = 60.0
_NEXT_S: Final = 30.0
#: A load is off for so long at least, s.
_LEAST_OFF_S: Final = 60.0
#: Whoever switches a load on by hand keeps it on for so long, s.
_BY_HAND_S: Final = 1800.0
#: More than this is no load on one phase, W: it is on all that its household has.
_ONE_PHASE_W: Final = 4600.0


class LoadProtection:
    """Decides, step by step, which loads are off for the fuse.

    Args:
        topology: The feeder tree.
        margin: Share of the capacity that is kept free.
    """

    def __init__(self, topology: Topology, margin: float) -> None:
        self._topology = topology
        self._margin = margin
        # By limit: since when it is above its fuse.
        self._short_since: dict[int, float] = {}
        # By household and load: since when there is room for it; since when it is on; when a hand switched it on.
        self._room_since: dict[tuple[str, str], float] = {}
        self._on_since: dict[tuple[str, str], float] = {}
        self._by_hand: dict[tuple[str, str], float] = {}
        self._returned_at = -_NEXT_S

    def decide(self, now: float, devices: Mapping[str, DeviceState], feeders: Sequence[FeederWatch]) -> bool:
        """Switch loads off and on; return whether anything changed that must survive a crash."""
        homes = [each for each in devices.values() if _guards(each)]
        if not homes:
            return False
        for home in homes:
            self._watch(home, now)
        changed = bool([home for home in homes if self._heed_hand(home, now)])
        for number, feeder in enumerate(feeders):
            for phase in range(PHASES):
                changed |= self._protect(number * PHASES + phase, feeder, devices, homes, now)
        return self._bring_back(homes, feeders, now) or changed

    def kept_a(self, devices: Mapping[str, DeviceState]) -> dict[int, float]:
        """Return what is kept free for loads that are off, A per limit."""
        kept: dict[int, float] = {}
        for home in devices.values():
            config = home.config
            if not home.loads.protecting or not isinstance(config, HouseholdConfig):
                continue
            for load in config.loads:
                if load.load_id in home.loads.protecting:
                    for limit in self._limits(home, load):
                        kept[limit] = kept.get(limit, 0.0) + _needs_a(load)
        return kept

    def forget_future(self, now: float) -> None:
        """Forget what lies in the future: the clock was set back."""
        self._short_since.clear()
        self._room_since.clear()
        self._returned_at = min(self._returned_at, now)
        self._on_since = {key: min(at, now) for key, at in self._on_since.items()}
        self._by_hand = {key: min(at, now) for key, at in self._by_hand.items()}

    def _watch(self, home: DeviceState, now: float) -> None:
        for load, on in _loads_on(home).items():
            key = (home.device_id, load)
            if on is not True:
                self._on_since.pop(key, None)
            elif key not in self._on_since:
                self._on_since[key] = now

    def _heed_hand(self, home: DeviceState, now: float) -> bool:
        """Leave a load on that was seen off and is on: that is the right of whoever lives there."""
        on = _loads_on(home)
        switched = [load for load in home.loads.protecting if load in home.loads.seen_off and on.get(load) is True]
        for load in switched:
            self._by_hand[home.device_id, load] = now
            self._release(home, load, now)
        return bool(switched)

    def _protect(
        self,
        limit: int,
        feeder: FeederWatch,
        devices: Mapping[str, DeviceState],
        homes: Sequence[DeviceState],
        now: float,
    ) -> bool:
        """Switch off what it takes on one phase of one feeder."""
        number, phase = divmod(limit, PHASES)
        fuse_a = feeder.config.capacity_a[phase]
        load_a = 0.0 if feeder.reading is None else feeder.reading.power_w[phase] / NOMINAL_V
        over_a = load_a - fuse_a
        if feeder.blind or fuse_a <= 0 or over_a <= 0:
            self._short_since.pop(limit, None)
            return False
        if now - self._short_since.setdefault(limit, now) < _SHORT_S:
            return False
        below = [each for each in devices.values() if number in self._topology.path(each.config.feeder_id)]
        over_a -= sum(_gives_a(device, feeder, phase) for device in below)
        if over_a <= 0:
            return False
        far = load_a > _FAR_ABOVE * fuse_a
        candidates = [
            (-load.rank, home.device_id, load, home)
            for home in homes
            if number in self._topology.path(home.config.feeder_id)
            for load in self._may_go(home, phase, now, far=far)
        ]
        changed = False
        for _, _, load, home in sorted(candidates, key=lambda each: each[:2]):
            home.loads.protecting[load.load_id] = now
            home.loads.seen_off.discard(load.load_id)
            home.loads.restoring.pop(load.load_id, None)
            changed = True
            over_a -= _brings_a(load)
            if over_a <= 0:
                break
        if changed:
            # The meter shows what that brought before more are switched off.
            self._short_since[limit] = now
        return changed

    def _may_go(self, home: DeviceState, phase: int, now: float, *, far: bool) -> list[ShedLoad]:
        assert isinstance(home.config, HouseholdConfig)  # noqa: S101  # only they have loads
        on = _loads_on(home)
        found = []
        for load in home.config.loads:
            key = (home.device_id, load.load_id)
            is_on = on.get(load.load_id) is True and load.load_id not in home.loads.protecting
            if not load.for_fuse or not is_on or phase not in load.phases:
                continue
            if now - self._by_hand.get(key, -_BY_HAND_S) < _BY_HAND_S:
                continue
            if far or now - self._on_since.get(key, now) >= load.least_on_s:
                found.append(load)
        return found

    def _bring_back(self, homes: Sequence[DeviceState], feeders: Sequence[FeederWatch], now: float) -> bool:
        waiting = [
            (load.rank, home.loads.protecting[load.load_id], load, home)
            for home in homes
            if isinstance(home.config, HouseholdConfig)
            for load in home.config.loads
            if load.load_id in home.loads.protecting
        ]
        self._drop_unknown(homes, now)
        for _, since, load, home in sorted(waiting, key=lambda each: each[:2]):
            key = (home.device_id, load.load_id)
            if not self._fits(home, load, feeders):
                self._room_since.pop(key, None)
                continue
            calm = now - self._room_since.setdefault(key, now) >= _CALM_S
            rested = now - since >= max(load.least_off_s, _LEAST_OFF_S)
            if calm and rested and now - self._returned_at >= _NEXT_S:
                self._returned_at = now
                # The others have to fit beside it.
                self._room_since.clear()
                self._release(home, load.load_id, now)
                return True
        return False

    def _drop_unknown(self, homes: Sequence[DeviceState], now: float) -> None:
        """Let loads come back that are no loads of their household any more, or protect nothing any more."""
        for home in homes:
            assert isinstance(home.config, HouseholdConfig)  # noqa: S101  # only they have loads
            known = {load.load_id for load in home.config.loads if load.for_fuse}
            for load in [each for each in home.loads.protecting if each not in known]:
                self._release(home, load, now)

    def _fits(self, home: DeviceState, load: ShedLoad, feeders: Sequence[FeederWatch]) -> bool:
        for limit in self._limits(home, load):
            feeder, phase = feeders[limit // PHASES], limit % PHASES
            if feeder.blind or feeder.suspect or feeder.reading is None:
                return False
            room_a = feeder.config.capacity_a[phase] * (1 - self._margin) - feeder.reading.power_w[phase] / NOMINAL_V
            if room_a < _needs_a(load):
                return False
        return True

    def _release(self, home: DeviceState, load: str, now: float) -> None:
        del home.loads.protecting[load]
        self._room_since.pop((home.device_id, load), None)
        if load not in home.loads.shed:
            home.loads.restoring[load] = now + RESTORE_FOR_S

    def _limits(self, home: DeviceState, load: ShedLoad) -> list[int]:
        return [
            number * PHASES + phase for number in self._topology.path(home.config.feeder_id) for phase in load.phases
        ]


def _guards(device: DeviceState) -> bool:
    config = device.config
    return isinstance(config, HouseholdConfig) and (
        bool(device.loads.protecting) or any(load.for_fuse for load in config.loads)
    )


def _loads_on(home: DeviceState) -> Mapping[str, bool | None]:
    return home.telemetry.loads_on if isinstance(home.telemetry, HouseholdTelemetry) else {}


def _brings_a(load: ShedLoad) -> float:
    """Return what is gone from a phase when a load is off, A: as little as it may be."""
    return load.rated_w / len(load.phases) / NOMINAL_V


def _needs_a(load: ShedLoad) -> float:
    """Return what a load may need on a phase when it comes back, A: as much as it may be."""
    return load.rated_w / (1 if load.rated_w <= _ONE_PHASE_W else len(load.phases)) / NOMINAL_V


def _gives_a(device: DeviceState, feeder: FeederWatch, phase: int) -> float:
    """Return what a charger or a battery can still give up on a phase, A: then no load has to."""
    config = device.config
    if device.silent or not isinstance(config, (ChargerConfig, BatteryConfig)) or phase not in config.phases:
        return 0.0
    if isinstance(config, ChargerConfig) and not device.watch.compliant:
        return 0.0
    return max(0.0, drawn_a(device, feeder, phase) - floor_a(device))
