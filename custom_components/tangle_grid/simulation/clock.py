"""Days of the street: local midnights, weekdays, and the season that the street keeps."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetDay:
    """One local day; `midnight` and `until` are epoch seconds, `ordinal` counts days (proleptic Gregorian).

    Seconds of the day count from midnight without a break: on the two days of the year on which clocks change, what
    happens after the change is an hour off.
    """

    ordinal: int
    weekday: int
    midnight: float
    until: float


class Calendar:
    """Finds the day of a moment; remembers the last one, since moments come in order."""

    __slots__ = ("_day", "_timezone")

    def __init__(self, timezone: tzinfo) -> None:
        self._timezone = timezone
        self._day: StreetDay | None = None

    def day(self, now: float) -> StreetDay:
        """Return the local day that the epoch second `now` lies in."""
        day = self._day
        if day is None or not day.midnight <= now < day.until:
            day = self._day = self._find(now)
        return day

    def _find(self, now: float) -> StreetDay:
        local = datetime.fromtimestamp(now, UTC).astimezone(self._timezone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        following = (midnight + timedelta(days=1)).replace(fold=0)
        return StreetDay(
            ordinal=local.toordinal(),
            weekday=local.weekday(),
            midnight=midnight.timestamp(),
            until=following.timestamp(),
        )
