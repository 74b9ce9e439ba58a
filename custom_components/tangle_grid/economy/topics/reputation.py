"""How each owner's reports fared: how many more of them may wait, and whose word suffices.

Nobody's word counts more than another's. Lies meet other lies by chance where there are many, so whoever says much that
nobody confirms is soon heard no more, and such owners alone make nothing true.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Self

from ..stored import Stored
from .errors import TopicError
from .findings import MAX_COUNT

FIRST_OPEN: Final = 5
MAX_OPEN_OF_OWNER: Final = 200
"""How many of one owner's reports may wait: at first, and at most. Each one that was confirmed allows one more."""
DOUBTED_ABOVE: Final = 2
"""How many more reports that nobody confirmed than such that were an owner may have besides one that counts fully."""
_BELIEVED: Final = 2


@dataclass(slots=True, kw_only=True)
class Account:
    """How an owner's reports fared. It decides how many more of them may wait, and makes none of them count more."""

    open: int = 0
    confirmed: int = 0
    unconfirmed: int = 0
    earned_i: int = 0


class Reputation:
    """The accounts of all owners who have reported."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._accounts: dict[str, Account] = {}
        self._confirmed: set[str] = set()

    @property
    def accounts(self) -> Mapping[str, Account]:
        """How each owner's reports fared."""
        return self._accounts

    def check_room(self, owner: str) -> None:
        """Raise TopicError `too_many_reports` where no other report of an owner may wait."""
        account = self._accounts.get(owner, Account())
        limit = min(MAX_OPEN_OF_OWNER, FIRST_OPEN + account.confirmed)
        if account.open >= limit:
            raise TopicError("too_many_reports", {"open": account.open, "limit": limit})

    def know(self, owner: str) -> None:
        """Have an account for an owner."""
        self._accounts.setdefault(owner, Account())

    def opened(self, owner: str) -> None:
        """Count a report that waits from now on."""
        self._accounts.setdefault(owner, Account()).open += 1

    def closed(self, owner: str, *, confirmed: bool | None) -> None:
        """Count a report that waits no more. `confirmed` is None where it was right and earns nothing."""
        account = self._accounts[owner]
        account.open -= 1
        if confirmed:
            account.confirmed += 1
        if confirmed is False:
            account.unconfirmed += 1
        else:
            self._confirmed.add(owner)

    def earned(self, owner: str, amount_i: int) -> None:
        """Count what an owner is paid, i."""
        self._accounts.setdefault(owner, Account()).earned_i += amount_i

    def forget(self, owner: str) -> None:
        """Forget an owner, unless a report of theirs waits."""
        account = self._accounts.get(owner)
        if account is not None and not account.open:
            del self._accounts[owner]

    @property
    def has_news(self) -> bool:
        """Whether reports of anybody were confirmed since `take_news`."""
        return bool(self._confirmed)

    def take_news(self) -> set[str]:
        """Return the owners of whom reports were confirmed since the last call."""
        news, self._confirmed = self._confirmed, set()
        return news

    def suffices(self, owners: Collection[str], needed: int) -> bool:
        """Return whether these owners together make something true of which `needed` owners are wanted.

        Unless two of them have no more than a few reports that nobody confirms, it takes one owner more than that.
        """
        more_than = len(owners) - needed
        if more_than:
            return more_than > 0
        return sum(not self._is_doubted(each) for each in owners) >= min(_BELIEVED, needed)

    def _is_doubted(self, owner: str) -> bool:
        """Return whether too much of what an owner has said, besides one report, was confirmed by nobody so far."""
        account = self._accounts[owner]
        return account.open - 1 + account.unconfirmed > account.confirmed + DOUBTED_ABOVE

    def to_dict(self) -> dict[str, list[int]]:
        """Return it as JSON, without what waits: that is counted again from the reports."""
        return {owner: [each.confirmed, each.unconfirmed, each.earned_i] for owner, each in self._accounts.items()}

    @classmethod
    def from_dict(cls, stored: Stored) -> Self:
        """Read it. Raises StoredError."""
        reputation = cls()
        for owner in stored.names():
            row = stored.row(owner, ("confirmed", "unconfirmed", "earned_i"))
            account = reputation._accounts[owner] = Account(
                confirmed=row.whole("confirmed", 0, MAX_COUNT),
                unconfirmed=row.whole("unconfirmed", 0, MAX_COUNT),
                earned_i=row.whole("earned_i", 0, MAX_COUNT),
            )
            if account.confirmed:
                reputation._confirmed.add(owner)
        return reputation
