"""What was found, and put right, when a ledger was opened with files that did not belong together. Kept until read."""

import json
from dataclasses import asdict
from typing import Final

from ..base.model import Findings, Mishap
from ..base.stored_values import from_json, understood
from ..store.properties import Properties

_META: Final = "findings"


def unread(properties: Properties) -> Findings | None:
    """Return what nobody has read yet."""
    text = properties.get(_META)
    if not text:
        return None
    with understood("what was found when the files were opened"):
        fields = from_json(text)
        mishaps = tuple(Mishap(each) for each in fields.pop("mishaps"))
        return Findings(**{**fields, "mishaps": mishaps, "aside": tuple(fields["aside"])})


def tell(properties: Properties, findings: Findings) -> None:
    """Keep findings until they are read. Call it in the transaction that puts things right."""
    before = unread(properties)
    properties.set(_META, json.dumps(asdict(findings if before is None else before.joined(findings))))


def read(properties: Properties) -> None:
    """Note that somebody has read all."""
    properties.set(_META, "")
