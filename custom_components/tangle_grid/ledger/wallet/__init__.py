"""Wallets: which addresses are theirs, and what a payment spends. Keys stay with the caller."""

from .addresses import ADDRESS_SCHEMA, AddressBook, WalletRow

__all__ = ["ADDRESS_SCHEMA", "AddressBook", "WalletRow"]
