"""The register: its contract and layouts, how it is asked for, archived, read and typed.

Nothing here knows a database."""
