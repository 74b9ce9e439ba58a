"""From an order to a confirmed balance: queued, planned, signed, sent, confirmed; each step on disk before the next.

Nothing is paid twice, and no address signs twice. Begin with `outbox`, then `pipeline`.
"""
