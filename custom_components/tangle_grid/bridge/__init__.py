"""The island's way to its ledger: opening it, secrets, messages, guests at its node.

The control pass never waits for anything here. Begin with `link`.
"""
