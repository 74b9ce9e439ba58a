"""The receipt of a charging session, a stay or a passage as a file: signed, with where its payments stand.

The signature (Ed25519) covers the canonical encoding (RFC 8785) of everything else. Whoever is handed the file can
price it again, and look each payment up on the Tangle, where nothing tells what it was for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from ..protocol import ProtocolError, SigningKey, canonical, is_signed_by
from .contradiction import Contradiction
from .errors import EconomyError, TariffError
from .services import ParkingReceipt, TollReceipt, recompute as recompute_service
from .sessions import SessionError, SessionReceipt, recompute as recompute_session
from .stored import Stored

FORMAT: Final = "tangle_grid.receipt"
VERSION: Final = 1
_SIGNATURE: Final = "signature"
HEAD: Final[Mapping[str, tuple[type, ...]]] = {
    "format": (str,),
    "v": (int,),
    "kind": (str,),
    "island": (str,),
    "receipt": (dict,),
    "payments": (list,),
    "public_key": (str,),
    _SIGNATURE: (str,),
}
PAYMENT: Final[Mapping[str, tuple[type, ...]]] = {
    "payment_id": (str,),
    "amount_i": (int,),
    "transaction": (str, type(None)),
}
CHARGING: Final = "charging"
PARKING: Final = "parking"
TOLL: Final = "toll"
KINDS: Final = (CHARGING, PARKING, TOLL)

type Receipt = SessionReceipt | ParkingReceipt | TollReceipt

_READERS: Final[Mapping[str, Callable[[object], Receipt]]] = {
    CHARGING: SessionReceipt.from_dict,
    PARKING: ParkingReceipt.from_dict,
    TOLL: TollReceipt.from_dict,
}


class ReceiptError(EconomyError):
    """A file that is no receipt."""

    sentences: ClassVar[Mapping[str, str]] = {"not_a_receipt": "This is no receipt: {detail}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidBy:
    """A payment of a receipt: `transaction` (81 trytes) credits it, None while it is not sent."""

    payment_id: str
    amount_i: int
    transaction: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedReceipt:
    """A receipt out of its file. `is_signed` tells whether the file's key signed all of it as it stands."""

    kind: str
    island: str
    receipt: Receipt
    payments: tuple[PaidBy, ...]
    public_key: str
    is_signed: bool


def kind_of(receipt: Receipt) -> str:
    """Return the kind of a receipt: one of `KINDS`."""
    if isinstance(receipt, SessionReceipt):
        return CHARGING
    return PARKING if isinstance(receipt, ParkingReceipt) else TOLL


def reference_of(receipt: Receipt) -> str:
    """Return the id of the session, stay or passage."""
    return receipt.passage_id if isinstance(receipt, TollReceipt) else receipt.session_id


def payments_of(receipt: Receipt) -> tuple[tuple[str, int], ...]:
    """Return the payments of a receipt: id, and amount in iota, whoever paid it."""
    if isinstance(receipt, SessionReceipt):
        return tuple((order.payment_id, order.amount_i) for order in receipt.payments)
    if isinstance(receipt, ParkingReceipt):
        return tuple((f"{receipt.session_id}:{n}", abs(each)) for n, each in enumerate(receipt.payments, start=1))
    return ((f"{receipt.passage_id}:1", abs(receipt.paid_i)),) if receipt.paid_i else ()


def signed_receipt(
    receipt: Receipt, *, island: str, transactions: Mapping[str, str | None], key: SigningKey
) -> dict[str, Any]:
    """Return a receipt as JSON with the island's public key and its signature.

    Args:
        receipt: What it came to.
        island: Whose receipt it is.
        transactions: The transaction (81 trytes) of each payment that is on the Tangle, by its id.
        key: The island's.
    """
    said = {
        "format": FORMAT,
        "v": VERSION,
        "kind": kind_of(receipt),
        "island": island,
        "receipt": receipt.to_dict(),
        "payments": [
            {"payment_id": payment_id, "amount_i": amount_i, "transaction": transactions.get(payment_id)}
            for payment_id, amount_i in payments_of(receipt)
        ],
        "public_key": key.public,
    }
    return said | {_SIGNATURE: key.sign(canonical(said))}


def read_signed(document: object) -> SignedReceipt:
    """Return what stands in a receipt's file (JSON, already parsed). Raises ReceiptError `not_a_receipt`.

    Nothing in it is believed: `is_signed` has to be looked at, and whose `public_key` it is.
    """
    try:
        return _read(document)
    except (TariffError, SessionError, ProtocolError) as error:
        raise ReceiptError("not_a_receipt", {"detail": str(error)}) from None


def _read(document: object) -> SignedReceipt:
    file = Stored(document, "receipt")
    if (file.text("format"), file.whole("v")) != (FORMAT, VERSION):
        raise file.wrong("format", f"{FORMAT}, version {VERSION}")
    kind, body = file.text("kind"), file.value("receipt")
    if kind not in _READERS:
        raise file.impossible("kind", kind)
    payments = []
    for each in file.objects("payments"):
        payments.append(
            PaidBy(
                payment_id=each.text("payment_id"),
                amount_i=each.whole("amount_i", 1),
                transaction=each.optional_text("transaction", 81),
            )
        )
        each.end()
    public_key, signature = file.text("public_key"), file.text(_SIGNATURE)
    receipt = _READERS[kind](body)
    island = file.text("island")
    file.end()
    unsigned = {name: file.value(name) for name in HEAD if name != _SIGNATURE}
    return SignedReceipt(
        kind=kind,
        island=island,
        receipt=receipt,
        payments=tuple(payments),
        public_key=public_key,
        is_signed=is_signed_by(public_key, signature, canonical(unsigned)),
    )


def wrong_figures(signed: SignedReceipt) -> tuple[Contradiction, ...]:
    """Return where a receipt contradicts itself: its amounts are computed from meter values and tariff once more."""
    listed = [(each.payment_id, each.amount_i) for each in signed.payments]
    wanted = list(payments_of(signed.receipt))
    payments = () if listed == wanted else (Contradiction("payments", _shown(listed), _shown(wanted)),)
    try:
        if isinstance(signed.receipt, SessionReceipt):
            return (*recompute_session(signed.receipt), *payments)
        return (*recompute_service(signed.receipt), *payments)
    except (TariffError, SessionError) as error:
        return (Contradiction("tariff", "readable", str(error)), *payments)


def _shown(payments: list[tuple[str, int]]) -> str:
    return ", ".join(f"{payment_id} {amount_i} i" for payment_id, amount_i in payments) or "none"
