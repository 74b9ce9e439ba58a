"""One pass: what each device may have now, from what its feeders leave.

Mandatory, immediate and unpaid; it works without plan, request or ledger. Begin with `control_pass`; `allocator`
shares the current, `ramp` brings it to the device.
"""
