"""What a device measures of itself, and the texts in which it says so."""

from typing import Final, override

from ..randomness import noise, stream_key
from .behaviour import BehavingCharger, Behaviour
from .entity import UNAVAILABLE

_ARABIC: Final = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


class ZeroFirst(Behaviour):
    """Its power goes to 0 when it is told to pause, before its current falls."""

    @override
    def measures(self, charger: BehavingCharger, amps: float) -> float:
        return 0.0 if charger.is_stopping else amps


class Scaled(Behaviour):
    """What it measures is `factor` times what flows: wrong units, a clamp with another ratio."""

    def __init__(self, factor: float, quantities: tuple[str, ...] = ()) -> None:
        self._factor, self._quantities = factor, quantities

    @override
    def says(self, at: float, quantity: str, text: str, unit: object) -> tuple[str | None, object]:
        if self._quantities and not quantity.startswith(self._quantities):
            return text, unit
        try:
            return repr(round(float(text) * self._factor, 3)), unit
        except ValueError:
            return text, unit


class Says(Behaviour):
    """Shows one text, whatever is: nan, inf, 1e308, 3.4e38, 1_000, 0000-00-00."""

    def __init__(self, text: str | None, *quantities: str) -> None:
        self._text, self._quantities = text, quantities

    @override
    def says(self, at: float, quantity: str, text: str, unit: object) -> tuple[str | None, object]:
        if self._quantities and not quantity.startswith(self._quantities):
            return text, unit
        return self._text, unit


class Vanishes(Says):
    """Some of its entities are unavailable."""

    def __init__(self, *quantities: str) -> None:
        super().__init__(UNAVAILABLE, *quantities)


class Renamed(Says):
    """Some of its entities are not there: they have another name, or have not come yet."""

    def __init__(self, *quantities: str) -> None:
        super().__init__(None, *quantities)


class OtherDigits(Behaviour):
    """Writes numbers in other digits than 0 to 9."""

    def __init__(self, *quantities: str) -> None:
        self._quantities = quantities

    @override
    def says(self, at: float, quantity: str, text: str, unit: object) -> tuple[str | None, object]:
        if self._quantities and not quantity.startswith(self._quantities):
            return text, unit
        return text.translate(_ARABIC), unit


class Underscores(Behaviour):
    """Writes "1_000"."""

    def __init__(self, *quantities: str) -> None:
        self._quantities = quantities

    @override
    def says(self, at: float, quantity: str, text: str, unit: object) -> tuple[str | None, object]:
        if self._quantities and not quantity.startswith(self._quantities):
            return text, unit
        whole, dot, rest = text.partition(".")
        return (f"{int(whole):_}{dot}{rest}" if whole.lstrip("-").isdigit() else text), unit


class UnitIs(Behaviour):
    """Has another unit, perhaps one that is no text."""

    def __init__(self, unit: object, *quantities: str) -> None:
        self._unit, self._quantities = unit, quantities

    @override
    def says(self, at: float, quantity: str, text: str, unit: object) -> tuple[str | None, object]:
        if self._quantities and not quantity.startswith(self._quantities):
            return text, unit
        return text, self._unit


class Frozen(Behaviour):
    """Goes on showing what it showed first."""

    def __init__(self, *quantities: str) -> None:
        self._quantities = quantities
        self._first: dict[str, str] = {}

    @override
    def says(self, at: float, quantity: str, text: str, unit: object) -> tuple[str | None, object]:
        if self._quantities and not quantity.startswith(self._quantities):
            return text, unit
        return self._first.setdefault(quantity, text), unit


class PlugDrops(Behaviour):
    """Says "not connected" for `for_s` every `every_s`, s."""

    def __init__(self, every_s: float = 300.0, for_s: float = 5.0) -> None:
        self._every_s, self._for_s = every_s, for_s

    @override
    def says(self, at: float, quantity: str, text: str, unit: object) -> tuple[str | None, object]:
        drops = quantity == "connected" and at % self._every_s < self._for_s
        return ("off" if drops else text), unit


class Coarse(Behaviour):
    """Rounds what it measures to multiples of `step`."""

    def __init__(self, step: float) -> None:
        self._step = step

    @override
    def says(self, at: float, quantity: str, text: str, unit: object) -> tuple[str | None, object]:
        if not quantity.startswith("power"):
            return text, unit
        return f"{round(float(text) / self._step) * self._step:g}", unit


class NoiseAroundAConstant(Behaviour):
    """Shows `watts`, give or take `by_w`, whatever flows."""

    def __init__(self, watts: float, by_w: float = 20.0) -> None:
        self._watts, self._by_w = watts, by_w
        self._key = stream_key("constant", watts, by_w)

    @override
    def says(self, at: float, quantity: str, text: str, unit: object) -> tuple[str | None, object]:
        return f"{self._watts + self._by_w * noise(self._key, int(at)):.0f}", unit


class Swapped(Behaviour):
    """What is measured on one phase is shown for another, from some day on: `order` says whose value each shows."""

    def __init__(self, order: tuple[int, int, int] = (1, 0, 2)) -> None:
        self._order = order
        self._latest: dict[str, str] = {}

    @override
    def says(self, at: float, quantity: str, text: str, unit: object) -> tuple[str | None, object]:
        name, _, line = quantity.rpartition("_l")
        self._latest[quantity] = text
        if line not in {"1", "2", "3"}:
            return text, unit
        return self._latest.get(f"{name}_l{self._order[int(line) - 1] + 1}", text), unit
