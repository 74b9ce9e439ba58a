"""What cars pay beside charging: parking by a tariff, and tolls once for each passage.

All of it are values: a step gives the next state, and what is to be paid and written into the books. Not here: where a
car is and who asks (the caller tells, with the time), wallets, Home Assistant. Begin with `passages`, which tells from
a tracker's positions when a car came and went; `parking` and `toll` charge for it if `consent` allows, and `visits`
puts them together for one car and one service.
"""

from .consent import Allowance, Answer, ConsentPolicy, Decision, Mode, Rule, Use, decide
from .parking import CarPark, Parking, ParkingEnd, ParkingPhase
from .passages import Entered, Left, Lost, Passages, Position, Stayed, Watching
from .receipts import ParkingReceipt, TollReceipt, recompute
from .toll import Toll, TollPassage, TollPhase
from .visits import Happened, ParkingVisit, TollVisit, What

__all__ = [
    "Allowance",
    "Answer",
    "CarPark",
    "ConsentPolicy",
    "Decision",
    "Entered",
    "Happened",
    "Left",
    "Lost",
    "Mode",
    "Parking",
    "ParkingEnd",
    "ParkingPhase",
    "ParkingReceipt",
    "ParkingVisit",
    "Passages",
    "Position",
    "Rule",
    "Stayed",
    "Toll",
    "TollPassage",
    "TollPhase",
    "TollReceipt",
    "TollVisit",
    "Use",
    "Watching",
    "What",
    "decide",
    "recompute",
]
