"""The forms of what is on the feed: participants of each kind, feeders below the main one, guests.

A form saves only what its checks have passed. What the kinds share stands in `participant`: begin there.
"""
