"""Damage to the files of a ledger."""


def damaged(data: bytes, kind: str) -> bytes:
    middle = data[:4096] + b"\xa5" * 8192 + data[4096 * 3 :]
    return {"empty": b"", "text": b"not a database, but long enough to be looked at" * 50, "middle": middle}[kind]
