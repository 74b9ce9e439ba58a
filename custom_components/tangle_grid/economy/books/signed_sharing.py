"""The sharing of a common source as JSON, signed by the island's key, with all that it takes to repeat it.

It holds the values of every quarter of an hour and the key by which they were shared: whoever has it works out who got
how much once more. The signature (Ed25519) covers the canonical encoding (RFC 8785) of everything else. It tells what
each member used when, so it is for those who may know that of all of them.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, Final, NoReturn

from ...protocol import ProtocolError, SigningKey, canonical, is_signed_by
from .errors import BooksError
from .month import Month
from .sharing import Dynamic, Hybrid, Quarter, Shared, SharingKey, Static, share

FORMAT: Final = "tangle_grid.sharing"
VERSION: Final = 1
STATIC: Final = "static"
DYNAMIC: Final = "dynamic"
HYBRID: Final = "hybrid"
_SIGNATURE: Final = "signature"
HEAD: Final[Mapping[str, tuple[type, ...]]] = {
    "format": (str,),
    "v": (int,),
    "island": (str,),
    "month": (str,),
    "time_zone": (str,),
    "key": (str,),
    "shares": (dict,),
    "quarters": (list,),
    "public_key": (str,),
    _SIGNATURE: (str,),
}
QUARTER: Final[Mapping[str, tuple[type, ...]]] = {
    "start": (int,),
    "produced_wh": (int,),
    "used_wh": (dict,),
    "shared_wh": (dict,),
}


def signed_sharing(
    shared: Iterable[Shared], key: SharingKey, *, island: str, month: Month, time_zone: str, signing: SigningKey
) -> dict[str, Any]:
    """Return a sharing as JSON, with the island's public key and its signature."""
    kind, shares = _said(key)
    said = {
        "format": FORMAT,
        "v": VERSION,
        "island": island,
        "month": str(month),
        "time_zone": time_zone,
        "key": kind,
        "shares": {member: str(part) for member, part in shares.items()},
        "quarters": [
            {
                "start": each.start,
                "produced_wh": each.produced_wh,
                "used_wh": dict(each.used_wh),
                "shared_wh": dict(each.shared_wh),
            }
            for each in shared
        ],
        "public_key": signing.public,
    }
    return said | {_SIGNATURE: signing.sign(canonical(said))}


def _said(key: SharingKey) -> tuple[str, Mapping[str, Fraction]]:
    match key:
        case Static():
            return STATIC, key.shares
        case Hybrid():
            return HYBRID, key.shares
        case Dynamic():
            return DYNAMIC, {}


def verify_sharing(document: Any, public_key: str) -> list[Shared]:
    """Return the sharing that stands in the JSON (already parsed), if the island with this public key signed it.

    It is worked out once more from its values and its key.

    Raises:
        BooksError: not_a_sharing, sharing_not_signed, sharing_wrong, and what a sharing cannot be.
    """
    said = _checked(document, HEAD, "sharing")
    if said["format"] != FORMAT or said["v"] != VERSION:
        _refuse("another format or version")
    unsigned = {name: value for name, value in said.items() if name != _SIGNATURE}
    try:
        good = said["public_key"] == public_key and is_signed_by(public_key, said[_SIGNATURE], canonical(unsigned))
    except ProtocolError as error:
        _refuse(str(error))
    if not good:
        raise BooksError("sharing_not_signed", {"public_key": public_key})
    rows = [_checked(row, QUARTER, f"quarters[{index}]") for index, row in enumerate(said["quarters"])]
    told = [_energy(row["shared_wh"]) for row in rows]
    quarters = [
        Quarter(start=row["start"], produced_wh=row["produced_wh"], used_wh=_energy(row["used_wh"])) for row in rows
    ]
    found = share(quarters, _key(said["key"], said["shares"]))
    by_start = {quarter.start: wh for quarter, wh in zip(quarters, told, strict=True)}
    for each in found:
        _compare(each, by_start[each.start])
    return found


def _compare(found: Shared, told: Mapping[str, int]) -> None:
    for member in sorted({*found.shared_wh, *told}):
        expected, said = found.shared_wh.get(member, 0), told.get(member, 0)
        if expected != said:
            wrong = {"start": found.start, "member": member, "expected": expected, "found": said}
            raise BooksError("sharing_wrong", wrong)


def _refuse(detail: str) -> NoReturn:
    raise BooksError("not_a_sharing", {"detail": detail})


def _checked(value: Any, shape: Mapping[str, tuple[type, ...]], where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or value.keys() != shape.keys():
        _refuse(f"{where} has other fields")
    for name, types in shape.items():
        if type(value[name]) not in types:  # a bool is no whole number here
            _refuse(f"{where}.{name} is of another type")
    return value


def _energy(value: Mapping[Any, Any]) -> Mapping[str, int]:
    if not all(type(wh) is int for wh in value.values()):
        _refuse("energy is not in whole Wh")
    return value


def _key(kind: str, said: Mapping[str, Any]) -> SharingKey:
    try:
        shares = {member: Fraction(part) for member, part in said.items() if isinstance(part, str)}
    except ValueError, ZeroDivisionError:
        _refuse("a share is no number")
    if len(shares) != len(said) or kind not in {STATIC, DYNAMIC, HYBRID}:
        _refuse("the key is not known")
    if kind == DYNAMIC:
        return Dynamic()
    return Static(shares) if kind == STATIC else Hybrid(shares)
