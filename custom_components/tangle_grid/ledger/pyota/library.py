"""The one place that imports pyota: bundles, signatures and node commands are its work.

pyota is loaded when it is first needed, with our sponges in its own seams (`pyota_seams`) and our arithmetic in the
four functions where it spends its time. What it computes stays the same, tryte for tryte. pyota is synchronous: call
everything here from a worker thread. Its exceptions carry requests, and with them seeds: none of them leaves here.
"""

import importlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields as fields_of
from functools import cache, partial
from itertools import batched
from threading import Lock
from types import ModuleType
from typing import Any, Final, Protocol, Self

from ..base.errors import LedgerError
from ..base.stored_values import StrangeError, amount, hash_of, number, sealed, text, unsealed
from ..trinary import (
    HASH_TRITS,
    int_to_trytes,
    kerl_hash_trytes,
    text_to_trytes,
    trits_to_int,
    trits_to_trytes,
    trytes_to_int,
    trytes_to_trits,
)
from ..trinary.bundle import secure_tag
from ..trinary.codec import HASH_TRYTES
from ..trinary.signing import FRAGMENT_TRYTES, SECURITY, key_digests, key_hashes, sign_fragment, signature_address
from .seams import ListKerl, modules

type Handle = Callable[[dict[str, Any]], Mapping[str, Any]]
"""A node: takes an IRI command, returns its answer, raises NodeRefusedError."""

_DEPTH: Final = 3
_TAG_TRYTES: Final = 27
_MOST_ASKED: Final = 500
_loading: Final = Lock()


class NodeRefusedError(Exception):
    """The node's answer to a command was an error."""


