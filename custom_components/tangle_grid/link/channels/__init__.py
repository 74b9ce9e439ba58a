"""The ways on which bytes pass between two islands: direct (a websocket) and MQTT, with one contract.

A channel carries frames and understands none of them; it may lose, repeat or hold back what it carries, and whoever
runs it learns nothing from it, for frames are sealed and signed end to end. What may not live here: keys, envelopes,
config entries. Begin with `channel`.
"""
