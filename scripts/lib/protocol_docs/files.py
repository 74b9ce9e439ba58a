"""The files in docs/protocol."""

import json
import re
from pathlib import Path
from typing import Any

from custom_components.tangle_grid.protocol import ROLE_KINDS, VERSION, body_types

from .books_vectors import sharing_vectors, statement_vectors
from .link_frames import link_schemas, link_vectors
from .receipt_vectors import signed_receipt_vectors
from .schemas import (
    Json,
    body_schema,
    documented,
    envelope_schema,
    payment_schema,
    sharing_schema,
    signed_receipt_schema,
    statement_schema,
)
from .vectors import body_vectors, canonical_vectors, chain_vectors, key_vectors, receipt_vector, sealed_vector


def kinds() -> Json:
    """Return every kind of message, what it is, and who may send it beside the island."""
    return {
        kind: {
            "says": re.sub(r"\s+", " ", documented(body)),
            "roles": sorted(role for role, said in ROLE_KINDS.items() if kind in said),
        }
        for kind, body in sorted(body_types().items())
    }


def documents() -> dict[str, Any]:
    """Return every file, by its name."""
    found: dict[str, Any] = {
        "kinds.json": {"v": VERSION, "kinds": kinds()},
        "envelope.schema.json": envelope_schema(),
        "payment.schema.json": payment_schema(),
        "statement.schema.json": statement_schema(),
        "sharing.schema.json": sharing_schema(),
        "signed-receipt.schema.json": signed_receipt_schema(),
        "vectors/canonical.json": canonical_vectors(),
        "vectors/keys.json": key_vectors(),
        "vectors/sealed.json": sealed_vector(),
        "vectors/chain.json": chain_vectors(),
        "vectors/receipt.json": receipt_vector(),
        "vectors/signed-receipts.json": signed_receipt_vectors(),
        "vectors/statement.json": statement_vectors(),
        "vectors/sharing.json": sharing_vectors(),
        "vectors/link.json": link_vectors(),
        **link_schemas(),
    }
    for kind, body in body_types().items():
        found[f"{kind}.schema.json"] = body_schema(body)
        found[f"vectors/{kind}.json"] = body_vectors(body)
    return found


def written(document: Any) -> str:
    """Return a document as it stands in its file."""
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def write(folder: str | Path) -> int:
    """Write them all, take away what is of no kind any more, and return how many there are."""
    made = {Path(folder, name): written(document) for name, document in documents().items()}
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for path in Path(folder).rglob("*.json"):
        if path not in made:
            path.unlink()
    return len(made)
