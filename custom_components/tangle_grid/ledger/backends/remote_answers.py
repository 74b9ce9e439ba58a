"""What a remote node answers, and whether it can be an answer at all: types, lengths, ranges.

Nothing here believes what a node says, only that it has said something. Whether a transaction is the one that was
asked for is checked where transactions are read (`remote_reader`).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, NoReturn

from ..base.errors import LedgerFault, node_fault
from ..base.model import SUPPLY
from ..pyota.library import NodeRefusedError
from ..trinary import HASH_TRYTES, TRANSACTION_TRYTES, is_trytes

MAX_FOUND: Final = 100_000
_MAX_TEXT: Final = 100
_MAX_INDEX: Final = 2**53
_LAG: Final = 1
"""A node whose latest solid milestone is one behind the latest is as current as any: that one has only just come."""

type Answer = dict[str, Any]
type _Check = Callable[[Mapping[str, Any], Answer], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeInfo:
    """What a node says of itself. `milestone` is the latest it knows, `solid_milestone` the latest it can judge by.

    `tangle_id` names the network: the address of its coordinator, where the node tells it. `begins_at` is the
    milestone before which the node has forgotten everything. `transactions` is None where the node does not tell.
    """

    app_name: str
    app_version: str
    milestone: int
    solid_milestone: int
    solid_milestone_hash: str
    begins_at: int
    tangle_id: str
    offers_work: bool
    transactions: int | None

    @property
    def synced(self) -> bool:
        """Whether the node has everything up to about now."""
        return self.milestone - self.solid_milestone <= _LAG


def _wrong(what: str) -> NoReturn:
    raise node_fault(LedgerFault.NODE_WRONG_ANSWER, f"not the answer of an IRI node: {what}")


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -1 <= value < _MAX_INDEX


def _is_amount(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() and value.isdecimal() and len(value) <= len(str(SUPPLY)) and int(value) <= SUPPLY
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= SUPPLY


def _list_of(answer: Answer, name: str, is_one: Callable[[Any], bool], length: int | None = None) -> bool:
    values = answer.get(name)
    return isinstance(values, list) and (length is None or len(values) == length) and all(map(is_one, values))


def _is_hash(value: Any) -> bool:
    return is_trytes(value, HASH_TRYTES)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _info(_request: Mapping[str, Any], answer: Answer) -> bool:
    return (
        isinstance(answer.get("appName"), str)
        and _is_index(answer.get("latestMilestoneIndex"))
        and _is_index(answer.get("latestSolidSubtangleMilestoneIndex"))
        and _is_hash(answer.get("latestSolidSubtangleMilestone"))
    )


def _balances(request: Mapping[str, Any], answer: Answer) -> bool:
    asked = request["addresses"]
    if not _list_of(answer, "balances", _is_amount, len(asked)):
        return False
    by_address = dict(zip(asked, map(int, answer["balances"]), strict=True))
    return sum(by_address.values()) <= SUPPLY


def _attached(request: Mapping[str, Any], answer: Answer) -> bool:
    return _list_of(answer, "trytes", lambda each: is_trytes(each, TRANSACTION_TRYTES), len(request["trytes"]))


_CHECKS: Final[Mapping[str, _Check]] = {
    "getNodeInfo": _info,
    "getBalances": _balances,
    "findTransactions": lambda _request, answer: (
        _list_of(answer, "hashes", _is_hash) and len(answer["hashes"]) <= MAX_FOUND
    ),
    "getTrytes": lambda request, answer: _list_of(
        answer, "trytes", lambda each: is_trytes(each, TRANSACTION_TRYTES), len(request["hashes"])
    ),
    "getInclusionStates": lambda request, answer: _list_of(answer, "states", _is_flag, len(request["transactions"])),
    "wereAddressesSpentFrom": lambda request, answer: _list_of(answer, "states", _is_flag, len(request["addresses"])),
    "getTransactionsToApprove": lambda _request, answer: (
        _is_hash(answer.get("trunkTransaction")) and _is_hash(answer.get("branchTransaction"))
    ),
    "attachToTangle": _attached,
    "checkConsistency": lambda _request, answer: _is_flag(answer.get("state")),
}


def read_answer(request: Mapping[str, Any], status: int, body: bytes) -> Answer:
    """Return the answer to a command.

    Raises:
        NodeRefusedError: the node says that the request is wrong.
        LedgerError: ledger_unavailable, with the fault: no access, unreachable (the node, or what stands before it,
            cannot answer now), or a wrong answer.
    """
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise node_fault(LedgerFault.NODE_NO_ACCESS, f"HTTP {status}")
    try:
        answer = json.loads(body)
    except ValueError, RecursionError:
        answer = None
    if status == HTTPStatus.BAD_REQUEST and isinstance(answer, dict) and isinstance(answer.get("error"), str):
        raise NodeRefusedError(_shown(answer["error"]))
    if status != HTTPStatus.OK:
        said = answer.get("exception") or answer.get("error") if isinstance(answer, dict) else None
        text = f"HTTP {status}" + (f": {_shown(said)}" if isinstance(said, str) else "")
        is_down = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
        raise node_fault(LedgerFault.NODE_UNREACHABLE if is_down else LedgerFault.NODE_WRONG_ANSWER, text)
    if not isinstance(answer, dict):
        _wrong("not a JSON object")
    if isinstance(answer.get("error") or answer.get("exception"), str):
        _wrong(_shown(answer.get("error") or answer["exception"]))
    check = _CHECKS.get(str(request.get("command")))
    if check is not None and not check(request, answer):
        _wrong(str(request.get("command")))
    return answer


def _shown(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text[:_MAX_TEXT])


def read_info(answer: Answer) -> NodeInfo:
    """Read what `getNodeInfo` answered, once it was checked."""
    coordinator = answer.get("coordinatorAddress")
    is_named = isinstance(coordinator, str) and is_trytes(coordinator) and len(coordinator) >= HASH_TRYTES
    begins = [answer.get(name) for name in ("lastSnapshottedMilestoneIndex", "milestoneStartIndex")]
    features = answer.get("features")
    transactions = answer.get("transactions")
    return NodeInfo(
        app_name=_shown(answer["appName"]),
        app_version=_shown(str(answer.get("appVersion", ""))),
        milestone=max(0, answer["latestMilestoneIndex"]),
        solid_milestone=max(0, answer["latestSolidSubtangleMilestoneIndex"]),
        solid_milestone_hash=answer["latestSolidSubtangleMilestone"],
        begins_at=max([each for each in begins if isinstance(each, int) and _is_index(each)], default=0),
        tangle_id=f"iri:{coordinator[:HASH_TRYTES]}" if is_named and coordinator else "iri:",
        offers_work=isinstance(features, list) and "RemotePOW" in features,
        transactions=transactions if _is_index(transactions) else None,
    )
