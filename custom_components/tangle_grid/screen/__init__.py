"""The island's own screen: what it is told, and where it is served.

`picture` says what the screen shows of an island, `shared_picture` makes it once for all who look and tells what
changes, `sight` says who may see what of it, `subscription` is the command that screens ask with, `serving` puts the
built front end (`frontend/`, made from the sources at the top level) into Home Assistant's sidebar. No rule about power
or money stands here, and nothing is decided: the screen calls the same actions as everybody else. Begin with `picture`.
"""
