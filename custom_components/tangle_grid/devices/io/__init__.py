"""States of Home Assistant as numbers with an age, and numbers as action calls with a time limit.

No kind of device is known here. Begin with `entity_reading`.
"""
