"""The node alone, over HTTP: `scripts/node`.

A data folder holds the Tangle, and the identity that signs its milestones; the seed of the supply is never stored.
"""

import argparse
import asyncio
import json
import os
import secrets
import signal
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from uuid import uuid4

from aiohttp import web

from ...protocol import SigningKey
from ..base.errors import LedgerError
from ..base.keys import SEED_TRYTES, new_seed
from ..base.secret_input import read_secret
from ..store.folder_lock import FolderLock
from ..trinary import TrytesError, address_of, is_trytes, text_to_trytes, with_checksum
from .bundle import SUPPLY
from .commands import MAX_MWM, Api
from .door import open_door
from .effort import Effort
from .errors import NodeError
from .http import HttpApi
from .node import EmbeddedNode
from .transaction import compose

_TANGLE: Final = "tangle.sqlite"
_IDENTITY: Final = "node.json"
_KEY_BYTES: Final = 32
_MAX_PORT: Final = 65_535
_MAX_DAYS: Final = 36_500
_DAY_S: Final = 86_400.0
SEED_VARIABLE: Final = "TANGLE_GRID_GENESIS_SEED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who issues the milestones of this folder's Tangle, and where its supply began."""

    island_id: str
    signing_key: str
    genesis_address: str

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Return the folder's identity, None when it has none. Raises LedgerError when it cannot be used."""
        try:
            fields = json.loads((folder / _IDENTITY).read_bytes())
            return cls(**{name: str(fields[name]) for name in cls.__slots__})
        except FileNotFoundError:
            return None
        except OSError, ValueError, TypeError, KeyError:
            raise LedgerError("ledger_unavailable", {"error": f"{_IDENTITY} cannot be read"}) from None

    @classmethod
    def make(cls, folder: Path, genesis_address: str) -> Self:
        """Give the folder an identity. Raises LedgerError when there is a Tangle already, or nothing can be written."""
        if (folder / _TANGLE).exists():
            raise LedgerError("ledger_unavailable", {"error": f"{_IDENTITY} is missing beside {_TANGLE}"})
        made = cls(island_id=uuid4().hex, signing_key=secrets.token_hex(_KEY_BYTES), genesis_address=genesis_address)
        text = json.dumps({name: getattr(made, name) for name in cls.__slots__})
        new = folder / f"{_IDENTITY}.new"
        try:
            with open(os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:  # noqa: PTH123 - the mode
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.replace(folder / _IDENTITY)
        except OSError as error:
            raise LedgerError("ledger_unavailable", {"error": f"{_IDENTITY}: {error.strerror}"}) from error
        return made


def find_identity(folder: Path, seed: str | None, *, new: bool) -> tuple[Identity, str | None]:
    """Find or make the folder's identity; return with it a seed that was made here, which nobody has seen yet.

    Raises LedgerError when the folder belongs to another seed, or to any and `new` is asked for.
    """
    found = Identity.load(folder)
    if found is None:
        fresh = None if seed else new_seed()
        return Identity.make(folder, address_of(seed or fresh or "", 0)), fresh
    if new:
        raise LedgerError("ledger_unavailable", {"error": f"{folder} holds a Tangle already"})
    if seed and address_of(seed, 0) != found.genesis_address:
        raise LedgerError("ledger_unavailable", {"error": f"{folder} holds a Tangle of another seed"})
    return found, None


def _open_node(folder: Path, identity: Identity, mwm: int, keep_s: float | None) -> EmbeddedNode:
    return EmbeddedNode(
        folder / _TANGLE,
        island_id=identity.island_id,
        key=SigningKey.from_hex(identity.signing_key),
        genesis_address=identity.genesis_address,
        mwm=mwm,
        keep_s=keep_s,
    )


def _mark_genesis(node: EmbeddedNode, address: str) -> None:
    """Put a first message at the address of the supply.

    Clients look for their tokens at addresses that some transaction names, and take others for unused: without it the
    supply would be found by nobody, and change would go back to the address that was just spent from.
    """
    if node.store.search("addresses", [address], Effort()):
        return
    note = compose(address=address, fragment=text_to_trytes("genesis"), tag="GENESIS", timestamp=int(time.time()))
    trunk, branch = node.choose_tips(0)
    node.take_in(node.lanes.open().attach([note], trunk=trunk, branch=branch, mwm=node.mwm))


async def _issue_milestones(node: EmbeddedNode, interval_s: float) -> None:
    """Confirm what waits, again and again: every tip that is there now, or as many as are done in an interval."""
    while not node.closed:
        until = time.monotonic() + interval_s
        with suppress(NodeError):
            while await asyncio.to_thread(node.confirm_some) and time.monotonic() < until:
                pass
        await asyncio.sleep(interval_s)


async def serve(node: EmbeddedNode, *, host: str, port: int, milestone_interval_s: float, ready: Any) -> None:
    """Serve the node until SIGINT or SIGTERM; `ready` is called with the port that was opened.

    Raises OSError when the port cannot be opened, LedgerError when the node's file fails.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    http = HttpApi(Api(node))
    runner = web.AppRunner(http.application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    listening: asyncio.Server | None = None
    try:
        listening = await open_door(runner, host, port)
        ready(listening.sockets[0].getsockname()[1])
        milestones = asyncio.create_task(_issue_milestones(node, milestone_interval_s))
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait({milestones, waiting}, return_when=asyncio.FIRST_COMPLETED)
        node.stop()
        waiting.cancel()
        if stopped.is_set():
            milestones.cancel()
            with suppress(asyncio.CancelledError):
                await milestones
        else:
            milestones.result()
    finally:
        node.stop()
        if listening is not None:
            listening.close()
        await runner.cleanup()
        await asyncio.to_thread(http.close)


def _seed(text: str) -> str:
    if not text or not is_trytes(text) or len(text) > SEED_TRYTES:
        raise ValueError("a seed is up to 81 of the characters 9 and A to Z")
    return text.ljust(SEED_TRYTES, "9")


def _whole_number(low: int, high: int) -> Any:
    def number(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"a number from {low} to {high}")
        return int(text)

    return number


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= 3600.0:  # noqa: PLR2004 - an hour without a milestone is no node any more
        raise argparse.ArgumentTypeError("seconds, above 0 and up to 3600")
    return seconds


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = 0.0
    if not 0.0 < days <= _MAX_DAYS:
        raise argparse.ArgumentTypeError(f"days, above 0 and up to {_MAX_DAYS}")
    return days


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/node", description="An IRI-compatible node with a Tangle of its own")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: this machine only)")
    parser.add_argument("--port", type=_whole_number(0, _MAX_PORT), default=14_265, help="0: any free one")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(".runtime/node"),
        metavar="DIR",
        help="folder of the Tangle (default .runtime/node)",
    )
    parser.add_argument("--mwm", type=_whole_number(1, MAX_MWM), default=9, help="minimum weight magnitude (default 9)")
    parser.add_argument("--milestone-interval", type=_seconds, default=5.0, metavar="S", help="default 5 s")
    parser.add_argument(
        "--keep-days", type=_days, metavar="N", help="delete messages this long after they were confirmed (never)"
    )
    supply = parser.add_mutually_exclusive_group()
    supply.add_argument(
        "--genesis-seed",
        type=Path,
        metavar="FILE",
        help=f"a file with the seed that holds the whole supply, - for standard input; or set {SEED_VARIABLE}",
    )
    supply.add_argument("--new", action="store_true", help="a new Tangle with a new seed, which is printed once")
    options = parser.parse_args(given)
    try:
        seed = "" if options.new else read_secret(options.genesis_seed, SEED_VARIABLE)
        options.genesis_seed = _seed(seed) if seed or options.genesis_seed else None
    except (OSError, ValueError) as error:
        parser.error(f"--genesis-seed: {error}")
    return options


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run the node; return the exit code."""
    options = arguments()
    url_host = f"[{options.host}]" if ":" in options.host else options.host

    def ready(port: int) -> None:
        _say(f"API: http://{url_host}:{port}")
        _say("Press Ctrl-C to stop.")

    try:
        with ExitStack() as opened:
            lock = FolderLock(options.data)
            opened.callback(lock.release)
            identity, fresh_seed = find_identity(options.data, options.genesis_seed, new=options.new)
            keep_s = None if options.keep_days is None else options.keep_days * _DAY_S
            node = _open_node(options.data, identity, options.mwm, keep_s)
            opened.callback(node.close)
            node.keep_tidy()
            if fresh_seed is not None:
                _say(f"New seed (it is not stored; keep it secret): {fresh_seed}")
            _say(f"Supply: {SUPPLY} i at {with_checksum(identity.genesis_address)} (index 0, security 2)")
            _mark_genesis(node, identity.genesis_address)
            asyncio.run(
                serve(
                    node,
                    host=options.host,
                    port=options.port,
                    milestone_interval_s=options.milestone_interval,
                    ready=ready,
                )
            )
    except (LedgerError, NodeError, TrytesError, OSError) as error:
        sys.stderr.write(f"scripts/node: {error}\n")
        return 1
    except KeyboardInterrupt:
        pass
    _say("Stopped.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
