"""What a wallet has spent in the last 24 hours, by a clock that may have been wrong.

A payment bears the time of the clock when it was ordered. If that was ahead and is set back, the payment lies in the
future and would count until the clock has caught up, a month perhaps. It was ordered before it was seen there, so it
counts for 24 hours from then on and never again. Clocks that are behind, as those without a battery are after a start,
make all payments look so: when they are right again, nothing has changed.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from ..store.database import Database
from ..store.properties import Properties
from ..wallet import DAY_S

_COUNTED: Final = "source = ? AND state <> 'failed' AND sweep = 0"
#: Clocks that were wrong are remembered so often.
_KEPT: Final = 8


@dataclass(slots=True)
class _Ahead:
    """Payments of a wallet whose clock was ahead.

    Attributes:
        noticed_at: When those that do are seen to lie in the future, epoch seconds; None: none do.
        upto: The number of the newest of them.
        over: Those that count no more: up to which number, and that are later than which time.
    """

    noticed_at: float | None = None
    upto: int = 0
    over: list[tuple[int, float]] = field(default_factory=list)


class Spending:
    """Adds up what wallets were ordered to pay. Call it inside the database's lock."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._properties = Properties(database)

    def spent_i(self, wallet_id: str, now: float) -> int:
        """Return the iota that a wallet was ordered to pay in the last 24 hours, sweeps and failures left out."""
        return int(self._sum("COALESCE(SUM(amount), 0)", wallet_id, self._ahead(wallet_id), since=now - DAY_S))

    def watch(self, wallet_id: str, now: float) -> None:
        """Look for payments that lie in the future, and see to it that they do not count for ever."""
        ahead = self._ahead(wallet_id)
        before = asdict(ahead)
        newest: int | None = self._sum("MAX(number)", wallet_id, ahead, since=now)
        if newest is None:
            ahead.noticed_at, ahead.upto = None, 0
        elif ahead.noticed_at is None or newest > ahead.upto:
            ahead.noticed_at, ahead.upto = now, newest
        elif now < ahead.noticed_at:
            ahead.noticed_at = now
        elif now - ahead.noticed_at >= DAY_S:
            ahead.over = [*ahead.over, (ahead.upto, ahead.noticed_at)][-_KEPT:]
            ahead.noticed_at, ahead.upto = None, 0
        if asdict(ahead) != before:
            with self._database.transaction():
                self._properties.set(_key(wallet_id), json.dumps(asdict(ahead)))

    def _sum(self, what: str, wallet_id: str, ahead: _Ahead, *, since: float) -> Any:
        """Something about the payments that count and are later than a time."""
        over = " AND NOT (number <= ? AND created_at > ?)" * len(ahead.over)
        return self._database.value(
            f"SELECT {what} FROM payment WHERE {_COUNTED} AND created_at > ?{over}",  # noqa: S608
            wallet_id,
            since,
            *(value for each in ahead.over for value in each),
        )

    def _ahead(self, wallet_id: str) -> _Ahead:
        stored = self._properties.get(_key(wallet_id))
        if not stored:
            return _Ahead()
        values = json.loads(stored)
        return _Ahead(values["noticed_at"], values["upto"], [(number, at) for number, at in values["over"]])


def _key(wallet_id: str) -> str:
    return f"ahead {wallet_id}"
