"""The market report: figures read from the release, drawn, and written as one page."""
