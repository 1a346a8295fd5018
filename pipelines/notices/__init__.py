"""Notices: who is told, what waits to be sent, and how it is sent.

What there is to tell is the business of ``watch``: here a notice is a subject and a text."""
