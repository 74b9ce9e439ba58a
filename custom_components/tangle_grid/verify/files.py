"""The checks of a receipt's file: its signature, its figures, and its payments on a Tangle."""

from collections.abc import Iterator

from ..economy.signed_receipt import SignedReceipt, wrong_figures
from ..ledger.messages.archive import TangleArchive
from ..ledger.messages.chronicle import Opens
from ..ledger.verify.receipts import Check
from ..ledger.verify.transfers import verify_transfers


def check_file(archive: TangleArchive, signed: SignedReceipt, opens: Opens) -> Iterator[Check]:
    """Yield every check of a receipt. `opens` gives the keys for sealed messages. Raises ArchiveError."""
    yield Check(key="file_signed", ok=signed.is_signed, placeholders={"key": signed.public_key})
    wrong = wrong_figures(signed)
    if not wrong:
        yield Check(key="figures", ok=True)
    for each in wrong:
        values = {"figure": each.name, "said": each.said, "computed": each.computed}
        yield Check(key="figures", ok=False, placeholders=values)
    said = [(each.payment_id, each.amount_i, each.transaction) for each in signed.payments]
    yield from verify_transfers(archive, said, island=signed.island, public_key=signed.public_key, opens=opens)
