"""SQLite files that are opened by one process, written in whole transactions, and never overwritten when damaged.

What stands in them is decided elsewhere. Begin with `database`; `file_marks` tells files of different moments apart.
"""
