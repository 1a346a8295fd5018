"""History: what happened between the lists of the archive."""
