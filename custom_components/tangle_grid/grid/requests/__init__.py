"""One request and the parts in it: what was offered, what would have been drawn, what was delivered, what it earns.

Nobody is chosen here. Begin with `lifecycle`, then `baseline` and `settlement`.
"""
