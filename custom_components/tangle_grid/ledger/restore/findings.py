"""What was found, and put right, when a ledger was opened with files that did not belong together. Kept until read."""

import json
from dataclasses import asdict
from typing import Final

from ..base.model import Findings, Mishap
from ..base.stored_values import from_json, understood
from ..payments.outbox import Outbox

_META: Final = "findings"


def unread(outbox: Outbox) -> Findings | None:
    """Return what nobody has read yet."""
    text = outbox.meta(_META)
    if not text:
        return None
    with understood("what was found when the files were opened"):
        fields = from_json(text)
        mishaps = tuple(Mishap(each) for each in fields.pop("mishaps"))
        return Findings(**{**fields, "mishaps": mishaps, "aside": tuple(fields["aside"])})


def tell(outbox: Outbox, findings: Findings) -> None:
    """Keep findings until they are read. Call it in the transaction that puts things right."""
    before = unread(outbox)
    outbox.set_meta(_META, json.dumps(asdict(findings if before is None else before.joined(findings))))


def read(outbox: Outbox) -> None:
    """Note that somebody has read all."""
    outbox.set_meta(_META, "")
