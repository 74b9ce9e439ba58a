"""The one place that imports pyota: bundles, signatures and the commands of a node are its work.

Everybody else asks `library`, and sees none of pyota's types. Begin with `library`; `seams` gives pyota the fast hash
functions that it can take from others.
"""
