"""JSON Schemas of the envelope and of what messages say."""

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final

from custom_components.tangle_grid.economy import signed_receipt
from custom_components.tangle_grid.economy.books.signed import HEAD, LINE
from custom_components.tangle_grid.economy.books.signed_sharing import (
    DYNAMIC,
    FORMAT as SHARING_FORMAT,
    HEAD as SHARING_HEAD,
    HYBRID,
    QUARTER,
    STATIC,
    VERSION as SHARING_VERSION,
)
from custom_components.tangle_grid.protocol import MAX_BYTES, VERSION, Body, ProtocolError, body_types
from custom_components.tangle_grid.protocol.bodies import MAX_NAME
from custom_components.tangle_grid.protocol.canonical import MAX_INTEGER

type Json = dict[str, Any]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NUMBER: Final[Json] = {"type": "number", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER}
_COUNT: Final[Json] = {"type": "integer", "minimum": 0, "maximum": MAX_INTEGER}
_KEY: Final[Json] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_NULL: Final[Json] = {"type": "null"}
#: What each check of `protocol/bodies.py` lets in, by its name.
_CHECKS: Final[Mapping[str, Json]] = {
    "_name": {"type": "string", "minLength": 1, "maxLength": MAX_NAME},
    "_number": _NUMBER,
    "_positive": _NUMBER | {"minimum": 0},
    "_count": _COUNT,
    "_flag": {"type": "boolean"},
    "_mapping": {"type": "object"},
    "_powers": {"type": "array", "items": _NUMBER, "minItems": 3, "maxItems": 3},
    "_key_or_none": {"anyOf": [_KEY, _NULL]},
    "_count_or_none": {"anyOf": [_COUNT, _NULL]},
}
#: What a field lets in at most, where its check is not known: its type.
TYPES: Final[Mapping[Any, Json]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): _NULL,
}


def _schema(name: str, description: str, said: Json) -> Json:
    return {
        "$schema": _DIALECT,
        "$id": f"urn:tangle-grid:protocol:{VERSION}:{name}",
        "title": name,
        "description": description,
    } | said


def documented(body: type[Body]) -> str:
    """Return what the code says of a kind."""
    return inspect.cleandoc(body.__doc__ or "")


def _of_type(hint: Any) -> Json:
    """Return what a type lets in; everything where that cannot be said."""
    if hint in TYPES:
        return dict(TYPES[hint])
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if inner and type(None) in inner:
        return {"anyOf": [_of_type(each) for each in inner]}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object"}
    if origin in {tuple, list}:
        return {"type": "array"}
    return {}


def _field_schema(body: type[Body], name: str) -> Json:
    """Return the schema that a check carries itself (`schema`), that of its name, or that of the field's type."""
    check: Callable[[str, Any], Any] = body.checks[name]
    carried: Json | None = getattr(check, "schema", None)
    return dict(carried or _CHECKS.get(check.__name__) or _of_type(typing.get_type_hints(body)[name]))


def body_schema(body: type[Body]) -> Json:
    """Return the JSON Schema of what the messages of a kind say. Fields that it does not name are passed over."""
    names = [field.name for field in fields(body)]
    properties = {name: _field_schema(body, name) for name in names}
    # Missing is as good as null.
    required = [name for name in names if not accepts(body, name, None)]
    said: Json = {"type": "object", "properties": properties, "required": required}
    return _schema(body.kind, documented(body), said)


def accepts(body: type[Body], name: str, value: Any) -> bool:
    """Return whether a field of a kind's messages may have this value."""
    try:
        body.checks[name](name, value)
    except ProtocolError:
        return False
    return True


def envelope_schema() -> Json:
    """Return the JSON Schema of the envelope; for kinds that are known, of what is in it as well."""
    time = {"type": "number", "minimum": 0, "maximum": MAX_INTEGER}
    name = {"type": "string", "minLength": 1, "maxLength": 64}
    properties: Json = {
        "v": {"const": VERSION},
        "kind": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,23}$"},
        "id": name,
        "island": name,
        "from": _KEY | {"description": "The sender's Ed25519 public key."},
        "seq": _COUNT | {"minimum": 1, "description": "The sender's messages, counted from 1."},
        "prev": _KEY | {"description": "SHA-256 of the sender's message before, signature included; 64 zeros first."},
        "at": time | {"description": "Issued, epoch seconds."},
        "until": time | {"description": "Expires, epoch seconds."},
        "body": {"type": "object"},
        "sig": {
            "type": "string",
            "pattern": "^[0-9a-f]{128}$",
            "description": "Ed25519 signature over the canonical encoding (RFC 8785) of everything else.",
        },
    }
    sealed: Json = {
        "type": "object",
        "properties": {"sealed": {"type": "string"}, "epoch": _COUNT | {"minimum": 1}},
        "required": ["sealed", "epoch"],
        "additionalProperties": False,
    }
    bodies = [
        {
            "if": {"properties": {"kind": {"const": kind}}},
            "then": {
                "properties": {
                    "body": {
                        "anyOf": [{"$ref": "#/$defs/sealed"}, {"$ref": f"urn:tangle-grid:protocol:{VERSION}:{kind}"}]
                    }
                }
            },
        }
        for kind in sorted(body_types())
    ]
    said: Json = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        "allOf": bodies,
        "$defs": {"sealed": sealed},
    }
    return _schema("envelope", f"A signed message; at most {MAX_BYTES} bytes in its canonical encoding.", said)


