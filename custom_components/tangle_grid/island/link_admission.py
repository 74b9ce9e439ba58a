"""What an island declares to one above it, and whether a house fits below it: safe powers and what nobody controls."""

from collections.abc import Mapping, MutableMapping
from dataclasses import replace
from typing import Final

from homeassistant.util import dt as dt_util

from ..const import MAIN_FEEDER
from ..grid.engine.engine import GridEngine
from ..grid.model.world import ChargerConfig, FeederConfig
from ..link.core import Admission, Terms, admission, terms_of
from .link_houses import Amps, House

#: The greatest load that nobody controls is that of so many days.
_DAYS: Final = 7
_PHASES: Final = 3


class LinkAdmission:
    """The figures of one island: its fuse, its greatest uncontrolled load, and what its houses may always draw."""

    def __init__(
        self, engine: GridEngine, houses: Mapping[str, House], greatest: MutableMapping[str, list[float]]
    ) -> None:
        """Take the grid, its houses, and the greatest uncontrolled load by day, A per phase: it is noted there."""
        self._engine = engine
        self._houses = houses
        self._greatest = greatest

    def note_uncontrolled(self) -> None:
        """Note the load that nobody controls now."""
        seen = self._engine.uncontrolled_a()
        if seen is None:
            return
        today = dt_util.utcnow().date().isoformat()
        greatest = self._greatest.setdefault(today, [0.0] * _PHASES)
        for phase in range(_PHASES):
            greatest[phase] = max(greatest[phase], round(seen[phase], 1))
        for day in sorted(self._greatest)[:-_DAYS]:
            del self._greatest[day]

    @property
    def uncontrolled_a(self) -> Amps:
        """The greatest load of the last days that nobody controls, A per phase."""
        days = [each for each in self._greatest.values() if len(each) == _PHASES]
        most = [max((each[phase] for each in days), default=0.0) for phase in range(_PHASES)]
        return most[0], most[1], most[2]

    @property
    def _main(self) -> FeederConfig:
        return next(each for each in self._engine.config.feeders if each.feeder_id == MAIN_FEEDER)

    def terms(self, *, single_total: bool) -> Terms:
        """Return what this island declares to one above it."""
        main, config = self._main, self._engine.config
        seen = [min(load, most) for load, most in zip(self.uncontrolled_a, main.capacity_a, strict=True)]
        return terms_of(main, config.devices, (seen[0], seen[1], seen[2]), single_total=single_total)

    def terms_as_known(self, known: Terms) -> Terms:
        """Return what this island is now, with the load that it declared before."""
        now = self.terms(single_total=known.single_total)
        load = [min(amps, fuse) for amps, fuse in zip(known.uncontrolled_a, now.fuse_a, strict=True)]
        return replace(now, uncontrolled_a=(load[0], load[1], load[2]))

    def lacking(self, terms: Terms, above: Terms | None) -> Mapping[str, str] | None:
        """Return the figures of the first phase on which a house with such terms does not fit; None: it fits.

        `above` is what this island declared to one above it: houses have to fit into that; None: into its fuse.
        """
        found, capacity = self._admission(terms, above)
        if found.fits:
            return None
        phase = found.short_phases[0]
        wanted = terms.fallback_a[phase]
        return {
            "phase": f"L{phase + 1}",
            "capacity": f"{capacity[phase]:g}",
            "taken": f"{found.needed_a[phase] - wanted:.1f}",
            "wanted": f"{wanted:.1f}",
        }

    def anew(self, house_id: str, terms: Terms, above: Terms | None) -> Admission:
        """Return whether a house fits with other terms in place of those that it has."""
        return self._admission(terms, above, but=house_id)[0]

    def _admission(self, terms: Terms, above: Terms | None, but: str | None = None) -> tuple[Admission, Amps]:
        """Return whether a house fits, and within what; `but` is a house that it takes the place of."""
        own = list(self.uncontrolled_a)
        for each in self._engine.config.devices:
            if isinstance(each, ChargerConfig) and not each.is_shared:
                for phase in each.phases:
                    own[phase] += each.safe_current_a
        capacity = self._main.capacity_a if above is None else above.fallback_a
        others = [house.feeder.terms for house_id, house in self._houses.items() if house_id != but]
        return admission(capacity, own, others, terms), capacity
