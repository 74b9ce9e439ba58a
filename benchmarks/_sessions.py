"""Charging sessions for the benchmarks: read from a file, or drawn from a seeded model of a workplace garage."""

import gzip
import json
import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

PERIOD_MIN = 5
MAX_KW = 6.656
_PER_HOUR = 60 // PERIOD_MIN
#: How much the number of cars differs from day to day (standard deviation of its logarithm).
_UNEVEN_DAYS = 0.12
#: Share of the sessions that no charger can serve in full.
_INFEASIBLE = 0.03


class SessionsError(Exception):
    """A file of sessions that cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingSession:
    """One stay of one car.

    Attributes:
        arrival: Period in which it arrives.
        departure: Period in which it is gone.
        energy_kwh: What it asks for.
        station: Where.
        max_kw: Most that the car takes.
    """

    arrival: int
    departure: int
    energy_kwh: float
    station: str
    max_kw: float = MAX_KW


def load(path: Path) -> Any:
    """JSON from a file, which may be compressed with gzip."""
    try:
        data = path.read_bytes()
        return json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    except (OSError, ValueError) as error:
        raise SessionsError(f"{path}: {error}") from error


def is_event_queue(data: Any) -> bool:
    """Return whether this is what `EventQueue.to_json` writes."""
    return isinstance(data, dict) and "context_dict" in data


def check_stations(plugged_in: Iterable[str], stations: Iterable[str]) -> None:
    """Raise `SessionsError` where no car is plugged in, or one at a station that the site does not have."""
    used = set(plugged_in)
    if not used:
        raise SessionsError("no car is plugged in")
    if unknown := sorted(used - set(stations)):
        raise SessionsError(f"this site has no station {', '.join(unknown)}")


def from_acn_data(data: Any, stations: Iterable[str]) -> list[ChargingSession]:
    """Sessions of ACN-Data: a list, or an object with `_items` (the API) or `sessions`.

    Sessions at stations that the site does not have (its fast charger), without energy or shorter than a period are
    left out, as is one that begins before the last car has left.
    """
    items = data.get("_items", data.get("sessions")) if isinstance(data, dict) else data
    if not isinstance(items, list):
        raise SessionsError("neither an event queue of ACN-Sim nor sessions of ACN-Data")
    known = set(stations)
    sessions: list[ChargingSession] = []
    try:
        times = [(_time(item["connectionTime"]), _time(item["disconnectTime"])) for item in items]
        start = min((arrived for arrived, _ in times), default=datetime.now(UTC))
        start = start.replace(hour=0, minute=0, second=0, microsecond=0)
        busy: dict[str, int] = {}
        for item, (arrived, left) in sorted(zip(items, times, strict=True), key=lambda pair: pair[1]):
            arrival = int((arrived - start).total_seconds() / 60 // PERIOD_MIN)
            departure = int((left - start).total_seconds() / 60 // PERIOD_MIN)
            station = str(item["spaceID"])
            energy = float(item["kWhDelivered"])
            if station not in known or energy <= 0 or departure <= arrival or busy.get(station, -1) > arrival:
                continue
            busy[station] = departure
            sessions.append(ChargingSession(arrival=arrival, departure=departure, energy_kwh=energy, station=station))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SessionsError(f"not a session of ACN-Data: {error!r}") from error
    if not sessions:
        raise SessionsError("no session at a station of this site")
    return sessions


def synthetic(stations: Sequence[str], *, seed: int = 1, days: int = 30) -> list[ChargingSession]:
    """Sessions like those of a university garage: those who work there, visitors, and those who come in the evening.

    Times of arrival, lengths and energies follow the shapes that the literature reports for such a garage (Lee, Li
    and Low, ACN-Data, ACM e-Energy 2019); the same seed gives the same sessions.
    """
    draw = random.Random(seed)  # noqa: S311  # a model, not a secret
    sessions: list[ChargingSession] = []
    busy: dict[str, int] = {}
    for day in range(days):
        weekend = day % 7 in {5, 6}
        mean = (15 if weekend else 36) * draw.lognormvariate(-(_UNEVEN_DAYS**2) / 2, _UNEVEN_DAYS)
        arrivals = sorted(_stay(draw, weekend=weekend) for _ in range(max(0, round(draw.gauss(mean, math.sqrt(mean))))))
        for hour, length in arrivals:
            arrival = int((day * 24 + hour) * _PER_HOUR)
            departure = max(arrival + 3, int((day * 24 + hour + length) * _PER_HOUR))
            energy = min(max(draw.lognormvariate(math.log(7.6), 0.64), 0.6), 55.0)
            most = MAX_KW * (departure - arrival) / _PER_HOUR
            energy = min(energy, 0.97 * most)
            if draw.random() < _INFEASIBLE:
                # It charged at full power until it was unplugged, in the middle of a period.
                energy = min(most + draw.uniform(0.12, 0.5), 1.3 * most)
            free = [station for station in stations if busy.get(station, -1) <= arrival]
            if free:
                station = draw.choice(free)
                busy[station] = departure
                sessions.append(
                    ChargingSession(arrival=arrival, departure=departure, energy_kwh=energy, station=station)
                )
    return sessions


def _stay(draw: random.Random, *, weekend: bool) -> tuple[float, float]:
    """Hour of arrival and hours of stay."""
    kind = draw.random()
    if weekend:
        hour, length = draw.gauss(13.0, 4.0), draw.lognormvariate(math.log(3.0), 0.7)
    elif kind < 0.60:
        hour, length = draw.gauss(8.7, 1.3), draw.gauss(8.2, 2.0)
    elif kind < 0.84:
        hour, length = draw.uniform(8.0, 20.0), draw.lognormvariate(math.log(2.3), 0.7)
    else:
        hour, length = draw.gauss(17.5, 2.0), draw.lognormvariate(math.log(4.5), 0.6)
    return min(max(hour, 0.0), 23.5), min(max(length, 0.35), 20.0)


def _time(text: str) -> datetime:
    """Return a time of ACN-Data: as in HTTP headers, or ISO."""
    try:
        time = parsedate_to_datetime(text)
    except ValueError:
        time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
