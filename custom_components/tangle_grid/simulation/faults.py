"""Faults that a test, or a curious person, can put into the street."""

from enum import StrEnum

from .model import SimulatedKind


class Fault(StrEnum):
    """One way in which a device misbehaves until `Street.clear_faults`.

    METER_DEAD: every reading of the device is None. METER_FROZEN: every reading stays what it was when the fault
    began. METER_REVERSED: powers and currents have the wrong sign, as with a clamp put on backwards.
    CHARGER_IGNORES: the charger takes commands and reports them back, but draws as much as its car accepts.
    CHARGER_SILENT: the connection is lost; readings are None, commands get lost, and the charger goes on with what
    it was told last.
    """

    METER_DEAD = "meter_dead"
    METER_FROZEN = "meter_frozen"
    METER_REVERSED = "meter_reversed"
    CHARGER_IGNORES = "charger_ignores"
    CHARGER_SILENT = "charger_silent"


CHARGER_FAULTS = frozenset({Fault.CHARGER_IGNORES, Fault.CHARGER_SILENT})


def applies(fault: Fault, kind: SimulatedKind) -> bool:
    """Return whether a device of this kind can have this fault."""
    return fault not in CHARGER_FAULTS or kind is SimulatedKind.CHARGER
