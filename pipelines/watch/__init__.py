"""The watch list: what changed for whom, what an operator must know, the round that tells it.

How a notice is sent is in ``notices``."""
