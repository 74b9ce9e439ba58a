"""Makes JSON Schemas and test vectors of all messages from the code, so that others can speak them without it.

A kind of message that is new in `protocol/bodies.py` needs nothing here: its schema comes from its checks, or from its
types where a check is not known here, and its vectors from what it accepts.
"""
