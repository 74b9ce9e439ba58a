"""Wallets: which addresses are theirs, what a payment spends, what their owners allow. Keys stay with the caller."""

from .addresses import ADDRESS_SCHEMA, AddressBook, WalletRow
from .choice import MANY, MAX_INPUTS, choose_gathered, choose_inputs
from .policy import DAY_S, POLICY_SCHEMA, Policies
from .recovery import find_used

__all__ = [
    "ADDRESS_SCHEMA",
    "DAY_S",
    "MANY",
    "MAX_INPUTS",
    "POLICY_SCHEMA",
    "AddressBook",
    "Policies",
    "WalletRow",
    "choose_gathered",
    "choose_inputs",
    "find_used",
]
