"""The day ahead: when each car charges, so that the peak stays low and everybody is ready in time.

A plan only ever lowers what control would give, and control never waits for one. Begin with `plan`; `planner` ties it
to what was measured.
"""
