"""Ledgers that pay, publish and prune without end, one after the other, to be killed by their test.

Arguments: folder, secrets as JSON, island. For each line on its input it begins a process, and writes its number; that
process writes the id of each payment that it took. When it is gone, "dead" is written. All that takes long to load is
loaded and tried before, and Home Assistant, which the integration's own package needs, not at all.
"""

import asyncio
import json
import os
import sys
from itertools import count
from pathlib import Path

import tests.support.ledger.without_home_assistant  # noqa: F401 - it stands in for the packages that need Home Assistant
from custom_components.tangle_grid.ledger import TREASURY, Embedded, Ledger, PaymentOrder, Secrets
from custom_components.tangle_grid.ledger.node import pruning
from custom_components.tangle_grid.ledger.pyota.library import load
from custom_components.tangle_grid.ledger.trinary import TRANSACTION_TRYTES, address_of, with_nonce

# What one process leaves behind, the next one has to work off.
_LONGEST_QUEUE = 20


async def main(folder: Path, secrets: Secrets, island: str) -> None:
    # What is older than a second goes, and somebody is always at it.
    vars(pruning).update(_NEAR=2, _EVERY_S=0.05, _PAUSE_S=0.01, _BATCH=20)
    backend = Embedded(mwm=1, milestone_interval_s=0.0, keep_s=1.0)
    ledger = await Ledger.open(folder, island_id=island, secrets=secrets, backend=backend)
    # Ids of a process of its own: what the one before it may have queued is its business.
    for number in count():
        payment_id = f"{os.getpid()}-{number}"
        await ledger.pay(PaymentOrder(payment_id=payment_id, source=TREASURY, target="car", amount_i=1 + number % 7))
        sys.stdout.write(f"{payment_id}\n")
        sys.stdout.flush()
        if number % 3 == 2:
            await ledger.drain(0.05)
            wallets = await ledger.wallets()
            if wallets["car"].available_i > 1:
                order = PaymentOrder(payment_id=f"{payment_id}-back", source="car", target="home", amount_i=1)
                await ledger.pay(order)
        await ledger.publish("meter", {"n": payment_id})
        while ledger.status().queued > _LONGEST_QUEUE:  # noqa: ASYNC110 - the state is another thread's
            await asyncio.sleep(0.02)


def live(folder: Path, secrets: Secrets, island: str) -> None:
    load()
    with_nonce("9" * TRANSACTION_TRYTES, 1)
    address_of(secrets.seeds[TREASURY], 0)
    for _line in sys.stdin:
        sys.stdout.flush()
        process = os.fork()
        if not process:
            try:
                asyncio.run(main(folder, secrets, island))
            finally:
                os._exit(1)
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()
        os.waitpid(process, 0)
        sys.stdout.write("dead\n")
        sys.stdout.flush()


if __name__ == "__main__":
    live(Path(sys.argv[1]), Secrets.from_dict(json.loads(sys.argv[2])), sys.argv[3])
