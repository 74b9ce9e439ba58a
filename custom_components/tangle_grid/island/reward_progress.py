"""Carries the progress of a reward's payment into the request that it belongs to."""

from collections.abc import Collection

from ..bridge.treasury import ANEW
from ..clock import GridClock
from ..const import LOGGER, TREASURY
from ..grid.engine.engine import GridEngine
from ..grid.model.errors import GridError
from ..grid.model.events import GridEvent
from ..ledger import Payment, PaymentState


def reward_progress(
    engine: GridEngine, clock: GridClock, payees: Collection[str], payment: Payment
) -> tuple[GridEvent, ...]:
    """Tell the grid how far a payment is, and return what happened by that.

    Args:
        engine: The grid, whose requests are paid for.
        clock: Its time.
        payees: All who can be paid rewards, by device.
        payment: Any payment of the ledger; what is no reward changes nothing.
    """
    request_id, _, part = payment.payment_id.partition(":")
    device_id = part.partition(ANEW)[0]
    if payment.source != TREASURY or device_id not in payees:
        return ()
    now = clock.now()
    events: list[GridEvent] = []
    try:
        if payment.state in (PaymentState.SENT, PaymentState.CONFIRMED):
            events += engine.commands.mark_paid(
                now, request_id=request_id, device_id=device_id, reference=payment.tail or ""
            )
        if payment.state is PaymentState.CONFIRMED:
            events += engine.commands.mark_confirmed(now, request_id=request_id, device_id=device_id)
    except GridError as error:
        # An old request that the grid no longer keeps.
        LOGGER.debug("No open request for the payment %s: %s", payment.payment_id, error)
    return tuple(events)
