"""Tables of the watch list, in the store of notices.

``veille``: one row a watched line (:class:`pipelines.watch.store.Watched`). ``veille_ronde``: what
the last round looked at, so that the next one knows when nothing can have changed.
"""

from __future__ import annotations

DDL: tuple[str, ...] = (
    """
create table if not exists veille (
    rang integer primary key,
    destinataire text not null,
    identifiant text not null,
    financement text not null default '',
    action text not null default '',
    porteur text not null default '',
    faits text not null,
    ndas text not null,
    ajoute text not null,
    dit text not null,
    unique (destinataire, identifiant, financement, action, porteur)
)
""",
    """
create table if not exists veille_ronde (
    seule integer primary key check (seule = 1),
    etat text not null
)
""",
)
