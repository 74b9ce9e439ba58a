"""One adapter per kind of device: its telemetry, and a way to tell it something.

Adapters decide nothing; what may be told a device comes from the grid. Begin with `base`, then `charger`.
"""
