"""Data that earns: what is wanted and where, who reported it, when it counts as true, and who is paid.

Nobody's word counts more than another's: what as many owners as are wanted report independently, near each other and
within a time, is true, and each of them is paid once. Begin with `topic`, then `book`.
"""

from .book import TopicBook
from .errors import TopicError
from .findings import Finding, FindingState, Outcome, Payee, Sighting, Status
from .places import DEFAULT_STEP, Area, Box, Circle, Place, area_of, distance_m, rounded
from .reputation import Account
from .topic import Report, Topic

__all__ = [
    "DEFAULT_STEP",
    "Account",
    "Area",
    "Box",
    "Circle",
    "Finding",
    "FindingState",
    "Outcome",
    "Payee",
    "Place",
    "Report",
    "Sighting",
    "Status",
    "Topic",
    "TopicBook",
    "TopicError",
    "area_of",
    "distance_m",
    "rounded",
]
