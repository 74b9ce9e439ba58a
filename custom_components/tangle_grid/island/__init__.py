"""One island at work: its control loop, its configuration, its rewards, what it keeps, how it begins and ends.

No entity, form or action stands here, and no payment is made: that is the bridge's. Begin with `runtime`, then
`control_loop`.
"""
