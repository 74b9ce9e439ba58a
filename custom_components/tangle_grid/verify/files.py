"""The checks of files that islands hand out: signatures, figures, and the payments of a receipt on a Tangle."""

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..economy.books import BooksError, verify_sharing, verify_statement
from ..economy.signed_receipt import SignedReceipt, wrong_figures
from ..ledger.messages.archive import TangleArchive
from ..ledger.messages.chronicle import Opens
from ..ledger.node.milestone import Milestone
from ..ledger.verify.receipts import Check
from ..ledger.verify.transfers import verify_transfers
from ..protocol import ProtocolError, is_signed_by


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


def check_fork(document: Mapping[str, Any]) -> Iterator[Check]:
    """Yield every check of the proof that an operator signed two different milestones of one number.

    Raises ValueError for what is none.
    """
    key, island = document.get("public_key"), document.get("island")
    one, other = _milestone(document.get("one")), _milestone(document.get("other"))
    if not isinstance(key, str) or document.get("kind") != "fork":
        raise ValueError("not the proof of a fork")
    is_signed = all(is_signed_by(key, signature, each.signed_bytes()) for each, signature in (one, other))
    yield Check(key="fork_signed", ok=is_signed, placeholders={"key": key})
    yield Check(
        key="fork_island", ok=one[0].island == other[0].island == island, placeholders={"island": one[0].island}
    )
    differ = one[0].number == other[0].number and one[0] != other[0]
    yield Check(key="fork_differs", ok=differ, placeholders={"number": one[0].number})


def _milestone(says: Any) -> tuple[Milestone, str]:
    try:
        milestone = Milestone(
            island=str(says["island"]),
            number=int(says["number"]),
            previous=str(says["previous"]),
            trunk=str(says["trunk"]),
            branch=str(says["branch"]),
            at=float(says["at"]),
        )
        signature = str(says["signature"])
        milestone.signed_bytes()
    except (KeyError, TypeError, ValueError, OverflowError, ProtocolError) as error:
        raise ValueError(f"not the proof of a fork: {error}") from None
    return milestone, signature


def check_statement(document: Mapping[str, Any]) -> Iterator[Check]:
    """Yield every check of a signed statement of a month. Raises BooksError for what is none."""
    key = str(document.get("public_key"))
    try:
        found = verify_statement(document, key, _zone(document.get("time_zone")))
    except BooksError as error:
        if error.key not in {"statement_not_signed", "statement_wrong", "line_differs"}:
            raise
        is_signed = error.key != "statement_not_signed"
        yield Check(key="statement_signed", ok=is_signed, placeholders={"key": key})
        if is_signed:
            yield Check(key="statement_figures", ok=False, placeholders={"problem": str(error)})
        return
    yield Check(key="statement_signed", ok=True, placeholders={"key": key})
    placeholders = {"lines": len(found.lines), "month": str(found.month)}
    yield Check(key="statement_figures", ok=True, placeholders=placeholders)


def _zone(name: object) -> ZoneInfo | None:
    """Return the time zone of a statement; None where this machine does not know it: its bounds are believed then."""
    try:
        return ZoneInfo(str(name))
    except ZoneInfoNotFoundError, ValueError, OSError:
        return None


def check_sharing(document: Mapping[str, Any]) -> Iterator[Check]:
    """Yield every check of a signed sharing of energy. Raises BooksError for what is none."""
    key = str(document.get("public_key"))
    try:
        verify_sharing(document, key)
    except BooksError as error:
        if error.key == "not_a_sharing":
            raise
        is_signed = error.key != "sharing_not_signed"
        yield Check(key="sharing_signed", ok=is_signed, placeholders={"key": key})
        if is_signed:
            yield Check(key="sharing_figures", ok=False, placeholders={"problem": str(error)})
        return
    yield Check(key="sharing_signed", ok=True, placeholders={"key": key})
    yield Check(key="sharing_figures", ok=True)
