"""One request and the parts in it: what was offered, what would have been drawn, what was delivered, what it earns.

Nobody is asked or chosen here; that is the market's. Begin with `lifecycle`, then `baseline` and `settlement`.
"""
