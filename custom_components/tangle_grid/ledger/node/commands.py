"""The commands of the legacy (IRI) JSON API, over the embedded node."""

import os
import platform
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from ..base.errors import LedgerError
from ..trinary import HASH_TRYTES, TRANSACTION_TRYTES, has_valid_checksum, is_trytes
from .effort import MAX_ROWS, Effort
from .errors import NodeError
from .milestone import coordinator_address
from .node import EmbeddedNode
from .transaction import TAG_TRYTES
from .wire import MAX_BODY_BYTES

MAX_LIST: Final = 1_000
MAX_MWM: Final = 14
_APP_NAME: Final = "Tangle Grid"
_APP_VERSION: Final = "1.8.6"
_UNKNOWN_TRYTES: Final = "9" * TRANSACTION_TRYTES
_DEFAULT_DEPTH: Final = 3
_MAX_THRESHOLD: Final = 100
_MAX_URI: Final = 256

type Request = Mapping[str, Any]
type Answer = dict[str, Any]


def _list(request: Request, name: str) -> list[Any]:
    value = request.get(name)
    if not isinstance(value, list):
        raise NodeError("Invalid parameters" if name in request else f"Missing parameter: {name}")
    if len(value) > MAX_LIST:
        raise NodeError("Could not complete request: list too long")
    return value


def _texts(request: Request, name: str, read: Callable[[Any], str]) -> list[str]:
    """Read a list, each different value of it once; it is as long as it was."""
    values = _list(request, name)
    # What is no text is refused by whoever reads it; it need not be hashable either.
    known = {value: read(value) for value in dict.fromkeys(each for each in values if isinstance(each, str))}
    return [known[value] if isinstance(value, str) else read(value) for value in values]


def _ask[T](values: Iterable[str], ask: Callable[[str], T], effort: Effort) -> list[T]:
    """Ask for each value once, however often it stands there, and give the answers in the order of the values."""
    found: dict[str, T] = {}
    answers: list[T] = []
    for value in values:
        if value not in found:
            effort.spend()
            found[value] = ask(value)
        answers.append(found[value])
    return answers


def _hash(value: Any) -> str:
    if not is_trytes(value, HASH_TRYTES):
        raise NodeError("Invalid hash input")
    return str(value)


def _hashes(request: Request, name: str) -> list[str]:
    return _texts(request, name, _hash)


def _address(value: Any) -> str:
    """Take an address with or without checksum, as IRI does."""
    if isinstance(value, str) and len(value) > HASH_TRYTES:
        if not has_valid_checksum(value):
            raise NodeError("Invalid addresses input")
        return value[:HASH_TRYTES]
    if not is_trytes(value, HASH_TRYTES):
        raise NodeError("Invalid addresses input")
    return str(value)


def _addresses(request: Request, name: str) -> list[str]:
    return _texts(request, name, _address)


def _tag(value: Any) -> str:
    if not is_trytes(value) or len(value) > TAG_TRYTES:
        raise NodeError("Invalid tags input")
    return str(value).ljust(TAG_TRYTES, "9")


def _tags(request: Request, name: str) -> list[str]:
    return _texts(request, name, _tag)


def _integer(request: Request, name: str, default: int) -> int:
    value = request.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise NodeError(f"Invalid {name} input")
    return value


