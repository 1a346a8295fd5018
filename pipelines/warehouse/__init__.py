"""The build under way, the SQL models and the releases of a home, as files and tables.

What models mean is in their headers; whether a build may be released is for ``quality``."""
