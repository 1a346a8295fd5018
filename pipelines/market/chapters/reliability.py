"""How far the list may be believed: freshness, doubtful values, published figures beside ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pipelines import french
from pipelines.market.drawing.bars import Bar, grouped, ranked
from pipelines.market.drawing.charts import months
from pipelines.market.drawing.style import BLUE, GREY, ORANGE, Series, met
from pipelines.market.figure import Column, Figure, Kind, Row, Section, Table, signs
from pipelines.market.scope import Scope

# Older declarations are told in words and in the table: a few would stretch the axis over years.
_MONTHS_SHOWN = 36
# Beyond this, the list is not the one that the published figures tell of.
_OTHER_LIST_PCT = 30
# Of what has a code, enough for one figure: the rest is in the table.
_DRAWN = {"TAILLE_ORGANISMES"}
_SEVERITY = {"majeure": ORANGE}
_FEW = 5


def _months(scope: Scope) -> Figure:
    rows = scope.rows(
        "from marche.anciennete_declaration order by annee desc nulls last, mois desc nulls last"
    )
    for row in rows:
        dated = row["annee"] is not None
        row["nom"] = french.mois(row["annee"], row["mois"]) if dated else "Date inconnue"
        row["jour"] = dt.date(row["annee"], row["mois"], 1).isoformat() if dated else None
    shown = [
        row
        for row in rows
        if row["jour"] is not None and abs(row["anciennete_mois"]) < _MONTHS_SHOWN
    ]
    columns = [
        Column("Dernière déclaration", "nom"),
        Column("Organismes", "nb_organismes", Kind.COUNT),
        Column("Part", "part_pct", Kind.PERCENT),
        Column("Cumul", "nb_cumule", Kind.COUNT),
        Column("Part cumulée", "part_cumulee_pct", Kind.PERCENT),
        Column("Actifs", "nb_actifs", Kind.COUNT),
        Column("Dormants", "nb_dormants", Kind.COUNT),
        Column("Activité connue", "nb_activite_connue", Kind.COUNT),
        Column("Part de dormants", "part_dormants_pct", Kind.PERCENT),
    ]
    series = [
        Series("actifs", "nb_actifs", BLUE),
        Series("dormants", "nb_dormants", ORANGE),
        Series("activité inconnue", "nb_activite_inconnue", GREY),
    ]
    return Figure(
        "fraicheur",
        "Organismes selon le mois de leur dernière déclaration",
        _months_told(rows, shown),
        ["marche.anciennete_declaration"],
        Table(columns, rows),
        months(shown, met(shown, series)) if shown else None,
        "" if shown else "Aucune date de déclaration récente : la figure ne peut pas être tracée.",
    )


def _months_told(rows: Sequence[Row], shown: Sequence[Row]) -> str:
    if not rows:
        return "La liste n'a aucun organisme."
    total = rows[0]["nb_organismes_total"]
    sentences = []
    if shown:
        year = [row for row in shown if 0 <= row["anciennete_mois"] < 12]
        recent = sum(row["nb_organismes"] for row in year)
        most = max(shown, key=lambda row: row["nb_organismes"])
        share = french.part(recent, total, 100 * recent / total, "des organismes")
        sentences.append(
            f"{share} ont déclaré dans les douze derniers mois ; le "
            f"mois le plus fourni est {most['nom']} "
            f"({french.compte(most['nb_organismes'], 'organisme')})."
        )
    ages = [(row["anciennete_mois"], row["nb_organismes"]) for row in rows if row["jour"]]
    old = sum(count for age, count in ages if age >= _MONTHS_SHOWN)
    ahead = sum(count for age, count in ages if age <= -_MONTHS_SHOWN)
    if old:
        sentences.append(
            f"Hors de la figure : {french.compte(old, 'déclaration')} de trois ans ou plus."
        )
    if ahead:
        dated = french.verb(ahead, "datée", "datées")
        sentences.append(
            f"Hors de la figure : {french.compte(ahead, 'déclaration')} {dated} d'au moins trois "
            "ans après la liste."
        )
    unknown = sum(row["nb_organismes"] for row in rows if row["jour"] is None)
    if unknown:
        sentences.append(f"{french.compte(unknown, 'organisme')} sans date de déclaration lisible.")
    return " ".join(sentences)


def section(scope: Scope) -> Section:
    """Draw freshness, doubtful values, and the published figures beside the computed ones."""
    lead = (
        "La liste est déclarative. Les valeurs douteuses sont signalées, jamais corrigées ni "
        "retirées ; chacune est dans qualite.anomalie. La campagne des bilans pédagogiques et "
        "financiers finit fin mai : qui n'a pas déclaré sort de la liste, puis y revient."
    )
    figures = [_anomalies(scope), _published(scope)]
    if not scope.region:
        figures.insert(0, _months(scope))
    return Section("fiabilite", "Ce qu'il faut savoir avant de citer un chiffre", lead, figures)


def _anomalies(scope: Scope) -> Figure:
    rows = scope.rows(
        "select regle, min(gravite) as gravite, min(message) as message, champ, "
        "sum(nb_anomalies)::bigint as nb_anomalies, sum(nb_organismes)::bigint as nb_organismes, "
        "sum(nb_stagiaires)::bigint as nb_stagiaires, "
        "sum(effectif_formateurs)::bigint as effectif_formateurs "
        f"from marche.anomalies_declarees where {scope.in_region} "
        "group by regle, champ order by nb_organismes desc, regle, champ"
    )
    (total,) = scope.rows(f"select nb_organismes from {scope.block}")
    for row in rows:
        count = total["nb_organismes"]
        row["total"] = count
        row["part"] = 100 * row["nb_organismes"] / count if count else None
        row["petit_effectif"] = row["nb_organismes"] < _FEW
    columns = [
        Column("Doute", "message"),
        Column("Règle", "regle"),
        Column("Colonne", "champ"),
        Column("Gravité", "gravite"),
        Column("Valeurs", "nb_anomalies", Kind.COUNT),
        Column("Organismes", "nb_organismes", Kind.COUNT),
        Column("Sur", "total", Kind.COUNT),
        Column("Part", "part", Kind.PERCENT),
        Column("Leurs stagiaires", "nb_stagiaires", Kind.COUNT),
        Column("Leurs formateurs", "effectif_formateurs", Kind.COUNT),
    ]
    bars = [
        Bar(
            row["message"] + signs(row),
            row["nb_organismes"],
            french.entier(row["nb_organismes"]),
            _SEVERITY.get(row["gravite"], BLUE),
        )
        for row in rows
    ]
    if rows:
        first = rows[0]
        told = (
            f"{french.compte(len(rows), 'sorte de doute', 'sortes de doutes')} {scope.here} ; le "
            f"plus fréquent concerne {french.compte(first['nb_organismes'], 'organisme')} : "
            f"« {first['message'].rstrip('.')} »."
        )
    else:
        told = f"Aucune valeur douteuse n'a été signalée {scope.here}."
    return Figure(
        "anomalies",
        "Valeurs douteuses ou absurdes, par nature",
        told,
        ["marche.anomalies_declarees"],
        Table(columns, rows),
        ranked(bars) if bars else None,
        "" if bars else "Aucune valeur douteuse signalée : rien à tracer.",
        "En orange, les doutes majeurs."
        if any(row["gravite"] == "majeure" for row in rows)
        else "",
    )


def _published(scope: Scope) -> Figure:
    inside = f"mesure like 'REGION%' and code = '{scope.region.code}'" if scope.region else "true"
    rows = scope.rows(
        f"from marche.chiffre_publie where {inside} order by date_publiee desc, "
        "mesure like 'REGION%', mesure <> 'ORGANISMES', mesure, "
        "try_cast(regexp_extract(code, '^[0-9]+') as integer), code"
    )
    for row in rows:
        row["date"] = french.jour(row["date_publiee"])
    columns = [
        Column("Mesure", "libelle"),
        Column("Publié pour le", "date"),
        Column("Publié", "valeur_publiee", Kind.COUNT),
        Column("Calculé ici", "valeur_calculee", Kind.COUNT),
        Column("Écart", "ecart", Kind.SIGNED),
        Column("Écart en %", "ecart_pct", Kind.SIGNED_PERCENT),
    ]
    shown = [row for row in rows if row["ecart_pct"] is not None and _nearest(row, rows)]
    if not scope.region:
        shown = [row for row in shown if row["mesure"] in _DRAWN or row["code"] is None]
    series = [Series("écart", "ecart_pct", BLUE)]
    return Figure(
        "publies",
        "Chiffres publiés et chiffres calculés",
        _published_told(scope, shown),
        ["marche.chiffre_publie"],
        Table(columns, rows),
        grouped(shown, "libelle", series, french.signed_percent) if shown else None,
        "" if shown else "Aucun chiffre publié à mettre en regard.",
        _sources(rows),
    )


def _nearest(row: Row, rows: Sequence[Row]) -> bool:
    """Keep the figures published for the date nearest to the list's, the later if two are."""

    def distance(day: dt.date) -> tuple[int, dt.date]:
        return (-abs((day - row["date_instantane"]).days), day)

    return bool(row["date_publiee"] == max((one["date_publiee"] for one in rows), key=distance))


