"""What recomputing a receipt finds: a figure that is not what the rest of it comes to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A figure of a receipt that is not what the rest of it comes to."""

    name: str
    said: str
    computed: str
