"""The market report: figures read from the release, drawn, and written as one page.

What is counted is in ``sql/marche``; here tables are read, compared and told."""
