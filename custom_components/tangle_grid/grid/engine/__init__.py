"""The grid in one piece: readings in, set-points and events out, one step at a time.

What is stored, shown and commanded goes through here, and the safe state when a pass fails. No rule about power stands
here. Begin with `engine`.
"""
