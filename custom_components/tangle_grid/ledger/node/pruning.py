"""Old transactions go, a few at a time; what became of the tokens stays.

The Tangle is cut at a milestone (a local snapshot, as IRI calls it): what that milestone and those before it saw may
go. Of a transaction that is gone but has children, hash and id stay as an entry point, so that the children still
have parents and others can be attached beside them. Balances, spent addresses and applied bundles live in tables of
their own: a bundle that comes back after it was pruned moves nothing.
"""

import logging
from collections.abc import Callable
from threading import Event, Thread
from typing import Final

from ..base.errors import LedgerError
from ..base.stored_values import number, understood
from .store import TangleStore

_BATCH: Final = 200
_PAGES: Final = 256
_PAUSE_S: Final = 0.05
_EVERY_S: Final = 60.0
_NEAR: Final = 32
"""The newest milestones whose transactions stay in any case: tip selection and references look that far back."""

CUT: Final = (
    "SELECT MAX(number) FROM (SELECT number, at FROM milestone WHERE number <= ?1 ORDER BY number LIMIT 64)"
    " WHERE at < ?2"
)
ORPHANED: Final = """
DELETE FROM entry WHERE id IN (SELECT value FROM json_each(?1))
AND NOT EXISTS (SELECT 1 FROM tx WHERE trunk = entry.id) AND NOT EXISTS (SELECT 1 FROM tx WHERE branch = entry.id)
"""


_LOGGER: Final = logging.getLogger(__name__)


class Pruner:
    """Deletes what is older than `keep_s` seconds (None: nothing). Call `step` where nobody waits for it."""

    def __init__(self, store: TangleStore, *, keep_s: float | None) -> None:
        self._store = store
        self._database = store.database
        self.keep_s = keep_s

    @property
    def snapshot(self) -> int:
        """The number of the milestone at which the Tangle is cut; 0: it is whole."""
        return self._store.meta_number("snapshot")

    def step(self, now: float) -> bool:
        """Look at the next transactions in the order of storing and delete those that may go.

        Returns whether there is more to do at once. All of a step is done or nothing of it.
        """
        if self.keep_s is None:
            return False
        cut = self._cut(now - self.keep_s)
        with self._database.transaction():
            more = cut > 0 and self._prune(cut)
        if more:
            return True
        return self._database.shrink(_PAGES) > 0

    def _cut(self, before: float) -> int:
        """Return the number of the last milestone that may go."""
        latest = self._store.latest_milestone()[0]
        # The milestones that are left are few enough to count from the oldest: the others went with what they saw.
        found = self._database.value(CUT, latest - _NEAR, before)
        return int(found or 0)

    def _prune(self, cut: int) -> bool:
        start = self._store.meta_number("pruned_to")
        rows = self._database.rows(
            "SELECT id, hash, trunk, branch, milestone, (signed OR kept) AND conflict IS NULL FROM tx WHERE id > ?"
            " ORDER BY id LIMIT ?",
            start,
            _BATCH,
        )
        old = []
        with understood("a transaction"):
            for row in rows:
                if row[4] is None or number(row[4]) > cut:
                    break
                old.append(row)
        if not old:
            return False
        going = [row for row in old if not row[5]]
        self._delete([(row[0], row[1]) for row in going], {parent for row in going for parent in row[2:4]})
        self._store.set_meta("pruned_to", str(old[-1][0]))
        self._store.set_meta("snapshot", str(cut))
        return True

    def _delete(self, going: list[tuple[int, str]], parents: set[int]) -> None:
        ids = [(each,) for each, _hash in going]
        self._database.run_many("DELETE FROM tx WHERE id = ?", ids)
        self._database.run_many("DELETE FROM body WHERE id = ?", ids)
        self._database.run_many("DELETE FROM milestone WHERE tx = ?", ids)
        self._database.run_many(
            "INSERT INTO entry (id, hash) SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM tx WHERE trunk = ?1)"
            " OR EXISTS (SELECT 1 FROM tx WHERE branch = ?1)",
            going,
        )
        self._database.run(ORPHANED, str(sorted(parents)))
        self._store.set_meta("pruned", str(self._store.meta_number("pruned") + len(going)))


class Housekeeping:
    """A thread that prunes now and then, one short step at a time, so that it is never in anybody's way."""

    def __init__(self, step: Callable[[], bool]) -> None:
        """Start; `step` tells whether there is more to do at once."""
        self._step = step
        self._ended = Event()
        self._thread = Thread(target=self._run, name="tangle-housekeeping", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        pause = 0.0
        while not self._ended.wait(pause):
            try:
                pause = _PAUSE_S if self._step() else _EVERY_S
            except LedgerError as error:
                # Whoever writes next is told the same; nothing is lost by waiting.
                _LOGGER.debug("Pruning failed: %s", error)
                pause = _EVERY_S

    def end(self) -> None:
        """Wait for the step that is running, and do no other."""
        self._ended.set()
        self._thread.join()
