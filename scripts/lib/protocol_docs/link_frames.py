"""Schemas and test vectors of what goes over a link between a house and its street."""

import inspect
import re
from typing import Any, Final

from custom_components.tangle_grid.link.core import (
    Counted,
    Link,
    LinkKeys,
    Operator,
    Seen,
    body_of,
    link_body_types,
    read_link_body,
)
from custom_components.tangle_grid.link.core.checks import object_schema
from custom_components.tangle_grid.link.core.frames import VERSION
from custom_components.tangle_grid.link.core.requests import HouseAnswer, HouseAsk, HouseEnded, HouseSettled
from custom_components.tangle_grid.link.core.roaming import ROAMING_BODIES

from .schemas import Json

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_LINK_ID: Final = "5a" * 16
_LOWER: Final = LinkKeys("11" * 64)
_UPPER: Final = LinkKeys("22" * 64)
_LETTERS: Final = (HouseAsk, HouseAnswer, HouseEnded, HouseSettled, Operator, Seen, Counted, *ROAMING_BODIES)


def link_schemas() -> dict[str, Json]:
    """Return the schema of each kind of frame, and of what each kind of letter says, by the name of its file."""
    found: dict[str, Json] = {}
    for place, bodies in (("link", tuple(link_body_types().values())), ("letter", _LETTERS)):
        for body in bodies:
            name = f"{place}-{body.kind}"
            found[f"{name}.schema.json"] = {
                "$schema": _DIALECT,
                "$id": f"urn:tangle-grid:link:{VERSION}:{name}",
                "title": name,
                "description": re.sub(r"\s+", " ", inspect.cleandoc(body.__doc__ or "")),
            } | object_schema(body)
    return found


def link_vectors() -> Json:
    """Return a frame of each kind with the keys that open it. The keys are published, and belong to nobody."""
    link = Link.of(_LINK_ID, _LOWER, _UPPER.public)
    frames: list[dict[str, Any]] = []
    for number, (kind, body) in enumerate(sorted(link_body_types().items()), start=1):
        says = body_of(read_link_body(kind, body.example))
        # The nonce of a sealed body is drawn by chance: the frame itself would be another one each time.
        frames.append({"kind": kind, "seq": number, "says": says})
    return {
        "v": VERSION,
        "link": _LINK_ID,
        "lower": {"secret": _LOWER.secret, "public": _LOWER.public},
        "upper": {"secret": _UPPER.secret, "public": _UPPER.public},
        "seals": link.seals,
        "bodies": frames,
    }
