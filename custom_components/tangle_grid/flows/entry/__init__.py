"""The forms of the feed itself: its meter and fuse, its Tangle, or a simulated street.

Nothing is saved here; `config_flow` does that. Begin with `island`.
"""
