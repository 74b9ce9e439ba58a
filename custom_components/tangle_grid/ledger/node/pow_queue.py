"""Proof of work in lanes: who asks for much of it waits for himself, and for nobody else."""

import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from threading import Event, Lock

from ..trinary import WorkCancelledError, with_nonce
from .errors import NodeError
from .transaction import Transaction, attach


class Lane:
    """Does one attachment after the other. `interrupt` ends the one that is running, `stop` all of them for good.

    Methods may be called from any thread.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._working = Lock()
        self._interrupt = Event()
        self._stopped = False

    def interrupt(self) -> None:
        """End the running attachment."""
        self._interrupt.set()

    def stop(self) -> None:
        """End the running attachment, and start no other."""
        self._stopped = True
        self._interrupt.set()

    def attach(self, trytes: Sequence[str], *, trunk: str, branch: str, mwm: int) -> list[str]:
        """Chain a bundle (head first) onto two parents with proof of work; return its transactions, tail first.

        Raises NodeError (500) when interrupted.
        """
        attached: list[str] = []
        with self._working:
            self._interrupt.clear()
            if self._stopped:
                self._interrupt.set()
            for each in trytes:
                parent = Transaction.parse(attached[-1]).hash if attached else trunk
                plain = attach(
                    each, trunk=parent, branch=trunk if attached else branch, now_ms=int(self._clock() * 1000)
                )
                try:
                    attached.append(with_nonce(plain, mwm, self._interrupt))
                except WorkCancelledError:
                    raise NodeError("attachToTangle was interrupted", HTTPStatus.INTERNAL_SERVER_ERROR) from None
        return attached[::-1]


class Lanes:
    """All lanes of a node, to stop them together."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lanes: list[Lane] = []
        self._lock = Lock()
        self.stopped = False

    def open(self) -> Lane:
        """Return a new lane."""
        lane = Lane(self._clock)
        with self._lock:
            self._lanes.append(lane)
            if self.stopped:
                lane.stop()
        return lane

    def stop(self) -> None:
        """Stop every lane, those to come included."""
        with self._lock:
            self.stopped = True
            for lane in self._lanes:
                lane.stop()
