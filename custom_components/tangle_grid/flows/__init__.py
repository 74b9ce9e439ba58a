"""The forms in which people say what is on their feed, and the checks that happen before anything is saved.

Nothing is controlled or paid here. Begin with `checks` and `fields`, which all forms are made of, then
`subentries/participant`.
"""