class Api:
    """Answers commands. Blocks: call it from a worker thread."""

    def __init__(self, node: EmbeddedNode, *, refused: Collection[str] = (), max_mwm: int = MAX_MWM) -> None:
        """Answer for this node, except for the `refused` commands; `max_mwm` is the most proof of work it does."""
        self._node = node
        self._max_mwm = max_mwm
        self._refused = frozenset(refused)
        self._store = node.store
        self._state = node.store.balances
        self._lane = node.lanes.open()
        self._commands: Mapping[str, Callable[[Request], Answer]] = {
            "getNodeInfo": self._get_node_info,
            "getBalances": self._get_balances,
            "findTransactions": self._find_transactions,
            "getTrytes": self._get_trytes,
            "getInclusionStates": self._get_inclusion_states,
            "wereAddressesSpentFrom": self._were_addresses_spent_from,
            "getTransactionsToApprove": self._get_transactions_to_approve,
            "attachToTangle": self._attach_to_tangle,
            "interruptAttachingToTangle": self._interrupt,
            "broadcastTransactions": self._take_in,
            "storeTransactions": self._take_in,
            "checkConsistency": self._check_consistency,
            "getTips": self._get_tips,
            "getNeighbors": lambda _request: {"neighbors": []},
            "addNeighbors": self._add_neighbors,
            "removeNeighbors": self._remove_neighbors,
            "getMissingTransactions": lambda _request: {"hashes": []},
            "getNodeAPIConfiguration": self._get_configuration,
        }

    def handle(self, request: Request) -> Answer:
        """Answer one command, `duration` (ms) included. Raises NodeError, or LedgerError when the file fails."""
        started = time.monotonic()
        command = request.get("command")
        if not isinstance(command, str):
            raise NodeError("COMMAND parameter has not been specified in the request.")
        handler = self._commands.get(command)
        if handler is None:
            raise NodeError(f"Command [{command[:64]}] is unknown")
        if command in self._refused:
            raise NodeError(f"COMMAND {command} is not available on this node", HTTPStatus.UNAUTHORIZED)
        answer = handler(request)
        answer["duration"] = round((time.monotonic() - started) * 1000)
        return answer

    def answer(self, request: Any) -> tuple[int, Answer]:
        """Answer a request from the wire: HTTP status and body, `duration` included."""
        started = time.monotonic()
        try:
            return HTTPStatus.OK, self.handle(request if isinstance(request, Mapping) else {})
        except NodeError as error:
            status, refusal = error.status, error.to_answer()
        except LedgerError as error:
            status, refusal = HTTPStatus.INTERNAL_SERVER_ERROR, {"exception": str(error)}
        return status, {**refusal, "duration": round((time.monotonic() - started) * 1000)}

    def _get_node_info(self, _request: Request) -> Answer:
        number, milestone = self._node.latest_milestone
        return {
            "appName": _APP_NAME,
            "appVersion": _APP_VERSION,
            "jreVersion": platform.python_version(),
            "jreAvailableProcessors": os.cpu_count() or 1,
            "jreFreeMemory": 0,
            "jreMaxMemory": 0,
            "jreTotalMemory": 0,
            "latestMilestone": milestone,
            "latestMilestoneIndex": number,
            "latestSolidSubtangleMilestone": milestone,
            "latestSolidSubtangleMilestoneIndex": number,
            "milestoneStartIndex": 0,
            "lastSnapshottedMilestoneIndex": self._node.pruner.snapshot,
            "neighbors": 0,
            "packetsQueueSize": 0,
            "time": int(self._node.clock() * 1000),
            "tips": len(self._store.tips(limit=MAX_LIST)),
            "transactionsToRequest": 0,
            "features": [] if "attachToTangle" in self._refused else ["RemotePOW"],
            "coordinatorAddress": coordinator_address(self._node.public_key),
        }

    def _get_balances(self, request: Request) -> Answer:
        if not 0 <= _integer(request, "threshold", _MAX_THRESHOLD) <= _MAX_THRESHOLD:
            raise NodeError("Illegal 'threshold'")
        number, milestone = self._node.latest_milestone
        return {
            "balances": list(map(str, _ask(_addresses(request, "addresses"), self._state.balance, Effort()))),
            "references": [milestone],
            "milestoneIndex": number,
        }

    def _find_transactions(self, request: Request) -> Answer:
        readers: Mapping[str, Callable[[Request, str], Sequence[str]]] = {
            "addresses": _addresses,
            "bundles": _hashes,
            "tags": _tags,
            "approvees": _hashes,
        }
        asked = {name: read(request, name) for name, read in readers.items() if request.get(name) is not None}
        if not asked:
            raise NodeError("Invalid parameters")
        effort = Effort()
        found = [self._store.search(name, dict.fromkeys(values), effort) for name, values in asked.items()]
        return {"hashes": sorted(set.intersection(*found))}

    def _get_trytes(self, request: Request) -> Answer:
        found = _ask(_hashes(request, "hashes"), self._store.load, Effort())
        return {"trytes": [_UNKNOWN_TRYTES if each is None else each.trytes for each in found]}

    def _get_inclusion_states(self, request: Request) -> Answer:
        found = _ask(_hashes(request, "transactions"), self._store.find, Effort())
        return {"states": [each is not None and each.milestone is not None and each.conflict is None for each in found]}

    def _were_addresses_spent_from(self, request: Request) -> Answer:
        return {"states": _ask(_addresses(request, "addresses"), self._state.is_used_up, Effort())}

    def _get_transactions_to_approve(self, request: Request) -> Answer:
        reference = request.get("reference")
        trunk, branch = self._node.choose_tips(
            _integer(request, "depth", _DEFAULT_DEPTH), None if reference is None else _hash(reference)
        )
        return {"trunkTransaction": trunk, "branchTransaction": branch}

    def _attach_to_tangle(self, request: Request) -> Answer:
        mwm = _integer(request, "minWeightMagnitude", self._node.mwm)
        trytes = _list(request, "trytes")
        if not 0 < mwm <= self._max_mwm:
            raise NodeError("Invalid minWeightMagnitude input")
        if not all(is_trytes(each, TRANSACTION_TRYTES) for each in trytes):
            raise NodeError("Invalid trytes input")
        trunk, branch = _hash(request.get("trunkTransaction")), _hash(request.get("branchTransaction"))
        return {"trytes": self._lane.attach(trytes, trunk=trunk, branch=branch, mwm=mwm)}

    def _get_tips(self, _request: Request) -> Answer:
        return {"hashes": [tip.hash for tip in self._store.tips(limit=MAX_LIST)]}

    def _get_configuration(self, _request: Request) -> Answer:
        return {
            "maxBodyLength": MAX_BODY_BYTES,
            "maxFindTransactions": MAX_ROWS,
            "maxGetTrytes": MAX_LIST,
            "maxRequestsList": MAX_LIST,
            "milestoneStartIndex": 0,
            "testNet": True,
        }

    def _uris(self, request: Request) -> list[str]:
        uris = _list(request, "uris")
        if not all(isinstance(uri, str) and 0 < len(uri) <= _MAX_URI for uri in uris):
            raise NodeError("Invalid uris input")
        return uris

    def _add_neighbors(self, request: Request) -> Answer:
        """Answer that this node gossips with nobody.

        As IRI does with neighbours that it does not take, it adds none.
        """
        self._uris(request)
        return {"addedNeighbors": 0}

    def _remove_neighbors(self, request: Request) -> Answer:
        self._uris(request)
        return {"removedNeighbors": 0}

    def _interrupt(self, _request: Request) -> Answer:
        self._lane.interrupt()
        return {}

    def _take_in(self, request: Request) -> Answer:
        self._node.take_in(_list(request, "trytes"))
        return {}

    def _check_consistency(self, request: Request) -> Answer:
        effort = Effort()
        tails = []
        for tail_hash in dict.fromkeys(_hashes(request, "tails")):
            effort.spend()
            tail = self._store.find(tail_hash)
            if tail is None:
                return {"state": False, "info": f"tails are not solid (missing a referenced tx): {tail_hash}"}
            if tail.position != 0:
                raise NodeError("Invalid tail transaction")
            if self._node.is_too_old(tail_hash):
                return {"state": False, "info": f"tails are not consistent (below max depth): {tail_hash}"}
            tails.append(tail)
        conflict = self._node.find_conflict(tails, effort)
        if conflict is not None:
            return {"state": False, "info": f"tails are not consistent: {conflict}"}
        return {"state": True, "info": ""}
