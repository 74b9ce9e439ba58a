"""What everybody in the grid speaks of: configuration, telemetry, set-points, requests, events.

Plain data, their limits and their stored forms. Nothing here decides anything, and nothing of the grid is imported.
Begin with `world`, then `request`.
"""
