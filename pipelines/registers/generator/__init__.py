"""Generated lists of training organisations, in the exact wire format, all names made up.

Nothing here reads a list: what is written is counted from the plan, for tests to compare.
"""

from pipelines.registers.generator.lists import Summary, generate
from pipelines.registers.generator.sequence import generate_sequence

__all__ = ["Summary", "generate", "generate_sequence"]
