"""Portage: a question put to a release, who is meant, the verdict and its reasons.

Judging is in ``sql/evaluation`` and in the rule files; here questions are asked of them and their
answers read. Files of candidates, their screening, the dossier and the cap have rooms of their
own."""
