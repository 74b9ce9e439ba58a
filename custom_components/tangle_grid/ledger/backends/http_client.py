"""A node's commands over HTTP, through a session that belongs to an event loop, for threads that may wait.

Whatever comes back is bounded in time and size, and read as nothing but a status and bytes: what they mean is judged
in `remote_answers`.
"""

import asyncio
import json
from collections.abc import Coroutine, Mapping
from concurrent.futures import CancelledError, Future
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from ..base.errors import LedgerError, LedgerFault, node_fault

EXAMPLE_URL: Final = "http://192.168.1.5:14265"
"""What a node's address looks like, for those who are asked for one."""
MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024
_VERSION_HEADER: Final = "X-IOTA-API-Version"
_CONNECT_S: Final = 5.0
_GRACE_S: Final = 2.0
_MAX_URL: Final = 1_000
_ENCODED: Final = "identity"


def checked_url(url: object) -> str:
    """Return a node's address as it is used: http or https, a host, no user, query or fragment.

    Raises:
        LedgerError: invalid_url.
    """
    text = url.strip() if isinstance(url, str) else ""
    try:
        parts = urlsplit(text)
        valid = (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and (parts.port is None or parts.port > 0)
            and not (parts.username or parts.password or parts.query or parts.fragment)
            and len(text) <= _MAX_URL
            and text.isprintable()
            and " " not in text
        )
    except ValueError:
        valid = False
    if not valid:
        # An address with a password in it must not be shown anywhere.
        raise LedgerError("invalid_url", {"url": text.rsplit("@", 1)[-1][:100], "example": EXAMPLE_URL})
    return parts._replace(scheme=parts.scheme, netloc=parts.netloc.lower()).geturl().rstrip("/")


class HttpClient:
    """Posts commands to one node. Made in the event loop that the session belongs to."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        token: str | None = None,
        *,
        timeout_s: float = 20.0,
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        """`token` is sent as bearer token. Raises LedgerError (invalid_url)."""
        self.url = checked_url(url)
        self._session = session
        self._loop = asyncio.get_running_loop()
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._headers = {
            _VERSION_HEADER: "1",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": _ENCODED,
        }
        if token:
            if not token.isascii() or not token.isprintable():
                # It could not stand in a header; and it must not stand in an error.
                raise LedgerError("invalid_auth", {"url": self.url})
            self._headers["Authorization"] = f"Bearer {token}"
        self._lock = Lock()
        self._running: set[Future[tuple[int, bytes]]] = set()
        self._stopped = False

    def stop(self) -> None:
        """Give up everything that is waited for, now and from now on. May be called from any thread."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for each in running:
            each.cancel()

    def post(self, command: Mapping[str, Any], *, timeout_s: float | None = None) -> tuple[int, bytes]:
        """Post a command and wait for status and body. For threads other than the event loop's.

        Raises LedgerError (ledger_unavailable; unreachable, or a wrong answer when it is too large).
        """
        limit_s = self._timeout_s if timeout_s is None else timeout_s
        asking = self.post_async(command, timeout_s=limit_s)
        with self._lock:
            answer = self._submit(asking)
            self._running.add(answer)
        try:
            return answer.result(limit_s + _GRACE_S)
        except CancelledError, TimeoutError:
            answer.cancel()
            raise node_fault(LedgerFault.NODE_UNREACHABLE, f"{self.url}: no answer") from None
        finally:
            with self._lock:
                self._running.discard(answer)

    def _submit(self, asking: Coroutine[Any, Any, tuple[int, bytes]]) -> Future[tuple[int, bytes]]:
        try:
            if not self._stopped:
                return asyncio.run_coroutine_threadsafe(asking, self._loop)
        except RuntimeError:
            # The loop is gone; whoever closed it does not wait for this ledger any more.
            pass
        asking.close()
        raise node_fault(LedgerFault.NODE_UNREACHABLE, f"{self.url}: closed")

    async def post_async(self, command: Mapping[str, Any], *, timeout_s: float | None = None) -> tuple[int, bytes]:
        """Post a command from within the event loop. Raises as `post` does."""
        total = self._timeout_s if timeout_s is None else timeout_s
        timeout = aiohttp.ClientTimeout(total=total, sock_connect=min(_CONNECT_S, total))
        try:
            async with self._session.post(
                self.url,
                data=json.dumps(command).encode(),
                headers=self._headers,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                return response.status, await self._read(response)
        except TimeoutError:
            raise node_fault(LedgerFault.NODE_UNREACHABLE, f"{self.url}: no answer within {total:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # The text of these errors can quote what the node sent; the kind says enough.
            problem = getattr(error, "strerror", None) or type(error).__name__
            raise node_fault(LedgerFault.NODE_UNREACHABLE, f"{self.url}: {problem}") from None

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        if response.headers.get("Content-Encoding", _ENCODED).lower() != _ENCODED:
            response.close()
            raise node_fault(LedgerFault.NODE_WRONG_ANSWER, f"{self.url}: the answer is compressed")
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > self._max_bytes:
                response.close()
                raise node_fault(
                    LedgerFault.NODE_WRONG_ANSWER, f"{self.url}: the answer is above {self._max_bytes} bytes"
                )
        return bytes(body)
