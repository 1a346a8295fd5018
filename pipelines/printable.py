"""Texts from anywhere, made safe to show in one line."""

from __future__ import annotations

import re

# What users type and what files hold may cut a line, drive the terminal, or turn a name around.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def printable(text: str) -> str:
    """Show in place of each run of control characters that there was one; lines are joined."""
    return _CONTROL.sub("␣", text)
