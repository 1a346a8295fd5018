"""The answer to a question, with every control behind it and what it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines.errors import UsageError
from pipelines.portage.facts import FAITS, PAR_NOM, Groupe
from pipelines.portage.session import Session
from pipelines.registers.contract import CATEGORIES, FLAGS
from pipelines.warehouse.literals import literal

if TYPE_CHECKING:
    import duckdb

Answer = dict[str, Any]

# Qualities of a match that retains nobody, whatever number was given.
UNIDENTIFIED = {
    *("AMBIGU", "AUCUN_PROCHE", "CLE_FAUSSE", "DISCORDANT"),
    *("ILLISIBLE", "VIDE", "PROFIL"),
}
# Those of what was given that is not a number at all.
REFUSED = {"CLE_FAUSSE", "ILLISIBLE", "VIDE"}
_CONTROL = ("regle", "role", "statut", "constat", "preuve", "base_legale", "confiance")
# Both parties have the same requirements: what is told apart from its role says whose it is.
_OF_WHOM = "case d.role when 'porteur' then 'Porteur : ' else '' end"
_FLAGS = dict(zip(CATEGORIES, FLAGS, strict=True))


def answer(session: Session, ligne: int) -> Answer:
    """Give the answer to one question, asked with :attr:`Telling.ALL`.

    Keys: ``verdict``, ``controles``, ``pieces_manquantes``, ``avertissements``, ``organisme``,
    ``porteur`` (or None), ``instantane``, ``regles``, ``date_evaluation``. What was declared is
    under ``organisme`` and ``porteur``, which have a ``nda`` and a ``siren`` only when identified;
    a date is a ``datetime.date``.
    """
    con = session.con
    controls = _dicts(
        con,
        "select d.*, r.base_legale, r.confiance, p.libelle, p.pourquoi, "
        f"{_OF_WHOM} as de_qui from evaluation.controle_dit as d "
        "inner join portage.regle as r on d.regle = r.regle "
        "left join portage.piece as p on d.piece = p.piece "
        f"where d.ligne = {ligne} order by d.ordre",
    )
    (case,) = _dicts(
        con, f"select date, financements, action from evaluation.cas where ligne = {ligne}"
    )
    (conclusion,) = _dicts(con, f"select verdict from evaluation.conclusion where ligne = {ligne}")
    return {
        "verdict": conclusion["verdict"],
        "controles": [{name: control[name] for name in _CONTROL} for control in controls],
        "pieces_manquantes": [
            {
                "document": control["piece"],
                "libelle": control["de_qui"] + control["libelle"],
                "pourquoi": control["pourquoi"],
                "base_legale": control["base_legale"],
                "regle": control["regle"],
            }
            for control in controls
            if control["piece"]
        ],
        "avertissements": [
            {
                "regle": control["regle"],
                "message": control["de_qui"] + control["constat"],
                "base_legale": control["base_legale"],
            }
            for control in controls
            if control["effet"] == "AVERTISSEMENT"
        ],
        "organisme": _party(session, ligne, "sous_traitant"),
        "porteur": _party(session, ligne, "porteur"),
        "instantane": _list_of_the_day(con, ligne),
        "regles": {
            **session.rules,
            "financement": case["financements"] or [],
            "action": case["action"],
        },
        "date_evaluation": case["date"],
    }


def decisive(session: Session, ligne: int) -> list[Answer]:
    """Give the controls that decide the verdict: ``constat`` and ``base_legale`` of each."""
    return _dicts(
        session.con,
        f"select {_OF_WHOM} || d.constat as constat, r.base_legale "
        "from evaluation.controle_dit as d "
        "inner join portage.regle as r on d.regle = r.regle "
        "inner join evaluation.conclusion as c on c.ligne = d.ligne "
        f"where d.ligne = {ligne} and d.effet = c.verdict order by d.ordre",
    )


def grid_questions(
    con: duckdb.DuckDBPyConnection, facts: Mapping[str, str]
) -> list[dict[str, str]]:
    """Give the questions of the grid: each funding and category that ``facts`` leave open."""
    fundings = _column(con, "select financement from reference.financement order by ordre")
    actions = _column(con, "select action from reference.categorie_action order by ordre")
    return [
        {"financement": funding, "action": action, **facts}
        for funding in ([facts["financement"]] if "financement" in facts else fundings)
        for action in ([facts["action"]] if "action" in facts else actions)
    ]


def grid(session: Session) -> list[Answer]:
    """Give the verdicts of the questions asked, one by funding and category.

    Fundings asked together are one, joined by « + »; ``nda`` and ``porteur_nda`` are
    the numbers under which they are judged, None unlisted.
    """
    return _dicts(
        session.con,
        "select v.ligne, array_to_string(c.financements, ' + ') as financement, c.action, v.nda, "
        "v.porteur_nda, v.verdict, v.statut_registre, v.raisons, v.pieces as pieces_manquantes, "
        "v.avertissements "
        "from evaluation.verdict as v inner join evaluation.cas as c on v.ligne = c.ligne "
        "order by v.ligne",
    )


def numbers(session: Session, ligne: int, role: str = "sous_traitant") -> list[Answer]:
    """Give every NDA under which one of the two may be judged, and what each is certified for.

    Keys: ``nda``, ``ville``, ``certifications``. Only one when asked by NDA; none unlisted.
    """
    found = _dicts(
        session.con,
        f"select o.nda, o.ville, {_flags('o')} "
        "from (select unnest(ndas) as nda, generate_subscripts(ndas, 1) as rang "
        "from evaluation.rapprochement "
        "inner join evaluation.partie_liste as l using (ligne, role) "
        f"where ligne = {ligne} and role = {literal(role)} and not l.liste_passee "
        f"and qualite not in ({', '.join(map(literal, sorted(UNIDENTIFIED)))})) as r "
        "inner join socle.organisme as o on r.nda = o.nda "
        f"union all by name select o.nda, o.ville, {_flags('o')} "
        "from evaluation.retrouve_passe as r "
        "inner join evaluation.organisme_passe as o "
        "on r.nda = o.nda and r.date_liste = o.date_liste "
        f"where r.ligne = {ligne} and r.role = {literal(role)} order by nda",
    )
    return [
        {
            "nda": row["nda"],
            "ville": row["ville"],
            "certifications": {name: row[name] for name in _FLAGS},
        }
        for row in found
    ]


def labels(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Give the name of each category, as it is written within a sentence."""
    return dict(
        con.execute(
            "select action, libelle from reference.categorie_action order by ordre"
        ).fetchall()
    )


