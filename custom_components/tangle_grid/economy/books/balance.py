"""What the lines of the books come to, and whether that is what the wallets hold."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..effects import BookEntry, Transfer
from .errors import BooksError


def once(entries: Iterable[BookEntry]) -> list[BookEntry]:
    """Return the lines in the order of their moments, each once: a step that was repeated gave the same line again.

    Raises BooksError `line_differs` when two lines have one id and say different things.
    """
    found: dict[str, BookEntry] = {}
    for entry in entries:
        if found.setdefault(entry.entry_id, entry) != entry:
            raise BooksError("line_differs", {"entry_id": entry.entry_id})
    return sorted(found.values(), key=lambda entry: (entry.at, entry.entry_id))


def balances(entries: Iterable[BookEntry]) -> dict[str, int]:
    """Return what each participant has by its books, iota. Raises BooksError `line_differs`."""
    sums: defaultdict[str, int] = defaultdict(int)
    for entry in once(entries):
        sums[entry.participant] += entry.amount_i
    return dict(sums)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Books that say something else than the wallet does, once what is under way has arrived. Iota."""

    participant: str
    books_i: int
    wallet_i: int


def compare(
    entries: Iterable[BookEntry],
    wallets: Mapping[str, int],
    *,
    opening: Mapping[str, int],
    under_way: Iterable[Transfer] = (),
) -> list[Difference]:
    """Return the participants whose books and wallets do not agree, by name; none is a good sign.

    `wallets` is what each wallet holds now and `opening` what it held before the first line; what they do not name
    counts as nothing. `under_way` are the transfers in the books that have not reached the wallets yet.

    Raises BooksError `line_differs`.
    """
    booked = balances(entries)
    later: defaultdict[str, int] = defaultdict(int)
    for transfer in {each.payment_id: each for each in under_way}.values():
        later[transfer.source] -= transfer.amount_i
        later[transfer.target] += transfer.amount_i
    found = []
    for participant in sorted({*booked, *wallets, *opening, *later}):
        books_i = opening.get(participant, 0) + booked.get(participant, 0)
        wallet_i = wallets.get(participant, 0) + later[participant]
        if books_i != wallet_i:
            found.append(Difference(participant=participant, books_i=books_i, wallet_i=wallet_i))
    return found
