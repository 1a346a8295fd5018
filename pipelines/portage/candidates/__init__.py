"""A file of candidates, whatever wrote it, made into a table of texts whose facts are known.

How a column is known, one question a module:

- ``headers``: what the words of its header may mean, every one of them counted;
- ``values``: what its distinct values look like;
- ``columns``: the decision, with its reason, which is shown to the user;
- ``mapping``: what the user says instead.

``text``, ``workbook`` and ``parsing`` read files: in the encoding that ``encodings`` tells, the
sheet that ``choice`` does, cells as they are shown (``formats``), a header on several rows
(``tiers``), without the rows that are nobody (``asides``) nor the answers of an earlier result
(``answers``); ``received`` is the sheet of documents given back beside, told by ``keys`` which line
each is of; ``table`` is what they make of one. The
words that all of this rests on are rows of ``data/reference``: ``portage_fait`` (headers),
``portage_qualificatif`` (what limits a meaning), ``portage_contraire`` (opposites). What a text
means is for ``pipelines/portage/written.py`` to say; here nothing is judged.
"""
