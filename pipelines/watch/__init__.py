"""The watch list: what changed for whom, and what an operator must know."""
