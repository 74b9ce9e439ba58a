"""When the transformer asks, whom, and at which rate; who of those that said yes gives how much.

Begin with `market`; `auction` finds the rate, `activation` takes what was offered in merit order. Set-points are not
written here: what is active enters the next pass. Nothing is measured or paid here either.
"""
