"""What cars and data topics of a simulated street have to begin with: its tokens are play money."""

from collections.abc import Iterable, Iterator
from typing import Final

from ..const import TREASURY
from ..economy.effects import BookEntry, Effect, Kind, Transfer

ALLOWANCE_I: Final = 25_000_000


def allowances(members: Iterable[str], at: float) -> Iterator[Effect]:
    """Yield the first tokens of each; asked again, they are the same payments, which were made."""
    for member in members:
        payment_id = f"allowance/{member}"
        yield Transfer(payment_id=payment_id, source=TREASURY, target=member, amount_i=ALLOWANCE_I)
        for participant, other, amount_i in ((member, TREASURY, ALLOWANCE_I), (TREASURY, member, -ALLOWANCE_I)):
            yield BookEntry(
                entry_id=f"{payment_id}/{participant}",
                participant=participant,
                at=at,
                kind=Kind.TRANSFER,
                reference="allowance",
                amount_i=amount_i,
                counterparty=other,
                payment_id=payment_id,
            )
