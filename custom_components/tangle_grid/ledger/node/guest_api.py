"""The node's commands for other houses: who is let in may read, pay and publish, and nothing of the node's own."""

from collections.abc import Callable
from typing import Final

from . import Api, EmbeddedNode
from .http import HttpApi

_WORK: Final = ("attachToTangle", "interruptAttachingToTangle")
_NEIGHBOURS: Final = ("addNeighbors", "removeNeighbors")
_BRINGING: Final = (b"broadcastTransactions", b"storeTransactions")


class GuestApi:
    """Answers the requests of guests. `work`: proof of work is done for them, at this house's expense."""

    def __init__(self, node: EmbeddedNode, *, work: bool, brought: Callable[[], object]) -> None:
        """Answer for this node; `brought` is called when there may be something new to confirm."""
        refused = _NEIGHBOURS if work else (*_WORK, *_NEIGHBOURS)
        self._http = HttpApi(Api(node, refused=refused, max_mwm=node.mwm))
        self._brought = brought

    async def answer(self, body: bytes, used: Callable[[float], object]) -> tuple[int, bytes]:
        """Answer the body of a request, at most `MAX_BODY_BYTES` long: HTTP status and JSON.

        `used` is told how many seconds of the processor it took.
        """
        answer = await self._http.answer(body, used)
        if any(command in body for command in _BRINGING):
            self._brought()
        return answer

    def close(self) -> None:
        """Wait for the commands that are being answered. Blocks; stop the node before."""
        self._http.close()
