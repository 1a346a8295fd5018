"""The chapters of the report: each reads its tables and gives its figures, sentences included.

How a figure is drawn is in ``drawing``; what a figure is, in ``figure``."""
