"""The payment for a service: the transfer, and the lines in the books of both sides."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ..effects import BookEntry, Effect, Kind, Transfer


def payment(
    payment_id: str,
    *,
    kind: Kind,
    reference: str,
    at: int,
    vehicle: str,
    service: str,
    amount_i: int,
    details: Mapping[str, Any],
    rate: Fraction | None = None,
) -> tuple[Effect, ...]:
    """Return the transfer from a car to a service, or back where the amount is negative, and the lines of both.

    `rate` is that of tokens which the price was computed by.
    """
    source, target = (vehicle, service) if amount_i > 0 else (service, vehicle)
    lines = (("vehicle", vehicle, service, -amount_i), ("service", service, vehicle, amount_i))
    return (
        Transfer(payment_id=payment_id, source=source, target=target, amount_i=abs(amount_i)),
        *(
            BookEntry(
                entry_id=f"{payment_id}:{side}",
                participant=participant,
                at=float(at),
                kind=kind,
                reference=reference,
                amount_i=came_in_i,
                counterparty=other,
                payment_id=payment_id,
                details=details,
                rate=rate,
            )
            for side, participant, other, came_in_i in lines
        ),
    )
