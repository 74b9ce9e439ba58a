"""What wallets and messages need of a Tangle, whoever keeps it: the node in this process, or one on the network.

What a remote node says is checked here before anybody believes it. Begin with `backend`.
"""
