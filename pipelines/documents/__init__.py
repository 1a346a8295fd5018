"""What ``make docs`` and ``make run`` call: documents made from the code, and the demonstration.

Above everything, and imported by nothing: what a document tells belongs to the room that it is
about."""
