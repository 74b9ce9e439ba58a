"""A participant outside Home Assistant: it reads what it is asked for from the island's node, answers, and is paid.

    python participant.py --make-key participant.json
    python participant.py participant.json --node URL --token-file guest.token --island ID --island-key HEX \
        --participant ID

Needs Python 3.11 or newer and `cryptography`. The first call makes a key and prints its public half, which an
administrator of the island enrols. The file keeps the key and the number of the last message: there is one copy of it,
and nobody else may read it. The second call answers every request at or above `--least-rate`, and says when it is paid.
"""

import argparse
import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from tangle import Node

LASTS_S = 600


def canonical(value: Any) -> str:
    """Return the canonical encoding of what is said here: texts, whole numbers, truth values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def make_key(path: Path) -> str:
    """Make a key, keep it in a file that only its owner reads, and return its public half."""
    key = Ed25519PrivateKey.generate()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"key": key.private_bytes_raw().hex(), "seq": 0, "prev": "0" * 64}, file)
    return key.public_key().public_bytes_raw().hex()


def genuine(text: str, island: str, island_key: str) -> dict[str, Any] | None:
    """Return a message of the island; None when it is not one, or was changed."""
    try:
        message = json.loads(text)
        if (message["island"], message["from"]) != (island, island_key):
            return None
        # The text is the canonical encoding: what the signature covers is all of it but the signature.
        place = text.rindex(f'"sig":"{message["sig"]}",')
        signed = text[:place] + text[place + len(message["sig"]) + 9 :]
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(island_key)).verify(
            bytes.fromhex(message["sig"]), signed.encode()
        )
    except (ValueError, KeyError, TypeError, InvalidSignature):
        return None
    return dict(message)


class Participant:
    """Answers for one participant of one island."""

    def __init__(self, path: Path, node: Node, island: str, island_key: str, participant: str, least_rate: int) -> None:
        self._path = path
        self._kept = json.loads(path.read_text())
        self._key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self._kept["key"]))
        self._node = node
        self._island = island
        self._island_key = island_key
        self._participant = participant
        self._least_rate = least_rate
        self._answered: set[str] = set()
        self._paid: set[str] = set()

    def _messages(self, kind: str) -> list[tuple[dict[str, Any], str, str, str]]:
        """Return the island's messages of a kind, each with its text, its address and its transaction."""
        found = []
        for text, address, transaction in self._node.messages(f"TG{kind.upper()}"):
            message = genuine(text, self._island, self._island_key)
            if message is not None and message["kind"] == kind:
                found.append((message, text, address, transaction))
        return found

    def look(self, now: float) -> list[str]:
        """Answer what is new, and return what has happened, in words."""
        said = []
        for message, text, address, _ in self._messages("request"):
            body = message["body"]
            request = body["request_id"]
            if body["participant"] != self._participant or request in self._answered or body["answer_by"] <= now:
                continue
            accepted = body["rate_i_per_kwh"] >= self._least_rate
            answer = {
                "request_id": request,
                "participant": self._participant,
                "accepted": accepted,
                "power_w": body["power_w"] if accepted else 0,
                "reason": {"key": "accepted_by_person" if accepted else "rate_below_minimum"},
                # Which of the island's messages this answers: with it, the reward can be verified.
                "re": hashlib.sha256(text.encode()).hexdigest(),
            }
            self._send("answer", answer, address, int(now))
            self._answered.add(request)
            said.append(f"{'accepted' if accepted else 'declined'} {request}: {body['power_w']} W")
        for message, _, _, transaction in self._messages("payment"):
            for payment in message["body"]["payments"]:
                request, _, participant = payment["id"].partition(":")
                if participant != self._participant or request in self._paid or request not in self._answered:
                    continue
                if self._node.is_confirmed(transaction):
                    self._paid.add(request)
                    holds = self._node.balance(payment["address"])
                    said.append(f"paid {request}: {payment['amount_i']} i, the address holds {holds} i")
        return said

    def _send(self, kind: str, body: dict[str, Any], address: str, now: int) -> None:
        message: dict[str, Any] = {
            "v": 1,
            "kind": kind,
            "id": f"{kind}-{self._kept['seq'] + 1}",
            "island": self._island,
            "from": self._key.public_key().public_bytes_raw().hex(),
            "seq": self._kept["seq"] + 1,
            "prev": self._kept["prev"],
            "at": now,
            "until": now + LASTS_S,
            "body": body,
        }
        message["sig"] = self._key.sign(canonical(message).encode()).hex()
        text = canonical(message)
        # First kept, then sent: a number that was used never comes again.
        self._kept |= {"seq": message["seq"], "prev": hashlib.sha256(text.encode()).hexdigest()}
        beside = self._path.with_suffix(".new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(self._kept, file)
        beside.replace(self._path)
        self._node.attach(text, address, f"TG{kind.upper()}")


def main() -> None:
    """Run until somebody ends it."""
    parser = argparse.ArgumentParser(description="A participant outside Home Assistant.")
    parser.add_argument("file", type=Path, help="keeps the key and the number of the last message")
    parser.add_argument("--make-key", action="store_true", help="make the file, and print the public key")
    parser.add_argument("--node", help="the node's address, as the island shows it to a guest")
    parser.add_argument("--token-file", type=Path, help="holds the guest's token")
    parser.add_argument("--island", help="the island's id")
    parser.add_argument("--island-key", help="the island's public key")
    parser.add_argument("--participant", help="the participant's id")
    parser.add_argument("--least-rate", type=int, default=0, metavar="I", help="iota per kWh for which it helps")
    parser.add_argument("--every", type=float, default=5, metavar="S", help="seconds between two looks")
    given = parser.parse_args()
    if given.make_key:
        print(make_key(given.file))
        return
    token = given.token_file.read_text().strip() if given.token_file else None
    node = Node(given.node, token)
    participant = Participant(given.file, node, given.island, given.island_key, given.participant, given.least_rate)
    while True:
        try:
            for line in participant.look(time.time()):
                print(line, flush=True)
        except OSError as error:
            print(f"the node does not answer: {error}", file=sys.stderr, flush=True)
        time.sleep(given.every)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
