"""`scripts/verify`: recompute a reward, a receipt, a statement, a sharing or the proof of a fork, over any node."""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from time import sleep
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from ..economy.books import BooksError
from ..economy.signed_receipt import ReceiptError, SignedReceipt, read_signed, reference_of
from ..ledger.base.errors import LedgerError
from ..ledger.base.secret_input import read_secret
from ..ledger.messages.archive import ArchiveError, IriArchive
from ..ledger.node.milestone import coordinator_address
from ..ledger.trinary import HASH_TRYTES, is_trytes
from ..ledger.verify.receipts import Check, Verification, verify_payment
from ..protocol import is_body_key
from .files import check_file, check_fork, check_sharing, check_statement

_TIMEOUT_S: Final = 60
_MAX_ANSWER: Final = 64_000_000
_TOO_MANY_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""How long to wait, s, each time in a row that a node refuses one request too many."""
_MAX_FILE: Final = 16_000_000
_KEY_DIGITS: Final = 64
OPEN_KEY_VARIABLE: Final = "TANGLE_GRID_OPEN_KEY"
BEARER_VARIABLE: Final = "TANGLE_GRID_TOKEN"

# The sentences of all checks, where the actions and the screens have them as well.
_TEXTS: Final = Path(__file__).parents[1] / "translations" / "en.json"
# Checks whose figures are amounts. Here they are written to the iota, so that they can be compared.
_AMOUNTS: Final = frozenset({"amount", "paid", "rate"})
# Placeholders that are moments, epoch seconds.
_MOMENTS: Final = frozenset({"starts_at", "ends_at"})


class HttpNode:
    """A node that is asked over HTTP, with patience where it answers so many requests a second only."""

    def __init__(self, url: str, token: str | None) -> None:
        """`token` is sent as bearer token. Raises ValueError for what is no HTTP address."""
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
            raise ValueError(f"not an HTTP address: {url}")
        self._url = url
        self._headers = {"Content-Type": "application/json", "X-IOTA-API-Version": "1"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def __call__(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the node's answer to a command. Raises ArchiveError when there is none, or it is no JSON object."""
        data = self._post(request)
        for pause_s in _TOO_MANY_S:
            if data is not None:
                break
            sleep(pause_s)
            data = self._post(request)
        if data is None:
            raise ArchiveError(f"{request['command']}: the node has too many requests to answer; try again later")
        try:
            answer = json.loads(data) if len(data) <= _MAX_ANSWER else None
        except ValueError, RecursionError:
            answer = None
        if not isinstance(answer, dict):
            raise ArchiveError(f"{request['command']}: the answer is not a JSON object")
        return answer

    def _post(self, request: Mapping[str, Any]) -> bytes | None:
        """Return what the node answers; None when that was one request too many for now."""
        post = Request(self._url, json.dumps(request).encode(), self._headers, method="POST")  # noqa: S310 - checked above
        try:
            with urlopen(post, timeout=_TIMEOUT_S) as response:  # noqa: S310 - checked above
                answer: bytes = response.read(_MAX_ANSWER + 1)
        except HTTPError as error:
            with error:
                text = error.read(500).decode(errors="replace")
            if error.code == HTTPStatus.TOO_MANY_REQUESTS:
                return None
            raise ArchiveError(f"{request['command']}: HTTP {error.code}: {text}") from None
        except (URLError, OSError) as error:
            raise ArchiveError(f"the node does not answer: {getattr(error, 'reason', error)}") from None
        return answer


def anchor(archive: IriArchive, public_key: str, given: str | None) -> Check:
    """Say whose word is believed: the key that was given, or else the one that signs this Tangle's milestones."""
    if given is not None:
        how = f"Believed: the key given, {given}."
        if public_key != given:
            how = f"Not believed: {public_key} signed it, and not the key given, {given}."
        return Check(key="anchor", ok=public_key == given, placeholders={"how": how})
    coordinator = archive.node_info().get("coordinatorAddress")
    if coordinator == coordinator_address(public_key):
        how = f"Believed: {public_key}, the key of this Tangle's milestones, learned from the node (give --key)."
        return Check(key="anchor", ok=True, placeholders={"how": how})
    how = f"Not believed: {public_key} signed it, but is not the key of this Tangle's milestones."
    return Check(key="anchor", ok=False, placeholders={"how": f"{how} Give --key if it is right all the same."})


