"""What stands on a Tangle, for those who only read: over a ledger's back end, or over any node's IRI commands."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import batched
from typing import Any, Final, Protocol

from ..backends.backend import Backend
from ..node import NodeError, Transaction
from .chronicle import TAG_PREFIX, tag_of

_PAGE: Final = 100
_AT_ONCE: Final = 200
_MAX_BUNDLE: Final = 1_000

type Command = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Asks a node: takes an IRI command, returns its answer, raises ArchiveError."""


class ArchiveError(Exception):
    """The Tangle cannot be read: the node does not answer, refuses, or answers with what cannot be true."""


class TangleArchive(Protocol):
    """Reads a Tangle. Blocks; raises ArchiveError, or LedgerError where it is a ledger's own."""

    def newest(self, kind: str) -> Iterator[str]:
        """Give the tails of the messages of a kind, the newest first."""

    def transaction(self, transaction: str) -> Transaction | None:
        """Return a transaction, or None."""

    def bundle(self, tail: str) -> Sequence[Transaction]:
        """Return a bundle, tail first; nothing when it is not there or not complete."""

    def copies(self, bundle: str) -> Sequence[str]:
        """Return the tails of a bundle: several when somebody attached it again."""

    def is_confirmed(self, tail: str) -> bool:
        """Tell whether the node has the bundle confirmed, in this place of the Tangle."""


class BackendArchive:
    """Over a ledger's back end."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def newest(self, kind: str) -> Iterator[str]:
        """Give the tails of the messages of a kind, the newest first."""
        below: int | None = None
        while True:
            page = self._backend.recent_tails(tag=tag_of(kind), prefix=TAG_PREFIX, limit=_PAGE, below=below)
            yield from (found.hash for found in page)
            if len(page) < _PAGE:
                return
            below = page[-1].id

    def transaction(self, transaction: str) -> Transaction | None:
        """Return a transaction, or None."""
        return self._backend.load(transaction)

    def bundle(self, tail: str) -> Sequence[Transaction]:
        """Return a bundle, tail first."""
        return self._backend.bundle_of(tail)

    def copies(self, bundle: str) -> Sequence[str]:
        """Return the tails of a bundle."""
        return [found.hash for found in self._backend.tails(bundle)]

    def is_confirmed(self, tail: str) -> bool:
        """Tell whether the bundle was booked."""
        found = self._backend.find(tail)
        return found is not None and found.is_confirmed


class IriArchive:
    """Over the commands of any node that speaks the IRI API. It believes no hash that it did not compute itself."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._known: dict[str, Transaction] = {}

    def _answer(self, name: str, field: str, **request: Any) -> Any:
        answer = self._command({"command": name, **request})
        if field not in answer:
            raise ArchiveError(f"{name}: the answer has no {field}")
        return answer[field]

    def _list(self, name: str, field: str, **request: Any) -> list[Any]:
        found = self._answer(name, field, **request)
        if not isinstance(found, list):
            raise ArchiveError(f"{name}: {field} is no list")
        return found

    def node_info(self) -> Mapping[str, Any]:
        """Return what the node says of itself."""
        return self._command({"command": "getNodeInfo"})

    def _load(self, hashes: Sequence[str]) -> list[Transaction]:
        """Return those of the transactions that the node has."""
        missing = [each for each in dict.fromkeys(hashes) if each not in self._known]
        for part in batched(missing, _AT_ONCE, strict=False):
            answers = self._list("getTrytes", "trytes", hashes=list(part))
            for asked, trytes in zip(part, answers, strict=False):
                try:
                    transaction = Transaction.parse(trytes)
                except NodeError:
                    raise ArchiveError("getTrytes: not a transaction") from None
                # An unknown transaction comes as nines, and a false one has another hash.
                if transaction.hash == asked:
                    self._known[asked] = transaction
        return [self._known[each] for each in dict.fromkeys(hashes) if each in self._known]

    def _found(self, **where: list[str]) -> list[Transaction]:
        hashes = self._list("findTransactions", "hashes", **where)
        tails = [each for each in self._load([str(each) for each in hashes]) if each.index == 0]
        return sorted(tails, key=lambda each: (each.attached_at, each.hash))

    def newest(self, kind: str) -> Iterator[str]:
        """Give the tails of the messages of a kind, the newest first."""
        yield from (each.hash for each in reversed(self._found(tags=[tag_of(kind)])))

    def transaction(self, transaction: str) -> Transaction | None:
        """Return a transaction, or None."""
        return next(iter(self._load([transaction])), None)

    def bundle(self, tail: str) -> Sequence[Transaction]:
        """Return a bundle, tail first; nothing when it is not there or not complete."""
        first = self.transaction(tail)
        if first is None or first.index or not 0 <= first.last_index < _MAX_BUNDLE:
            return []
        parts = [first]
        while len(parts) <= first.last_index:
            after = self.transaction(parts[-1].trunk)
            if after is None or after.bundle != first.bundle or after.index != len(parts):
                return []
            parts.append(after)
        return parts

    def copies(self, bundle: str) -> Sequence[str]:
        """Return the tails of a bundle."""
        return [each.hash for each in self._found(bundles=[bundle])]

    def is_confirmed(self, tail: str) -> bool:
        """Tell whether the node says that the bundle is confirmed."""
        tip = self.node_info().get("latestSolidSubtangleMilestone")
        states = self._list("getInclusionStates", "states", transactions=[tail], tips=[tip])
        return states == [True]
