"""A zoo of rude devices: chargers, cars and meters that behave as real ones do, in any combination.

Pure, like the rest of the room. A `ZooDevice` has a true state and entities that say something about it; what it does
differently from what one would wish is made of small behaviours. Time passes on an `Agenda`. Begin with `behaviour`.
"""
