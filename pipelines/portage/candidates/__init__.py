"""A file of candidates, whatever wrote it, made into a table of texts whose facts are known.

What a text means is for ``sql/evaluation/fait.sql`` to say; here nothing is judged."""
