"""pyota that computes everything itself, but nothing twice: in plain Python an address or a hash takes a second.

Call `remember_all` once pyota can be imported.
"""

# pyota has no types, and this file speaks its language only.
# ruff: noqa: ANN001, ANN002, ANN003, ANN202


def _remember(owner, name) -> None:
    """Keep what a function of pyota gave for the same trytes."""
    compute, kept = getattr(owner, name), {}

    def remembered(*given, **named):
        key = str((given, named))
        if key not in kept:
            kept[key] = compute(*given, **named)
        return kept[key]

    setattr(owner, name, remembered)


def _remember_hashes(transaction) -> None:
    """Keep the hashes of transactions; each is read anew."""
    read, kept = transaction.from_tryte_string, {}

    def from_tryte_string(trytes, hash_=None):
        found = read(trytes, hash_ or kept.get(str(trytes)))
        kept[str(trytes)] = found.hash
        return found

    transaction.from_tryte_string = from_tryte_string


def remember_all() -> None:
    import iota
    from iota.crypto.types import PrivateKey
    from iota.transaction import validator

    _remember(PrivateKey, "get_digest")
    _remember(validator, "validate_signature_fragments")
    _remember_hashes(iota.Transaction)
