"""Plain pyota in a process of its own, without any of our seams: the oracle of the trinary tests.

For each line of its input, a JSON list of [function, arguments], it writes a line with the JSON list of the results.
"""

# pyota has no types, and this file speaks its language only.
# ruff: noqa: ANN001, ANN201, ANN202, T201
import json
import sys
from types import ModuleType, SimpleNamespace

stand_in = ModuleType("pkg_resources")
stand_in.__dict__["require"] = lambda _name: [SimpleNamespace(version="2.1.0")]
sys.modules["pkg_resources"] = stand_in

import iota  # noqa: E402 - needs the stand-in
from iota.crypto.addresses import AddressGenerator  # noqa: E402
from iota.crypto.kerl import Kerl  # noqa: E402
from iota.crypto.pycurl import Curl  # noqa: E402
from iota.crypto.signing import KeyGenerator, normalize  # noqa: E402
from iota.transaction.types import BundleHash  # noqa: E402
from iota.transaction.validator import BundleValidator  # noqa: E402


def _hash(sponge, trytes):
    result = []
    sponge.absorb(iota.TryteString(trytes).as_trits())
    sponge.squeeze(result)
    return str(iota.TryteString.from_trits(result))


def curl(trytes):
    return _hash(Curl(), trytes)


def kerl(trytes):
    return _hash(Kerl(), trytes)


def trits(trytes):
    return iota.TryteString(trytes).as_trits()


def text(characters):
    return str(iota.TryteString.from_unicode(characters))


def address(seed, index, security):
    return str(AddressGenerator(seed, security, checksum=True).get_addresses(index)[0])


def normalized(trytes):
    return [value for part in normalize(BundleHash(trytes)) for value in part]


def bundle(outputs, inputs, tag, message, timestamp, seed):
    """Build and sign as a wallet does; the tail's obsolete tag begins with `tag`."""
    built = iota.ProposedBundle()
    for place, (to, amount) in enumerate(outputs):
        built.add_transaction(
            iota.ProposedTransaction(
                address=iota.Address(to),
                value=amount,
                tag=iota.Tag(tag),
                message=None if place else iota.TryteString.from_unicode(message),
                timestamp=timestamp,
            )
        )
    built.add_inputs(
        iota.Address(each["address"], balance=each["balance_i"], key_index=each["key_index"], security_level=2)
        for each in inputs
    )
    for transaction in built:
        transaction.timestamp = timestamp
    start = kerl(text(message).ljust(-(-len(text(message)) // 81) * 81, "9"))[:27] if message else tag
    built[0]._legacy_tag = iota.Tag(start)
    built.finalize()
    built.sign_inputs(KeyGenerator(seed))
    return [str(transaction) for transaction in built.as_tryte_strings()]


def is_valid(trytes):
    return BundleValidator(iota.Bundle.from_tryte_strings(trytes)).is_valid()


if __name__ == "__main__":
    assert "ccurl" not in sys.modules
    functions = dict(globals())
    for line in sys.stdin:
        print(json.dumps([functions[name](*arguments) for name, arguments in json.loads(line)]), flush=True)
