"""A Tangle that somebody else keeps: any node that speaks the IRI commands, asked over HTTP.

Proof of work, keys and indices are ours. A node can keep its answer to itself, or lie about what is confirmed; it
cannot make a wallet sign twice with one key, spend from an address whose balance is in doubt, or take a stranger's
bundle for its own: see `remote_reader` for what is believed, and `funds` for when tokens are spent.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ..base.errors import LedgerError, LedgerFault, node_fault
from ..node import NodeError, Transaction
from ..node.pow_queue import Lane
from ..pyota.library import PyotaClient
from .backend import ADDRESS_SPENT, BundleVerdict, Fate, Found, Funds, Outgoing, Remote, Round
from .http_client import HttpClient
from .remote_answers import Answer, NodeInfo, read_answer, read_info
from .remote_identity import Watch
from .remote_reader import RemoteReader
from .tangles import Tangles

_LOGGER: Final = logging.getLogger(__name__)
_FRESH_S: Final = 10.0
_WORK_TIMEOUT_S: Final = 300.0
_MISSING_ROUNDS: Final = 3
_PROMOTED_S: Final = 600.0
"""A tail that was attached longer ago is too deep to be built on; it is attached anew."""

_ATTACHED_FROM: Final = 2430
"""Where a transaction begins that is written when it is attached: parents, tag, times, nonce."""


class RemoteNode:
    """The commands of one node, with the proof of work done here. Blocks: call it from worker threads."""

    def __init__(self, http: HttpClient, *, mwm: int, remote_work: bool, clock: Callable[[], float]) -> None:
        self.mwm = mwm
        self.fault: tuple[LedgerFault, str] | None = None
        self._http = http
        self._remote_work = remote_work
        self._lane = Lane(clock)

    def stop(self) -> None:
        """Give up what is waited for and worked on, now and from now on. May be called from any thread."""
        self._lane.stop()
        self._http.stop()

    def info(self) -> NodeInfo:
        """Ask what the node says of itself."""
        return read_info(self.ask({"command": "getNodeInfo"}))

    def ask(self, request: Mapping[str, Any]) -> Answer:
        """Return the answer to a command. Raises NodeRefusedError, or LedgerError (ledger_unavailable)."""
        if request.get("command") != "attachToTangle":
            return self._post(request)
        if self._remote_work and self.info().offers_work:
            return self._attached_there(request)
        return self._attached_here(request)

    def _post(self, request: Mapping[str, Any], timeout_s: float | None = None) -> Answer:
        try:
            answer = read_answer(request, *self._http.post(request, timeout_s=timeout_s))
        except LedgerError as error:
            if error.fault is not None:
                self.fault = (error.fault, str(error.placeholders.get("error", error)))
            raise
        fault = self.fault
        if fault is not None and fault[0] in {LedgerFault.NODE_UNREACHABLE, LedgerFault.NODE_NO_ACCESS}:
            self.fault = None
        return answer

    def _attached_here(self, request: Mapping[str, Any]) -> Answer:
        trytes = [str(each) for each in request["trytes"]]
        trunk, branch = str(request["trunkTransaction"]), str(request["branchTransaction"])
        try:
            return {"trytes": self._lane.attach(trytes, trunk=trunk, branch=branch, mwm=self.mwm), "duration": 0}
        except NodeError as error:
            raise node_fault(LedgerFault.OTHER, f"proof of work: {error}") from None

    def _attached_there(self, request: Mapping[str, Any]) -> Answer:
        answer = self._post(request, _WORK_TIMEOUT_S)
        asked = sorted(str(each)[:_ATTACHED_FROM] for each in request["trytes"])
        done = [Transaction.parse(each) for each in answer["trytes"]]
        if sorted(each.trytes[:_ATTACHED_FROM] for each in done) != asked:
            raise node_fault(LedgerFault.NODE_WRONG_ANSWER, "the node attached something else")
        if any(each.weight < self.mwm for each in done):
            raise node_fault(LedgerFault.NODE_WRONG_ANSWER, "the node did too little proof of work")
        return answer


class _RemoteRound:
    """What the node says of our addresses, and of what we sent."""

    did_work = True

    def __init__(self, tangles: Tangles, balances: Mapping[str, int], verdicts: Mapping[str, BundleVerdict]) -> None:
        self._tangles = tangles
        self._balances = balances
        self._verdicts = verdicts

    def finish(self) -> bool:
        return self._tangles.set_balances(self._balances)

    def verdict(self, sent: Outgoing) -> BundleVerdict:
        return self._verdicts[sent.bundle]


class RemoteBackend:
    """A node elsewhere. Blocks: call it from worker threads."""

    kind = "remote"
    trusted = False
    supply_ok: bool | None = None

    def __init__(
        self,
        node: RemoteNode,
        config: Remote,
        tangles: Tangles,
        *,
        address: str,
        tag: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """This island's messages stand at the `address`, but for those with this `tag`, which stand anywhere."""
        self.client = PyotaClient(node.ask)
        self.push_after_s: float | None = config.push_after_s
        self._node = node
        self._config = config
        self._tangles = tangles
        self._clock = clock
        self._reader = RemoteReader(self.client, tangles, address=address, tag=tag, clock=clock)
        self._watch = Watch(node, self.client, tangles, agreed=config.tangle_id)
        self._missing: dict[str, int] = {}
        self._claimed: dict[str, float] = {}
        self._doubt: str | None = None
        self._wants_round = False

    # What it is

    @property
    def tangle_id(self) -> str:
        """The identity of the Tangle that the wallets work on; a node of any other is refused."""
        return self._tangles.tangle_id

    @property
    def milestone(self) -> int:
        """The latest milestone that the node told of."""
        info = self._watch.latest
        return 0 if info is None else info.solid_milestone

    @property
    def transactions(self) -> int | None:
        """The number of transactions on the Tangle, where the node tells."""
        info = self._watch.latest
        return None if info is None else info.transactions

    @property
    def fault(self) -> tuple[LedgerFault, str] | None:
        """What keeps the node from being used, or what about its answers cannot be true."""
        if self._node.fault is not None or self._doubt is None:
            return self._node.fault
        return LedgerFault.NODE_WRONG_ANSWER, self._doubt

    def check(self) -> None:
        """See that the node can be reached, is synced, and has our Tangle. Raises LedgerError (ledger_unavailable)."""
        self._checked(0.0)

    def _checked(self, within_s: float = _FRESH_S) -> NodeInfo:
        """Return what the node said of itself lately, once it is known to be on our Tangle and synced."""
        try:
            return self._watch.check(within_s)
        except LedgerError as error:
            if error.fault is not None:
                self._node.fault = (error.fault, str(error.placeholders.get("error", error)))
            raise

    def close(self) -> None:
        """Stop working."""
        self.stop()

    def stop(self) -> None:
        """Give up what is waited for and worked on, now and from now on. May be called from any thread."""
        self._node.stop()

    # Sending

    def send(self, trytes: Sequence[str]) -> list[Transaction]:
        """Attach a bundle (head to tail) with proof of work, and give it to the node; return it, tail first."""
        self._checked()
        attached = [Transaction.parse(each) for each in self.client.send(trytes, self._config.mwm)]
        attached.sort(key=lambda transaction: transaction.index)
        self._reader.note(attached)
        return attached

    def push(self, sent: Outgoing) -> None:
        """Build on the latest attachment of a bundle; attach it anew, as it was signed, where that is no use."""
        attachments = self._reader.attachments(sent.bundle)
        if not attachments:
            return
        tail = attachments[-1][0]
        is_fresh = self._clock() - tail.attached_at / 1000 < _PROMOTED_S
        if is_fresh and self.client.consistent(tail.hash):
            self.client.promote(tail.hash, self._config.mwm)
        else:
            self.send(sent.trytes)

    # Rounds

    def next_round_s(self, *, sending: bool, since_s: float) -> float | None:
        """Return in how many seconds the node has to be asked again."""
        often = sending or self._wants_round
        return (self._config.poll_s if often else self._config.idle_poll_s) - since_s

    def begin_round(self, sent: Sequence[Outgoing], addresses: Callable[[], Sequence[str]]) -> Round:
        """Ask for the balances of our addresses, and for what was sent."""
        before = self._node.fault
        info = self._checked(0.0)
        self._doubt = None
        # Balances come last: they must show what the verdicts say.
        verdicts = {each.bundle: self._verdict(each, info.solid_milestone_hash) for each in sent}
        ours = addresses()
        credited = self._tangles.credits(ours)
        answered = self.client.balances(ours)
        # Less than what confirmed bundles paid there is no balance; what is, is shown when it can be spent.
        balances = {
            address: max(balance, least) for address, balance, least in zip(ours, answered, credited, strict=True)
        }
        for gone in self._missing.keys() - verdicts.keys():
            del self._missing[gone]
        if self._node.fault is before:
            # It is over; one that somebody met meanwhile is not.
            self._node.fault = None
        self._wants_round = False
        return _RemoteRound(self._tangles, balances, verdicts)

    def _verdict(self, sent: Outgoing, milestone: str) -> BundleVerdict:
        attachments = self._reader.attachments(sent.bundle)
        if not attachments:
            # It may have been another node that answered, or one that has just begun to look.
            self._missing[sent.bundle] = self._missing.get(sent.bundle, 0) + 1
            is_missing = self._missing[sent.bundle] >= _MISSING_ROUNDS
            return BundleVerdict(fate=Fate.MISSING if is_missing else Fate.WAITING)
        self._missing.pop(sent.bundle, None)
        states = self._reader.confirmed([each[0].hash for each in attachments], milestone)
        booked = next((each for each, state in zip(attachments, states, strict=True) if state), None)
        if booked is not None:
            if self._has_moved(sent):
                return BundleVerdict(fate=Fate.CONFIRMED, booked=booked)
            self._reader.forget_confirmation(each[0].hash for each in attachments)
            self._doubt = "a payment is said to be confirmed, and has moved no balance"
        elif not any(self.client.consistent(each[0].hash) for each in attachments[-2:]):
            for other in self._reader.spends([spent.address for spent in sent.inputs], except_of=sent.bundle):
                if any(self._reader.confirmed([other[0].hash], milestone)):
                    return BundleVerdict(fate=Fate.CONFLICT, reason=ADDRESS_SPENT)
        return BundleVerdict(fate=Fate.WAITING)

    def _has_moved(self, sent: Outgoing) -> bool:
        """Tell whether any balance shows that the bundle was booked."""
        before = self.client.balances([each.address for each in sent.inputs])
        after = self.client.balances([address for address, _amount in sent.outputs])
        return any(balance < spent.balance_i for balance, spent in zip(before, sent.inputs, strict=True)) or any(
            balance >= amount for balance, (_address, amount) in zip(after, sent.outputs, strict=True)
        )

    # Funds

    def known_balances(self, addresses: Sequence[str]) -> list[int]:
        """Return the balances of the last round, also of one before the last start."""
        return self._tangles.balances(addresses)

    def funds(self, addresses: Sequence[str]) -> Funds | None:
        """Return what these addresses hold, to spend all of it.

        What stays behind on an address that was spent from is lost, and so is a signature for more than there is. So a
        balance counts when two rounds agree on it and it is no less than what confirmed bundles paid there. An address
        that the node says was spent from counts as spent when it shows the bundle, with a signature that only the
        seed can make; until then, if it holds anything, it is left alone.
        """
        self._checked()
        balances = dict(zip(addresses, self.client.balances(addresses), strict=True))
        known = dict(zip(addresses, self._tangles.balances(addresses), strict=True))
        credited = dict(zip(addresses, self._tangles.credits(addresses), strict=True))
        claimed = {each for each, state in zip(addresses, self.client.spent_from(addresses), strict=True) if state}
        doubtful = {each for each in claimed if balances[each] or known[each]}
        doubtful |= {each for each in addresses if balances[each] < credited[each]}
        spent = {each for each in claimed | doubtful if self._reader.spends([each], except_of=None)}
        if doubtful - spent:
            self._doubt = "an address of a wallet is said to be spent from, and there is no bundle that does so"
            return None
        if any(balances[each] != known[each] for each in addresses if each not in spent):
            self._wants_round = True
            return None
        self._tangles.drop_credits(spent)
        return Funds(
            balances={each: balance for each, balance in balances.items() if each not in spent},
            spent=frozenset(spent),
        )

    def may_receive(self, address: str) -> bool | None:
        """Tell whether an address was never spent from: no, when the node says so twice, a while apart."""
        self._checked()
        if not self.client.spent_from([address])[0]:
            self._claimed.pop(address, None)
            return True
        first = self._claimed.setdefault(address, time.monotonic())
        return False if time.monotonic() - first >= self._config.poll_s else None

    def is_known_spent(self, address: str) -> bool:
        """Tell whether the node said so lately; before tokens are sent there it is asked."""
        return address in self._claimed

    def note_booked(self, outputs: Sequence[tuple[str, int]]) -> None:
        """Remember what our addresses were paid: the node must not forget it."""
        self._tangles.add_credits(outputs)

    # Reading

    def latest_milestone(self) -> str:
        """Return the hash of the newest milestone that the node shows, also where that is older than one before."""
        info = self._node.info()
        if info.tangle_id != self._tangles.tangle_id:
            raise node_fault(LedgerFault.NODE_OTHER_TANGLE, "the wallets belong to another Tangle than the node")
        return info.solid_milestone_hash

    def attached(self, bundle: str) -> list[Transaction]:
        """Return the transactions, tail first, of a bundle where it was attached first; none when it was not."""
        self._checked()
        return next(iter(self._reader.attachments(bundle)), [])

    def tails(self, bundle: str) -> Sequence[Found]:
        """Return the tails of the complete and valid attachments of a bundle."""
        milestone = self._checked().solid_milestone_hash
        return [self._reader.located(each[0], milestone) for each in self._reader.attachments(bundle)]

    def find(self, transaction: str) -> Found | None:
        """Return what the node knows of a transaction."""
        return self._reader.find(transaction, self._checked().solid_milestone_hash)

    def load(self, transaction: str) -> Transaction | None:
        """Return a transaction, or None."""
        return self._reader.load(transaction)

    def bundle_of(self, tail: str) -> list[Transaction]:
        """Return a bundle, tail first."""
        return self._reader.bundle_of(tail)

    def recent_tails(self, *, tag: str | None, prefix: str, limit: int, below: int | None) -> Sequence[Found]:
        """Return the newest tails with this tag, or with any tag that starts so."""
        milestone = self._checked().solid_milestone_hash
        return self._reader.recent_tails(tag=tag, prefix=prefix, limit=limit, below=below, milestone_hash=milestone)