@cache
def _sentences() -> Mapping[str, str]:
    texts: Mapping[str, str] = json.loads(_TEXTS.read_text(encoding="utf-8"))["common"]
    return texts


def sentence(check: Check) -> str:
    """Return a check in words, in English."""
    if check.key == "anchor":
        return str(check.placeholders["how"])
    text = _sentences()[f"check_{check.key}" if check.ok else f"check_{check.key}_failed"]
    iota = check.key in _AMOUNTS
    return text.format_map({name: _readable(name, value, iota=iota) for name, value in check.placeholders.items()})


def _readable(name: str, value: Any, *, iota: bool) -> str:
    if iota and isinstance(value, int):
        return f"{value} i"
    if name in _MOMENTS:
        return datetime.fromtimestamp(float(value), UTC).isoformat(timespec="minutes")
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def _public_key(text: str) -> str:
    digits = text.lower()
    if len(digits) != _KEY_DIGITS or not set(digits) <= set("0123456789abcdef"):
        raise argparse.ArgumentTypeError("a public key is 64 hexadecimal digits")
    return digits


def _transaction(text: str) -> str:
    if not is_trytes(text, HASH_TRYTES):
        raise argparse.ArgumentTypeError("a transaction is named by 81 of the characters 9 and A to Z")
    return text


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/verify",
        description="Recompute a reward from what stands on the Tangle, or from its file the receipt of a charging"
        " session, a stay or a passage, the statement of a month, a sharing of energy, or the proof that an operator"
        " forked a ledger. With --key, the last three need no node. Exit code 0: it stands up, 1: it does not, 2: it"
        " cannot be told.",
    )
    parser.add_argument("--node", default="http://127.0.0.1:14265", metavar="URL", help="a node with the IRI API")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("transaction", nargs="?", type=_transaction, help="the transaction that credits the reward")
    what.add_argument("--payment", metavar="ID", help="the payment's id: request:participant")
    what.add_argument("--receipt", type=Path, metavar="FILE", help="the file of a receipt, - for standard input")
    what.add_argument("--statement", type=Path, metavar="FILE", help="a signed statement, - for standard input")
    what.add_argument("--sharing", type=Path, metavar="FILE", help="a signed sharing of energy, - for standard input")
    what.add_argument("--fork", type=Path, metavar="FILE", help="the proof of a fork, - for standard input")
    parser.add_argument("--key", type=_public_key, help="the island's public key: believe nobody else")
    parser.add_argument(
        "--token",
        type=Path,
        metavar="FILE",
        help=f"a file with the bearer token, if the node asks for one, - for standard input; or set {BEARER_VARIABLE}",
    )
    parser.add_argument(
        "--open-key",
        type=Path,
        metavar="FILE",
        help="a file with the key that opens sealed messages, or several, one in a line, - for standard input;"
        f" or set {OPEN_KEY_VARIABLE}",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args(given)


def opening_keys(file: Path | None) -> tuple[str, ...]:
    """Read the keys from the file, or else from the environment. Not from the command line, which others can see.

    Raises ValueError, without what was read in it, when it is no key.
    """
    keys = tuple(read_secret(file, OPEN_KEY_VARIABLE).lower().split())
    if not all(map(is_body_key, keys)):
        raise ValueError("a key that opens messages is 64 hexadecimal digits")
    return keys


def _token(file: Path | None) -> str:
    """Return the bearer token, "" for none. Raises ValueError when it cannot stand in a header."""
    token = read_secret(file, BEARER_VARIABLE)
    if not (token.isascii() and token.isprintable()):
        raise ValueError("a bearer token is one line of plain characters")
    return token


def _with_sentences(fields: Mapping[str, Any], checks: list[Check]) -> dict[str, Any]:
    return {
        **fields,
        "ok": all(check.ok for check in checks),
        "checks": [asdict(check) | {"sentence": sentence(check)} for check in checks],
    }


def _read(path: Path) -> Any:
    """Read a file of JSON, as it is or as an action answers it. Raises OSError; RecursionError, ValueError: no JSON."""
    text = sys.stdin.read(_MAX_FILE) if str(path) == "-" else path.read_text(encoding="utf-8")
    return json.loads(text)


def _file(path: Path) -> SignedReceipt:
    """Read a receipt. Raises ReceiptError, OSError."""
    try:
        document = _read(path)
    except (ValueError, RecursionError) as error:
        raise ReceiptError("not_a_receipt", {"detail": f"not JSON: {error}"}) from None
    # What the action answers holds the file under its name.
    return read_signed(document.get("file", document) if isinstance(document, dict) else document)


def _books_file(path: Path, kind: str) -> Mapping[str, Any]:
    """Read what the books hand out signed. Raises BooksError, OSError."""
    try:
        document = _read(path)
    except (ValueError, RecursionError) as error:
        raise BooksError(f"not_a_{kind}", {"detail": f"not JSON: {error}"}) from None
    document = document.get("content", document) if isinstance(document, dict) else document
    if not isinstance(document, dict):
        raise BooksError(f"not_a_{kind}", {"detail": "no JSON object"})
    return document


def _verified_books(options: argparse.Namespace, archive: IriArchive) -> tuple[str, dict[str, Any]]:
    """Return what was verified of a statement or a sharing, in a line, and all that was found of it."""
    kind = "sharing" if options.statement is None else "statement"
    document = _books_file(options.sharing if options.statement is None else options.statement, kind)
    checks = [*(check_sharing(document) if kind == "sharing" else check_statement(document))]
    checks.insert(0, anchor(archive, str(document["public_key"]), options.key))
    of = {"kind": kind, "month": document["month"], "island": document["island"]}
    whose = f" of {document['participant']}" if kind == "statement" else ""
    return f"{kind.capitalize()}{whose}, {document['month']}", _with_sentences(of, checks)


def _verified_fork(options: argparse.Namespace, archive: IriArchive) -> tuple[str, dict[str, Any]]:
    """Return what was verified of the proof of a fork, in a line, and all that was found of it."""
    try:
        document = _read(options.fork)
    except RecursionError:
        document = None
    if not isinstance(document, dict):
        # ValueError, as of all else that cannot be read.
        raise ValueError("not the proof of a fork: no JSON object")  # noqa: TRY004 - said above
    checks = [*check_fork(document)]
    checks.insert(0, anchor(archive, document["public_key"], options.key))
    of = {"kind": "fork", "island": document["island"], "number": document["one"]["number"]}
    return f"Fork of the ledger of {of['island']} at milestone {of['number']}", _with_sentences(of, checks)


def _verified(options: argparse.Namespace, archive: IriArchive, keys: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """Return what was verified, in a line, and all that was found of it."""
    if options.statement is not None or options.sharing is not None:
        return _verified_books(options, archive)
    if options.fork is not None:
        return _verified_fork(options, archive)
    if options.receipt is not None:
        signed = _file(options.receipt)
        checks = [anchor(archive, signed.public_key, options.key), *check_file(archive, signed, lambda _body: keys)]
        of = {"kind": signed.kind, "reference": reference_of(signed.receipt), "island": signed.island}
        return f"Receipt {of['reference']} ({signed.kind})", _with_sentences(of, checks)
    found: Verification = verify_payment(
        archive,
        payment_id=options.payment,
        transaction=options.transaction,
        public_key=options.key,
        opens=lambda _body: keys,
    )
    checks = [anchor(archive, found.public_key, options.key), *found.checks]
    return f"Payment {found.payment_id}: {found.amount_i} i", _with_sentences(asdict(found), checks)


def main(given: list[str] | None = None) -> int:
    """Verify one reward or receipt; return the exit code."""
    options = arguments(given)
    try:
        keys = opening_keys(options.open_key)
        archive = IriArchive(HttpNode(options.node, _token(options.token)))
        what, found = _verified(options, archive, keys)
    except (ArchiveError, BooksError, LedgerError, ReceiptError, OSError, ValueError) as error:
        sys.stderr.write(f"scripts/verify: {error}\n")
        return 2
    if options.json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return 0 if found["ok"] else 1
    sys.stdout.write(f"{what}\n")
    for check in found["checks"]:
        sys.stdout.write(f"  {'yes' if check['ok'] else 'NO '}  {check['sentence']}\n")
    given_as = ("receipt", "statement", "sharing", "fork")
    name = next((each for each in given_as if getattr(options, each) is not None), "reward")
    sys.stdout.write(f"The {name} {'stands up' if found['ok'] else 'does NOT stand up'}.\n")
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
