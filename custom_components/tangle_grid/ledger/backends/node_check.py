"""Is there a node at this address? For the flow in which somebody enters it."""

from typing import Final

import aiohttp

from ..base.errors import LedgerError, LedgerFault
from ..pyota.library import NodeRefusedError
from .http_client import HttpClient
from .remote_answers import NodeInfo, read_answer, read_info

_TIMEOUT_S: Final = 10.0
_MAX_BYTES: Final = 65_536
_ASK: Final = {"command": "getNodeInfo"}


async def check_node(
    session: aiohttp.ClientSession, url: str, token: str | None = None, *, timeout_s: float = _TIMEOUT_S
) -> NodeInfo:
    """Ask the node at this address what it is. Belongs to the session's event loop; changes nothing anywhere.

    Raises:
        LedgerError: invalid_url (not http or https, or with a user, query or fragment), cannot_connect, invalid_auth
            (the node wants another token), or not_an_iri_node. Placeholders: `url` and, but for the first, `error`.
    """
    http = HttpClient(session, url, token, timeout_s=timeout_s, max_bytes=_MAX_BYTES)
    try:
        return read_info(read_answer(_ASK, *await http.post_async(_ASK)))
    except NodeRefusedError as error:
        fault, text = LedgerFault.NODE_WRONG_ANSWER, str(error)
    except LedgerError as error:
        fault, text = error.fault or LedgerFault.OTHER, str(error.placeholders.get("error", ""))
    match fault:
        case LedgerFault.NODE_NO_ACCESS:
            raise LedgerError("invalid_auth", {"url": http.url, "error": text})
        case LedgerFault.NODE_WRONG_ANSWER:
            raise LedgerError("not_an_iri_node", {"url": http.url, "error": text})
        case _:
            raise LedgerError("cannot_connect", {"url": http.url, "error": text})
