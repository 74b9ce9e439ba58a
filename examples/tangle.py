"""Messages on a Tangle of the legacy protocol, over the HTTP API of a node: the standard library is enough.

Only what a participant needs: to read the messages of a kind, and to attach one. No wallet, no values, no proof of work
of its own: the node does it.
"""

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

ALPHABET = "9ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FRAGMENT = 2187
HASH = 81
ADDRESS, BUNDLE, TRUNK = slice(2187, 2268), slice(2349, 2430), slice(2430, 2511)
NULL = "9" * HASH
LOW_64 = (1 << 64) - 1


# Trytes


def value_of(tryte: str) -> int:
    """Return what a tryte is worth, -13 to 13."""
    place = ALPHABET.index(tryte)
    return place if place <= 13 else place - 27


def to_number(trytes: str) -> int:
    """Return the balanced number that trytes spell, the least significant one first."""
    return sum(value_of(tryte) * 27**place for place, tryte in enumerate(trytes))


def to_trytes(number: int, length: int) -> str:
    """Return a number as so many trytes."""
    found = ""
    for _ in range(length):
        digit = (number + 13) % 27 - 13
        found += ALPHABET[digit % 27]
        number = (number - digit) // 27
    return found


def text_to_trytes(text: str) -> str:
    """Return two trytes for each byte."""
    return "".join(ALPHABET[byte % 27] + ALPHABET[byte // 27] for byte in text.encode())


def trytes_to_text(trytes: str) -> str:
    """Return the text that stands in trytes, without the nines that fill them up."""
    pairs = [trytes[at : at + 2].ljust(2, "9") for at in range(0, len(trytes.rstrip("9")), 2)]
    return bytes(ALPHABET.index(low) + 27 * ALPHABET.index(high) for low, high in pairs).decode()


# Kerl: Keccak-384, with its padding of before FIPS 202, over numbers of 48 bytes


def _rotated(lane: int, by: int) -> int:
    return (lane << by | lane >> 64 - by) & LOW_64 if by else lane


def _permuted(lanes: list[list[int]]) -> list[list[int]]:
    """Return Keccak-f[1600] of 5 x 5 lanes."""
    constant = 1
    for _ in range(24):
        columns = [lanes[x][0] ^ lanes[x][1] ^ lanes[x][2] ^ lanes[x][3] ^ lanes[x][4] for x in range(5)]
        mixed = [columns[(x + 4) % 5] ^ _rotated(columns[(x + 1) % 5], 1) for x in range(5)]
        lanes = [[lanes[x][y] ^ mixed[x] for y in range(5)] for x in range(5)]
        x, y, current = 1, 0, lanes[1][0]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, lanes[x][y] = lanes[x][y], _rotated(current, (step + 1) * (step + 2) // 2 % 64)
        for y in range(5):
            row = [lanes[x][y] for x in range(5)]
            for x in range(5):
                lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5] & LOW_64)
        for bit in range(7):
            constant = (constant << 1 ^ (constant >> 7) * 0x71) % 256
            if constant & 2:
                lanes[0][0] ^= 1 << (1 << bit) - 1
    return lanes


def keccak_384(data: bytes) -> bytes:
    """Return the hash, 48 bytes."""
    rate = 104
    padded = bytearray(data + b"\1")
    padded += bytes(-len(padded) % rate)
    padded[-1] |= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), rate):
        for place in range(rate // 8):
            at = start + 8 * place
            lanes[place % 5][place // 5] ^= int.from_bytes(padded[at : at + 8], "little")
        lanes = _permuted(lanes)
    return b"".join(lanes[place % 5][place // 5].to_bytes(8, "little") for place in range(6))


def kerl(trytes: str) -> str:
    """Return the hash of trytes in blocks of 81, of which the last trit does not count."""
    half = (3**242 - 1) // 2
    blocks = [to_number(trytes[at : at + HASH]) for at in range(0, len(trytes), HASH)]
    data = b"".join(((block + half) % 3**242 - half).to_bytes(48, "big", signed=True) for block in blocks)
    number = int.from_bytes(keccak_384(data), "big", signed=True)
    return to_trytes((number + half) % 3**242 - half, HASH)


def is_secure(bundle: str) -> bool:
    """Tell whether a bundle's hash, normalised, has no 13: others are refused."""
    for start in range(0, HASH, 27):
        values = [value_of(tryte) for tryte in bundle[start : start + 27]]
        left = sum(values)
        for place, value in enumerate(values):
            moved = max(-13, min(13, value - left))
            left -= value - moved
            values[place] = moved
            if not left:
                break
        if 13 in values:
            return False
    return True


# Messages


def bundle_of(text: str, address: str, tag: str, at: int) -> list[str]:
    """Return the transactions, last one first, of a bundle that carries a text and moves nothing."""
    body = text_to_trytes(text)
    fragments = [body[start : start + FRAGMENT].ljust(FRAGMENT, "9") for start in range(0, len(body), FRAGMENT)]
    last = len(fragments) - 1
    for attempt in range(10_000):
        marked = to_trytes(to_number(tag.ljust(27, "9")) + attempt * 27**20, 27)
        essences = [
            address + to_trytes(0, 27) + (marked if not place else tag.ljust(27, "9")) + to_trytes(at, 9)
            + to_trytes(place, 9) + to_trytes(last, 9)
            for place in range(len(fragments))
        ]  # fmt: skip
        bundle = kerl("".join(essences))
        if is_secure(bundle):
            break
    end = NULL + NULL + tag.ljust(27, "9") + "9" * 27 + "9" * 27
    made = [fragment + essence + bundle + end for fragment, essence in zip(fragments, essences, strict=True)]
    return made[::-1]


class Node:
    """The commands of a node. Each raises OSError when there is no answer, or a bad one."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self._url = url
        self._headers = {"Content-Type": "application/json", "X-IOTA-API-Version": "1"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def ask(self, command: str, **fields: Any) -> dict[str, Any]:
        """Return the answer to a command."""
        body = json.dumps({"command": command, **fields}).encode()
        request = urllib.request.Request(self._url, body, self._headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def messages(self, tag: str) -> Iterator[tuple[str, str, str]]:
        """Yield text, address and first transaction's hash of each bundle with this tag, attached again or not."""
        hashes = self.ask("findTransactions", tags=[tag.ljust(27, "9")])["hashes"]
        known: dict[str, str] = {}
        for start in range(0, len(hashes), 100):
            some = hashes[start : start + 100]
            known.update(zip(some, self.ask("getTrytes", hashes=some)["trytes"], strict=True))
        for tail, trytes in known.items():
            if to_number(trytes[2331:2340]):  # not the first of its bundle
                continue
            address = trytes[ADDRESS]
            text, at = "", tail
            # The hash of each transaction stands in the one before.
            while at in known and known[at][ADDRESS] == address and known[at][BUNDLE] == trytes[BUNDLE]:
                text += known[at][:FRAGMENT]
                at = known[at][TRUNK]
            try:
                yield trytes_to_text(text), address, tail
            except ValueError:
                continue

    def attach(self, text: str, address: str, tag: str) -> None:
        """Put a text on the Tangle; the node does the proof of work."""
        parents = self.ask("getTransactionsToApprove", depth=3)
        done = self.ask(
            "attachToTangle",
            trunkTransaction=parents["trunkTransaction"],
            branchTransaction=parents["branchTransaction"],
            minWeightMagnitude=9,
            trytes=bundle_of(text, address, tag, int(time.time())),
        )["trytes"]
        self.ask("broadcastTransactions", trytes=done)
        self.ask("storeTransactions", trytes=done)

    def is_confirmed(self, transaction: str) -> bool:
        """Tell whether a milestone has confirmed a transaction."""
        return self.ask("getInclusionStates", transactions=[transaction], tips=[])["states"] == [True]

    def balance(self, address: str) -> int:
        """Return what an address holds, iota."""
        return int(self.ask("getBalances", addresses=[address], threshold=100)["balances"][0])