class PyotaError(Exception):
    """pyota could not do what it was asked. The text names the step and the kind of error, and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferInput:
    """An address to spend from: all of its balance, with this key of the wallet's seed."""

    address: str
    balance_i: int
    key_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BundlePlan:
    """Everything that decides a bundle: the same plan always gives the same bundle, and the same signatures.

    `outputs` are (address of 81 trytes, iota); the text goes with the first. Without inputs it is a message.
    """

    outputs: tuple[tuple[str, int], ...]
    inputs: tuple[TransferInput, ...] = ()
    tag: str
    text: str
    timestamp: int

    def to_text(self) -> str:
        """Return the plan as it is stored, with a checksum."""
        return sealed(asdict(self))

    @classmethod
    def from_text(cls, stored: str) -> Self:
        """Return the plan that is stored so. Call it where what is strange is `understood`."""
        fields = unsealed(stored)
        if fields.keys() != {each.name for each in fields_of(cls)}:
            raise StrangeError("plan")
        return cls(
            outputs=tuple((hash_of(address), amount(value)) for address, value in fields["outputs"]),
            inputs=tuple(
                TransferInput(
                    address=hash_of(each["address"]),
                    balance_i=amount(each["balance_i"]),
                    key_index=number(each["key_index"]),
                )
                for each in fields["inputs"]
            ),
            tag=text(fields["tag"]),
            text=text(fields["text"]),
            timestamp=number(fields["timestamp"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedBundle:
    """A finished, signed bundle without proof of work: its hash, and its trytes from head to tail."""

    bundle: str
    trytes: tuple[str, ...]


@cache
def _load() -> ModuleType:
    """Import pyota through its seams."""
    stand_ins = modules()
    before = {name: sys.modules.get(name) for name in ("pkg_resources", "ccurl")}
    sys.modules.update(stand_ins)
    try:
        iota = importlib.import_module("iota")
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
    _speed_up()
    return iota


def load() -> ModuleType:
    """Return pyota. Raises LedgerError (ledger_unavailable) when it is not installed."""
    with _loading:
        try:
            return _load()
        except ImportError as error:
            raise LedgerError("ledger_unavailable", {"error": f"pyota: {error}"}) from error


def _hashes_of(trytes: str) -> list[int]:
    return [trytes_to_int("".join(part)) for part in batched(trytes, HASH_TRYTES, strict=True)]


def _trytes_of(hashes: Sequence[int]) -> str:
    return "".join(int_to_trytes(number, HASH_TRYTES) for number in hashes)


def _speed_up() -> None:
    """Put our arithmetic where pyota spends its time: trits, keys, digests, signatures."""
    types = importlib.import_module("iota.types")
    crypto = importlib.import_module("iota.crypto.types")
    signing = importlib.import_module("iota.crypto.signing")
    validator = importlib.import_module("iota.transaction.validator")
    creation = importlib.import_module("iota.transaction.creation")
    next_key = signing.KeyIterator.__next__
    validate = signing.validate_signature_fragments

    def as_trits(self: Any) -> list[int]:
        return trytes_to_trits(str(self))

    def from_trits(cls: Any, trits: Any, *args: Any, **kwargs: Any) -> Any:
        return cls(trits_to_trytes(trits), *args, **kwargs)

    def fast_next_key(self: Any) -> Any:
        if self.current < 0 or len(self.seed_as_trits) != HASH_TRITS:
            return next_key(self)
        hashes = key_hashes(trits_to_int(self.seed_as_trits), self.current, self.security_level)
        key = crypto.PrivateKey(_trytes_of(hashes), key_index=self.current, security_level=self.security_level)
        self.advance()
        return key

    def get_digest(self: Any) -> Any:
        return crypto.Digest(_trytes_of(key_digests(_hashes_of(str(self)))), self.key_index)

    def next_signature(self: Any) -> Any:
        key_fragment = _hashes_of(str(next(self._key_chunks)))
        self._iteration += 1
        normalized = self._normalized_hash[self._iteration % len(self._normalized_hash)]
        return types.TryteString(_trytes_of(sign_fragment(key_fragment, normalized)))

    def validate_fragments(fragments: Any, hash_: Any, public_key: Any, sponge_type: Any = ListKerl) -> Any:
        parts = [str(fragment) for fragment in fragments]
        if sponge_type is not ListKerl or any(len(part) != FRAGMENT_TRYTES for part in parts):
            return validate(fragments, hash_, public_key, sponge_type)
        return signature_address(parts, str(hash_)) == str(public_key)

    # Its own clock asks for a time that Python is about to stop giving; every plan brings its time with it.
    vars(creation)["get_current_timestamp"] = int
    types.TryteString.as_trits = as_trits
    types.TryteString.from_trits = classmethod(from_trits)
    signing.KeyIterator.__next__ = fast_next_key
    crypto.PrivateKey.get_digest = get_digest
    signing.SignatureFragmentGenerator.__next__ = next_signature
    for module in (signing, validator):
        vars(module)["validate_signature_fragments"] = validate_fragments


def prepare(plan: BundlePlan, seed: str | None = None) -> PreparedBundle:
    """Build the bundle, and sign its inputs with the seed's keys.

    Raises:
        PyotaError: the plan does not add up, or an address in it is malformed.
        LedgerError: pyota is not installed.
    """
    iota = load()
    try:
        bundle = _bundle(iota, plan)
        if seed is not None and plan.inputs:
            bundle.sign_inputs(importlib.import_module("iota.crypto.signing").KeyGenerator(seed))
        trytes = tuple(str(transaction) for transaction in bundle.as_tryte_strings())
    except Exception as error:  # noqa: BLE001 - pyota raises what it likes, with the seed in its context
        problem = type(error).__name__
    else:
        return PreparedBundle(bundle=str(bundle.hash), trytes=trytes)
    raise PyotaError(f"preparing a bundle: {problem}")


def _bundle(iota: ModuleType, plan: BundlePlan) -> Any:
    tag = iota.Tag(plan.tag)
    message = iota.TryteString.from_unicode(plan.text) if plan.text else None
    bundle = iota.ProposedBundle()
    for place, (address, value) in enumerate(plan.outputs):
        bundle.add_transaction(
            iota.ProposedTransaction(
                address=iota.Address(address),
                value=value,
                tag=tag,
                message=None if place else message,
                timestamp=plan.timestamp,
            )
        )
    bundle.add_inputs(
        iota.Address(spent.address, balance=spent.balance_i, key_index=spent.key_index, security_level=SECURITY)
        for spent in plan.inputs
    )
    for transaction in bundle:
        # pyota stamps inputs with the current second; a bundle that is built again must be the same bundle.
        transaction.timestamp = plan.timestamp
    for place, transaction in enumerate(bundle):
        transaction.current_index, transaction.last_index = place, len(bundle) - 1
    if plan.text:
        # A bundle hash does not cover texts. Begun with a hash of the text, the tail's obsolete tag ties it in.
        bundle[0]._legacy_tag = iota.Tag(kerl_hash_trytes(text_to_trytes(plan.text))[:_TAG_TRYTES])  # noqa: SLF001
    # pyota counts the tail's tag up until the hash is secure; with the tag found beforehand its first try succeeds.
    tag, _hash = secure_tag([str(transaction.get_signature_validation_trytes()) for transaction in bundle])
    bundle[0]._legacy_tag = iota.Tag(tag)  # noqa: SLF001 - where pyota keeps it, and it has no setter
    bundle.finalize()
    return bundle


class Client(Protocol):
    """What the wallets need from a node."""

    def send(self, trytes: Sequence[str], mwm: int) -> list[str]:
        """Attach, store and broadcast a bundle (head to tail); return its trytes as they were attached."""

    def balances(self, addresses: Sequence[str]) -> list[int]:
        """Return the confirmed balance of each address."""

    def find_bundle(self, bundle: str) -> list[str]:
        """Return the hashes of the transactions that carry this bundle hash."""

    def is_known(self, address: str) -> bool:
        """Tell whether a transaction names the address."""

    def spent_from(self, addresses: Sequence[str]) -> list[bool]:
        """Tell which addresses were spent from."""


def _get_balances(api: Any, *, addresses: Sequence[str]) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = api.get_balances(addresses)
    return answer


def _were_spent_from(api: Any, *, addresses: Sequence[str]) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = api.were_addresses_spent_from(addresses)
    return answer


class PyotaClient:
    """pyota's commands over a node in the same process, or behind any other `Handle`."""

    def __init__(self, handle: Handle) -> None:
        iota = load()
        encoder = importlib.import_module("iota.json").JsonEncoder()

        class Adapter(iota.BaseAdapter):  # type: ignore[name-defined, misc]
            """Hands a command to the node as the JSON that would go over the wire."""

            def get_uri(self) -> str:
                return "tangle://"

            def send_request(self, payload: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
                return dict(handle(json.loads(encoder.encode(payload))))

        self._api = iota.Iota(Adapter())

    def _call[T](self, step: str, call: Callable[[Any], T]) -> T:
        try:
            return call(self._api)
        except NodeRefusedError, LedgerError:
            raise
        except Exception as error:  # noqa: BLE001 - pyota raises what it likes
            problem = type(error).__name__
        raise PyotaError(f"{step}: {problem}")

    def send(self, trytes: Sequence[str], mwm: int) -> list[str]:
        """Attach, store and broadcast a bundle (head to tail); return its trytes as they were attached."""
        sent = self._call("sending", lambda api: api.send_trytes(trytes, _DEPTH, mwm))
        return [str(transaction) for transaction in sent["trytes"]]

    def balances(self, addresses: Sequence[str]) -> list[int]:
        """Return the confirmed balance of each address."""
        found: list[int] = []
        for some in batched(addresses, _MOST_ASKED, strict=False):
            found += map(int, self._call("balances", partial(_get_balances, addresses=some))["balances"])
        return found

    def find(
        self, *, addresses: Sequence[str] = (), bundles: Sequence[str] = (), tags: Sequence[str] = ()
    ) -> list[str]:
        """Return the hashes of the transactions with one of each of these (81 trytes; tags 27)."""
        criteria = {"addresses": list(addresses), "bundles": list(bundles), "tags": list(tags)}
        asked = {name: values for name, values in criteria.items() if values}
        found = self._call("search", lambda api: api.find_transactions(**asked))
        return [str(transaction) for transaction in found["hashes"]]

    def find_bundle(self, bundle: str) -> list[str]:
        """Return the hashes of the transactions that carry this bundle hash."""
        return self.find(bundles=[bundle])

    def is_known(self, address: str) -> bool:
        """Tell whether a transaction names the address."""
        return bool(self.find(addresses=[address]))

    def spent_from(self, addresses: Sequence[str]) -> list[bool]:
        """Tell which addresses were spent from."""
        states: list[bool] = []
        for some in batched(addresses, _MOST_ASKED, strict=False):
            states += self._call("spent", partial(_were_spent_from, addresses=some))["states"]
        return states

    def trytes(self, hashes: Sequence[str]) -> list[str]:
        """Return the trytes of each transaction; nothing but 9 where the node has none."""
        found = self._call("reading", lambda api: api.get_trytes(list(hashes)))
        return [str(transaction) for transaction in found["trytes"]]

    def inclusion(self, hashes: Sequence[str], milestone: str) -> list[bool]:
        """Tell which transactions are confirmed, as of a milestone (its hash)."""
        return list(self._call("inclusion", lambda api: api.get_inclusion_states(list(hashes), [milestone]))["states"])

    def consistent(self, tail: str) -> bool:
        """Tell whether a tail, with all that it approves, contradicts nothing that is confirmed."""
        return bool(self._call("consistency", lambda api: api.check_consistency([tail]))["state"])

    def promote(self, tail: str, mwm: int) -> None:
        """Build an empty transaction on a tail, so that it is chosen sooner."""
        self._call("promoting", lambda api: api.promote_transaction(tail, _DEPTH, mwm))