def refuse_unreadable(session: Session) -> None:
    """See that every declared fact can be read: whoever asks is there to write it again.

    Raises:
        UsageError: some cannot; it says which.
    """
    faults = _column(
        session.con,
        "select defaut from evaluation.fait where defaut is not null order by ligne, fait",
    )
    if faults:
        raise UsageError(" ".join(dict.fromkeys(faults)))


def refuse_unnamed(session: Session) -> None:
    """See that what names each party is a number: whoever asks is there to write it again.

    Raises:
        UsageError: some is not; it says which, and what it is.
    """
    refused = ", ".join(literal(quality) for quality in sorted(REFUSED))
    faults = _column(
        session.con,
        "select if(role = 'porteur', 'Porteur : ', '') || message from evaluation.rapprochement "
        f"where qualite in ({refused}) order by ligne, role desc",
    )
    if faults:
        raise UsageError(" ".join(dict.fromkeys(faults)))


def snapshot(con: duckdb.DuckDBPyConnection) -> Answer:
    """Say which list the release was made from, and until when its source still gave it."""
    (found,) = _dicts(
        con,
        "select date_contenu, (select max(v.jour) from demande.vue as v "
        "where v.sha256 = publication.sha256) as revue_le, sha256, "
        "version, code, origine, licence, attribution, lignes_liste from meta.publication",
    )
    return found


def _list_of_the_day(con: duckdb.DuckDBPyConnection, ligne: int) -> Answer:
    """Say on which list the contract is judged; ``publiee`` is that of the release, if another."""
    of_release = snapshot(con)
    (used,) = _dicts(
        con,
        "select date_liste as date_contenu, revue_le, sha256, nb_lignes as lignes_liste "
        f"from evaluation.partie_liste where ligne = {ligne} and role <> 'convention' "
        "order by role desc limit 1",
    )
    published = {name: of_release[name] for name in ("date_contenu", "sha256")}
    same = used["sha256"] == of_release["sha256"]
    return {**of_release, **used, "publiee": None if same else published}


