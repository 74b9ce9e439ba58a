"""How a link is made and ended: the one-time code, the asking, the answer, and what is kept of it.

The island above makes a code; the one below asks with it, and a person above says yes or no. Keys are made for this
link alone and leave the private store of neither side. What may not live here: what a link means for the grid.
Begin with `code`.
"""
