"""What all rooms of the ledger share: its values, its error, its secrets.

No file is opened here and no node is asked. Begin with `model`.
"""
