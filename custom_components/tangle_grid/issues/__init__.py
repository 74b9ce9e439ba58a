"""The issues of one island: what only a person can put right. Each appears when it is certain, and goes by itself.

No decisions and no payments here, and no fix flows: those are forms. Begin with `board`, which shows and takes away,
then `watch`, which looks at every new picture of the island.
"""
