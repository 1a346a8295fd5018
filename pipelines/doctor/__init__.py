"""The check-up of a home, from its folders to its nights: nothing is written, mending is told."""
