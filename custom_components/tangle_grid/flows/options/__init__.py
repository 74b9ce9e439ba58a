"""The options of an island that is set up: how it balances, which ledger it uses, its keys and seeds.

Each step does what it says only when that was confirmed. Begin with `menu`.
"""
