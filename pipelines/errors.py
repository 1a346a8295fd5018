"""What can go wrong, each kind with its exit code and one French sentence for its reader.

The message says what happened and what to do; the traceback goes to the home's log.
"""

from __future__ import annotations


class OpacError(Exception):
    """A failure told to the user. ``code`` is the exit code of the command."""

    code = 1


class UsageError(OpacError):
    """The request itself is wrong (bad option, unknown table, mixed kinds of source)."""

    code = 2


class SourceUnavailable(OpacError):
    """The source does not answer, or what came is not whole. Worth trying again."""

    code = 3


class NotTheList(OpacError):
    """What came is whole but is not the list (web page, unknown columns, encoding…)."""

    code = 3


class GatesRefused(OpacError):
    """The new build failed a check: nothing is released."""

    code = 4


class RefreshRunning(OpacError):
    """Another refresh holds the home."""

    code = 5


class HomeUnusable(OpacError):
    """The home cannot be read or written: space, rights, not a folder."""

    code = 6


class DamagedContent(OpacError):
    """A content of the archive is missing or is not what was archived."""


class Stopped(OpacError):
    """The process was asked to end (SIGTERM), as the service that runs it does when it stops."""

    code = 143
