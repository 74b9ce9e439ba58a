"""Islands that know each other: a house joins a street, and goes on alone when nothing is heard of it.

`core` is the protocol of a link: frames, sessions, leases; `channels` carry its bytes; `joining` makes a link, with a
one-time code. No rules about power live here. Begin with `core`, its `lower` and `upper` end.
"""
