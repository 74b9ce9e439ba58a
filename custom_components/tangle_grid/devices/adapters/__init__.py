"""One adapter per kind of device: its telemetry, and a way to tell it something.

Adapters decide nothing. Begin with `base`, then `charger`.
"""
