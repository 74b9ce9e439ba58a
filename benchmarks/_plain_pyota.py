"""pyota as it comes, without any of our seams, timed in a process of its own.

Reads a JSON object of samples from standard input; writes for each measure the seconds it took and what came out.
Also runs on the old interpreters that can still build pyota's C extension, so it keeps to their syntax.
"""

import json
import sys
import time
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Any, Callable, Dict, List, Tuple  # noqa: UP035 - see above

if find_spec("pkg_resources") is None:
    # pyota asks it for its own version.
    stand_in = ModuleType("pkg_resources")
    stand_in.__dict__["require"] = lambda _name: [SimpleNamespace(version="2.1.0")]
    sys.modules["pkg_resources"] = stand_in

import iota
from iota.crypto import Curl
from iota.crypto.addresses import AddressGenerator
from iota.crypto.signing import KeyGenerator, SignatureFragmentGenerator
from iota.transaction.types import BundleHash
from iota.transaction.validator import BundleValidator


def timed(times: int, call: Callable[[], Any]) -> Tuple[float, Any]:  # noqa: UP006 - see above
    """Return the least seconds of processor time that the call took, and its result."""
    best, result = float("inf"), None
    for _ in range(times):
        started = time.process_time()
        result = call()
        best = min(best, time.process_time() - started)
    return best, result


def transaction_hash(trytes: str) -> str:
    digest: List[int] = []  # noqa: UP006 - see above
    sponge = Curl()
    sponge.absorb(iota.TryteString(trytes).as_trits())
    sponge.squeeze(digest)
    return str(iota.TryteString.from_trits(digest))


def search(start: str, block: str) -> Callable[[], None]:
    """Return what tries one nonce: absorb the last block, on a state that everything before went into."""
    trits = iota.TryteString(block).as_trits()
    sponge = Curl()
    sponge.absorb(iota.TryteString(start).as_trits())
    state = list(sponge._state)  # noqa: SLF001 - it has no other way to go back

    def try_one() -> None:
        sponge._state = state[:]  # noqa: SLF001 - see above
        sponge.absorb(trits)

    return try_one


def signature(key: Any, bundle_hash: str) -> str:
    generator = SignatureFragmentGenerator(key, BundleHash(bundle_hash))
    return "".join(str(next(generator)) for _ in range(2))


def measure(samples: Dict[str, Any]) -> Dict[str, Any]:  # noqa: UP006 - see above
    found: Dict[str, Any] = {  # noqa: UP006 - see above
        "tx_hash": timed(8, lambda: transaction_hash(samples["transaction"]))
    }
    if hasattr(Curl(), "_state"):
        found["pow"] = timed(100, search(samples["transaction"][:-81], samples["transaction"][-81:]))
    found["address"] = timed(
        5, lambda: str(AddressGenerator(samples["seed"], security_level=2).get_addresses(samples["index"])[0])
    )
    key = KeyGenerator(samples["seed"]).get_key(samples["index"], 2)
    found["sign"] = timed(6, lambda: signature(key, samples["bundle_hash"]))
    bundle = iota.Bundle.from_tryte_strings(samples["bundle"])
    found["validate"] = timed(6, lambda: BundleValidator(bundle).is_valid())
    return found


if __name__ == "__main__":
    json.dump(measure(json.load(sys.stdin)), sys.stdout)
