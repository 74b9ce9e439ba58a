"""One device at a time: what is known of it, learned of it, and believed of what it says.

Nothing here knows of a second device, of a feeder or of a request's price. Begin with `state`, which holds the other
parts; `draw_bounds` is what the feeders rest on.
"""
