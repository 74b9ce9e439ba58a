"""Feeders and their meters: what each phase carries, may carry, and how much of it nobody controls.

Meters are doubted here. Nothing here decides what a device gets. Begin with `topology`, then `feeder_watch` and
`protection`.
"""