def _looked_at(con: duckdb.DuckDBPyConnection, ligne: int, role: str) -> Answer | None:
    """Say under which list a party is judged, and on which day; None when it is not."""
    found = _dicts(
        con,
        "select date, date_liste, sha256, revue_le from evaluation.partie_liste "
        f"where ligne = {ligne} and role = {literal(role)}",
    )
    return found[0] if found else None


def _party(session: Session, ligne: int, role: str) -> Answer | None:
    """Tell who one of the two is, in the list, and what was declared of them."""
    found = _dicts(
        session.con,
        "select coalesce(p.nda, if(r.demande_par = 'NDA', r.identifiant, null)) as nda, "
        "coalesce(p.siren, r.siren) as siren, "
        "p.nda is not null as dans_la_liste, o.* exclude (nda), "
        "coalesce(p.qualite, r.qualite) as qualite, r.demande_par, r.identifiant, "
        "if(p.ligne is null, r.message, p.message) as message, r.score, r.proches "
        "from evaluation.rapprochement as r "
        "left join evaluation.partie as p on r.ligne = p.ligne and r.role = p.role "
        f"left join ({_listed(ligne, role)}) as o on p.nda = o.nda "
        f"where r.ligne = {ligne} and r.role = {literal(role)}",
    )
    if not found:
        return None
    (row,) = found
    if row["qualite"] in UNIDENTIFIED:
        # Numbers that contradict each other, or nobody's: ``rapprochement`` alone tells them.
        row |= {"nda": None, "siren": None}
    given = _declared(session, ligne)
    # Facts of a porteur that nobody named are kept with the rest: what was said must be found.
    declared = {
        name: text
        for name, text in given.items()
        if (PAR_NOM[name].groupe is Groupe.PORTEUR and "porteur" in given) == (role == "porteur")
    }
    party = {
        **{name: row[name] for name in ("nda", "siren", "denomination", "ville", "code_postal")},
        "dans_la_liste": row["dans_la_liste"],
        # A blank flag stays unknown; four blanks are how the list says « not certified ».
        "certifie": row["est_certifie"],
        "certifications": {name: row[name] for name in _FLAGS},
        "rapprochement": {
            name: row[name]
            for name in ("qualite", "demande_par", "identifiant", "message", "score", "proches")
        },
        "faits": declared,
        "liste": _looked_at(session.con, ligne, role),
        # The porteur's certificate may be judged on another day.
        "liste_convention": _looked_at(session.con, ligne, "convention")
        if role == "porteur"
        else None,
    }
    # The dates of the contract go with the sub-contractor's: he is always there.
    party["echeances"] = _dicts(
        session.con,
        f"select date, libelle from evaluation.echeance where ligne = {ligne} "
        f"and (role = 'porteur') = {literal(role == 'porteur')} order by all",
    )
    return party


def _listed(ligne: int, role: str) -> str:
    """Write the query of what the list of the day says of a party: its own, or one of the past."""
    told = f"o.nda, o.denomination, o.ville, o.code_postal, o.est_certifie, {_flags('o')}"
    where = f"where p.ligne = {ligne} and p.role = {literal(role)}"
    return (
        f"select {told} from evaluation.partie as p "
        f"inner join socle.organisme as o on p.nda = o.nda {where} and not p.liste_passee "
        f"union all select {told} from evaluation.partie as p "
        "inner join evaluation.organisme_passe as o "
        f"on p.nda = o.nda and p.date_liste = o.date_liste {where} and p.liste_passee"
    )


def _flags(table: str) -> str:
    """Columns of the four certifications, under the names of the categories."""
    return ", ".join(f"{table}.{column} as {name}" for name, column in _FLAGS.items())


def _declared(session: Session, ligne: int) -> dict[str, str]:
    names = ", ".join(fait.nom for fait in FAITS)
    (row,) = _dicts(session.con, f"select {names} from demande.candidat where ligne = {ligne}")
    return {name: text for name, text in row.items() if text is not None}


def _dicts(con: duckdb.DuckDBPyConnection, query: str) -> list[Answer]:
    found = con.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _column(con: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    return [row[0] for row in con.execute(query).fetchall()]
