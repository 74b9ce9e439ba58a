"""What people see: what each sensor shows, and settings that are entities.

The platforms of Home Assistant, at the root, make entities of what stands here; nothing here changes the grid but
through an island's doors. Begin with `view_sensors`.
"""