def _published_told(scope: Scope, shown: Sequence[Row]) -> str:
    if not shown:
        return f"Aucun chiffre publié ne se compare à ceux de ce périmètre ({scope.name})."
    whole = next(
        (row for row in shown if row["mesure"] in {"ORGANISMES", "REGION_ORGANISMES"}), shown[0]
    )
    told = (
        f"Pour le {whole['date']}, le chiffre publié est de "
        f"{french.compte(whole['valeur_publiee'], 'organisme')} ; cette liste en compte "
        f"{french.entier(whole['valeur_calculee'])} ({french.signed_percent(whole['ecart_pct'])})."
    )
    if abs(whole["ecart_pct"]) > _OTHER_LIST_PCT:
        return (
            f"{told} La liste lue n'est donc pas celle que décrivent ces chiffres (extrait ou "
            "liste fictive) : les écarts de nombre n'y disent rien."
        )
    far = max(shown, key=lambda row: abs(row["ecart_pct"]))
    if french.signed(far["ecart_pct"], 1) == french.signed(0, 1):
        return f"{told} Les autres chiffres sont les mêmes à 0,1 % près."
    if far is not whole:
        told += (
            f" L'écart le plus grand : {far['libelle'][0].lower()}{far['libelle'][1:]}, "
            f"{french.signed_percent(far['ecart_pct'])}."
        )
    return told


def _sources(rows: Sequence[Row]) -> str:
    found = list(dict.fromkeys(row["source"] for row in rows))
    return f"Sources : {' ; '.join(found)}." if found else ""
