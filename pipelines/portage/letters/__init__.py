"""The letters that ask sub-contractors for the documents that are missing: drafts, never sent.

Who is asked for what (``missing``), one letter (``letter``), and their folder (``folder``). What a
letter says is in ``templates`` and in rows: ``portage_piece``, ``portage_regle``, and
``portage_demande`` for how a document is given. Judging is for ``screening``.
"""
