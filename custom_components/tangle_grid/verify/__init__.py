"""`scripts/verify`: does a reward stand up, or the receipt of a charging session, a stay or a passage?

It reads a Tangle over any node and computes everything again; it needs no open ledger and no Home Assistant at work.
What is checked of a reward is in `ledger/verify`, what a receipt comes to in `economy/signed_receipt`. Begin with
`cli`.
"""
