"""Wallets: which addresses are theirs, what a payment spends, what their owners allow.

Keys stay with the caller, and nothing is sent here. Begin with `addresses`.
"""

from .addresses import ADDRESS_SCHEMA, AddressBook, WalletRow
from .coin_selection import MANY, MAX_INPUTS, choose_gathered, choose_inputs
from .recovery import find_used
from .rules import DAY_S, POLICY_SCHEMA, Policies

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
