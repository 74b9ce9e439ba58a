"""The simulated street in this Home Assistant: run on the grid's clock, shown as ordinary entities.

An island meets it only at these entities, as it would meet real devices. Begin with `street`.
"""
