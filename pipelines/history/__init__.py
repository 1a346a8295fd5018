"""History: which lists make it, following them one by one, and the questions put to it.

What a list changes is said in ``sql/suivi``. Who is told of it is the business of ``watch``."""
