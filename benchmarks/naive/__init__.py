"""The naive pair, as a baseline: how one would measure at first, with nothing of ours in it.

The only additions are stamps of the machine's monotonic clock, printed for the comparison; the pair does not use them.
"""
