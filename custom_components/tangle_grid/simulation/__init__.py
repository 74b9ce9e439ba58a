"""The simulated street: physical models of homes, cars, batteries and sun behind one transformer.

Pure Python: no Home Assistant, no I/O, no wall clock. Time comes in through `Street.advance`, everything else follows
from a seed. Whoever controls the street may only do what the owner of real devices can do: read their values, and
use the door of commands (`Street.set_current_limit` and its neighbours). Begin with `street`.
"""

from .faults import Fault
from .model import Layout, SimulatedDevice, SimulatedKind, SimulatedLoad, SimulationError, StreetConfig
from .street import Street

__all__ = [
    "Fault",
    "Layout",
    "SimulatedDevice",
    "SimulatedKind",
    "SimulatedLoad",
    "SimulationError",
    "Street",
    "StreetConfig",
]
