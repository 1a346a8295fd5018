"""Notices: who is told, what waits to be sent, and how it is sent."""
