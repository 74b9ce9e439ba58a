"""Files of different moments brought together again: after a backup, a copy, or a lost file.

Nothing is spent here. Begin with `reconcile`; `history` reads the Tangle for what the wallets' file does not know.
"""
