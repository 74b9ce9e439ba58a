"""Does a reward stand up? Everything is recomputed from what stands on a Tangle, and nothing else is believed.

It needs no open ledger: any node will do. Begin with `receipts`, which is about rewards; `transfers` looks payments up.
"""
