"""What stands on the Tangle as messages, what waits to stand there, and under whose keys.

Payments are not made here. Begin with `chronicle`, then `message_queue`.
"""