def payment_schema() -> Json:
    """Return the JSON Schema of what stands beside a payment, in the same bundle, in the order of its outputs."""
    name = {"type": "string", "minLength": 1}
    payment: Json = {
        "type": "object",
        "properties": {
            "id": name,
            "from": name,
            "to": name | {"type": ["string", "null"]},
            "address": {"type": "string", "pattern": "^[A-Z9]{81}$"},
            "amount_i": _COUNT | {"minimum": 1},
            "memo": {"type": "object"},
        },
        "required": ["id", "from", "to", "address", "amount_i", "memo"],
    }
    said = {"payments": {"type": "array", "items": payment, "minItems": 1}}
    description = "Which payments a bundle makes: it is in the same bundle as the value."
    return _schema("payment", description, {"type": "object", "properties": said, "required": ["payments"]})


def statement_schema() -> Json:
    """Return the JSON Schema of a signed statement, which is handed out and not put on a Tangle."""
    said: Json = _fields_of(HEAD)
    said["properties"]["lines"] = {"type": "array", "items": _fields_of(LINE)}
    description = "A participant's month. The signature (Ed25519) covers the canonical encoding of everything else."
    return _schema("statement", description, said)


def sharing_schema() -> Json:
    """Return the JSON Schema of a signed sharing of energy, which is handed out and not put on a Tangle."""
    said: Json = _fields_of(SHARING_HEAD)
    said["properties"]["format"] = {"const": SHARING_FORMAT}
    said["properties"]["v"] = {"const": SHARING_VERSION}
    said["properties"]["key"] = {"enum": [STATIC, DYNAMIC, HYBRID]}
    said["properties"]["shares"]["additionalProperties"] = {"type": "string", "pattern": "^[0-9]+(/[1-9][0-9]*)?$"}
    quarter: Json = _fields_of(QUARTER)
    for name in ("used_wh", "shared_wh"):
        quarter["properties"][name]["additionalProperties"] = _COUNT
    said["properties"]["quarters"] = {"type": "array", "items": quarter}
    description = (
        "Who used how much of a common source in a month, by quarters of an hour. The signature (Ed25519) covers the"
        " canonical encoding of everything else; shares are exact parts of the whole."
    )
    return _schema("sharing", description, said)


def signed_receipt_schema() -> Json:
    """Return the JSON Schema of a receipt's file, which is handed out and not put on a Tangle."""
    said: Json = _fields_of(signed_receipt.HEAD)
    said["properties"]["format"] = {"const": signed_receipt.FORMAT}
    said["properties"]["v"] = {"const": signed_receipt.VERSION}
    said["properties"]["kind"] = {"enum": list(signed_receipt.KINDS)}
    said["properties"]["public_key"]["pattern"] = "^[0-9a-f]{64}$"
    said["properties"]["signature"]["pattern"] = "^[0-9a-f]{128}$"
    payment: Json = _fields_of(signed_receipt.PAYMENT)
    payment["properties"]["amount_i"]["minimum"] = 1
    payment["properties"]["transaction"]["pattern"] = "^[A-Z9]{81}$"
    said["properties"]["payments"] = {"type": "array", "items": payment}
    description = (
        "The receipt of a charging session, a stay in a car park or a passage of a toll. The signature (Ed25519) covers"
        " the canonical encoding of everything else; transaction is the one that credits the payment."
    )
    return _schema("signed-receipt", description, said)


def _fields_of(shape: Mapping[str, tuple[type, ...]]) -> Json:
    names = {str: "string", int: "integer", float: "number", dict: "object", list: "array", type(None): "null"}
    properties = {name: {"type": [names[each] for each in types]} for name, types in shape.items()}
    return {"type": "object", "properties": properties, "required": list(shape), "additionalProperties": False}
