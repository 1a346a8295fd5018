"""The command ``opac``: options read, answers laid out on a terminal, exit codes.

What is answered is worked out below; nothing here is imported by another room but ``documents``.
A module imports inside its functions what its command alone runs: the others start without it."""
