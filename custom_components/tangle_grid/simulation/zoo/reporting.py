"""When a device speaks."""

from typing import override

from ..randomness import noise, stream_key
from .behaviour import Behaviour


class Every(Behaviour):
    """Reports every `period_s`, the first time after `offset_s`, s."""

    def __init__(self, period_s: float, offset_s: float = 0.0) -> None:
        self._period = (period_s, offset_s % period_s)

    @override
    def every_s(self) -> tuple[float, float]:
        return self._period


class OnlyChanges(Behaviour):
    """Says nothing that it has said already."""

    @override
    def repeats(self) -> bool:
        return False


class OnChange(OnlyChanges):
    """Reports what has changed, `after_s` after it did, and nothing else."""

    def __init__(self, after_s: float = 1.0) -> None:
        self._after_s = after_s

    @override
    def on_change_s(self) -> float:
        return self._after_s


class OnlyInSession(Behaviour):
    """Reports nothing while no current flows."""

    @override
    def quiet(self, *, in_session: bool) -> bool:
        return not in_session


class Dead(Behaviour):
    """Reports nothing."""

    @override
    def quiet(self, *, in_session: bool) -> bool:
        return True


class Late(Behaviour):
    """Each value is `by_s` old when it is shown as a new one."""

    def __init__(self, by_s: float) -> None:
        self._by_s = by_s

    @override
    def late_s(self, number: int) -> float:
        return self._by_s


class OneAfterAnother(Behaviour):
    """The entities of one report come one after another, within `within_s`, s."""

    def __init__(self, within_s: float = 0.05) -> None:
        self._gap_s = within_s / 2

    @override
    def late_s(self, number: int) -> float:
        return number * self._gap_s


class Drifting(Behaviour):
    """Reports every `period_s`, give or take `by_s`, s: a poll that waits for its turn."""

    def __init__(self, period_s: float, by_s: float, offset_s: float = 0.0) -> None:
        self._period_s, self._by_s, self._offset_s = period_s, by_s, offset_s
        self._key = stream_key("drifting", period_s, by_s, offset_s)
        self._number = 0

    @override
    def every_s(self) -> tuple[float, float]:
        self._number += 1
        drift = self._by_s * noise(self._key, self._number)
        return (self._period_s + drift, self._offset_s)
