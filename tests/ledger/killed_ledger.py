"""A ledger in a process of its own that pays and publishes without end, to be killed by its test.

Arguments: folder, secrets as JSON. Prints the id of each payment that it took, one a line.
"""

import asyncio
import json
import sys
from itertools import count
from pathlib import Path

from custom_components.tangle_grid.ledger import TREASURY, Ledger, PaymentOrder, Secrets

# What one process leaves behind, the next one has to work off.
_LONGEST_QUEUE = 20


async def main(folder: Path, secrets: Secrets, island: str) -> None:
    ledger = await Ledger.open(folder, island_id=island, secrets=secrets, mwm=1, milestone_interval_s=0.0)
    begin = len(await ledger.payments(limit=1_000))
    for number in count(begin):
        payment_id = f"p{number}"
        await ledger.pay(PaymentOrder(payment_id=payment_id, source=TREASURY, target="car", amount_i=1 + number % 7))
        if number % 3 == 2:
            await ledger.drain(0.05)
            wallets = await ledger.wallets()
            if wallets["car"].available_i > 1:
                order = PaymentOrder(payment_id=f"back{number}", source="car", target="home", amount_i=1)
                await ledger.pay(order)
        await ledger.publish("meter", {"n": number})
        while ledger.status().queued > _LONGEST_QUEUE:  # noqa: ASYNC110 - the state is another thread's
            await asyncio.sleep(0.02)
        sys.stdout.write(f"{payment_id}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Secrets.from_dict(json.loads(sys.argv[2])), sys.argv[3]))
