"""Does a reward stand up? Everything is recomputed from what stands on a Tangle, and nothing else is believed.

It needs no open ledger: any node will do. Begin with `receipts`; `cli` is `scripts/verify`.
"""
