"""A channel that nobody can trust: frames are lost, late, twice, out of order, kept and repeated, or cut off."""

import heapq
import random
from dataclasses import dataclass
from itertools import count


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFaults:
    """How bad it is.

    Attributes:
        least_delay_s: Nothing comes faster.
        most_delay_s: What is late comes so late at most; each frame by itself, so that they overtake each other.
        late: Share of the frames that are late; the others take the least delay.
        lost: Share of the frames that never come.
        twice: Share of the frames that come again, at any time within `most_delay_s`.
    """

    least_delay_s: float = 0.02
    most_delay_s: float = 0.02
    late: float = 0.0
    lost: float = 0.0
    twice: float = 0.0


class Channel:
    """One way of a channel, in true seconds. `kept` is what somebody who listens has of it."""

    def __init__(self, source: random.Random, faults: ChannelFaults | None = None, *, keep: int = 256) -> None:
        """Begin empty. `keep`: how many frames are kept for whoever repeats them."""
        self._source = source
        self._waiting: list[tuple[float, int, bytes]] = []
        self._order = count()
        self._keep = keep
        self.faults = ChannelFaults() if faults is None else faults
        self.is_cut = False
        self.kept: list[bytes] = []
        self.frames = 0
        self.bytes = 0

    def send(self, at: float, data: bytes) -> None:
        """Give it a frame."""
        self.frames += 1
        self.bytes += len(data)
        if self._keep:
            self.kept.append(data)
            if len(self.kept) > self._keep:
                # Somebody may keep a frame for as long as they like.
                self.kept.pop(self._source.randrange(len(self.kept)))
        faults, chance = self.faults, self._source.random
        if self.is_cut or chance() < faults.lost:
            return
        for _time in range(2 if chance() < faults.twice else 1):
            late = chance() < faults.late
            delay = faults.least_delay_s + (chance() * (faults.most_delay_s - faults.least_delay_s) if late else 0.0)
            heapq.heappush(self._waiting, (at + delay, next(self._order), data))

    def arrived(self, at: float) -> list[bytes]:
        """Return what has come by now."""
        found: list[bytes] = []
        while self._waiting and self._waiting[0][0] <= at:
            found.append(heapq.heappop(self._waiting)[2])
        return [] if self.is_cut else found

    def next_at(self) -> float | None:
        """Return when the next frame comes."""
        return self._waiting[0][0] if self._waiting else None
