"""The gate: checks of the list and of the build, comparison with the last release, the report.

A *check* is what is asked (``checks``, ``suites``, ``figures``, ``queries``, ``comparison``); a
*control* is what came of it (``controls``). Great Expectations runs in a process of its own
(``gx_client``, ``gx_worker``). Releasing is the business of ``publication``."""
