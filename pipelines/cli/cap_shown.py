"""The answer of ``opac plafond`` on the terminal: years, sub-contractors, project, sentences."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from rich.table import Table

from pipelines.cli.common import OUT, plain_table, say
from pipelines.french import (
    ABSENT,
    combien,
    date_courte,
    entier,
    euros,
    liste,
    nombre,
    taux_exact,
    verb,
)
from pipelines.printable import printable

Found = dict[str, Any]
# Lines left out are told up to this many, sub-contractors up to that many a year.
_TOLD = 20
_FIRST = 5


def show(found: Found) -> None:
    """Tell an answer."""
    years = found["annees"]
    OUT.print()
    if years:
        OUT.print(_table(years))
        OUT.print()
    else:
        say("Aucune facture n'a pu être comptée.", style="bold")
    for year in years:
        say(_sentence(year), style=_style(year))
    if found["projet"] is not None:
        OUT.print()
        for text in project_said(found["projet"]):
            say(text, style=_style(found["projet"]["apres"]))
    if found["sous_traitants"]:
        OUT.print()
        _subcontractors(found["sous_traitants"])
    _left_out(found["lignes_ecartees"])
    OUT.print()
    for rank, note in enumerate(found["a_savoir"]):
        say(note, style="yellow" if found["annees_a_confirmer"] and not rank else "dim")


def _left_out(refused: list[Found]) -> None:
    if refused:
        OUT.print()
        lines = combien(len(refused), "ligne écartée", "lignes écartées")
        say(f"{lines}, sans rien compter (numéros : ceux d'un tableur) :")
    for one in refused[:_TOLD]:
        say(f"  ligne {one['ligne']} : {one['motif']}", indent=4)
    if len(refused) > _TOLD:
        rest = combien(len(refused) - _TOLD, "autre")
        say(f"  … et {rest} (toutes : --json, ou --sortie en .xlsx)")


def _table(years: list[Found]) -> Table:
    table = plain_table(
        *("année", "factures", "CA CPF (€)", "sous-traité (€)", "part", "limite", "reste (€)")
    )
    for column in table.columns:
        column.justify, column.no_wrap = "right", True
    for year in years:
        table.add_row(
            str(year["annee"]),
            entier(year["factures"]),
            nombre(year["chiffre_affaires"], 2),
            nombre(year["sous_traite"], 2),
            _share(year),
            taux_exact(year["plafond_pct"]),
            "à vérifier" if year["a_verifier"] else nombre(year["reste_a_sous_traiter"], 2),
            style=_style(year) or "",
        )
    return table


def _share(year: Found) -> str:
    """Write the share; a price that is not known makes it a least."""
    if year["part_pct"] is None:
        return ""
    least = "≥ " if year["factures_prix_inconnu"] else ""
    return f"{least}{taux_exact(year['part_pct'])}"


def _style(year: Found) -> str | None:
    if year["a_verifier"]:
        return "yellow"
    return "bold red" if year["depasse"] else None


def _sentence(year: Found) -> str:
    told = f"{year['annee']}"
    if (year["du"].month, year["du"].day) != (1, 1):
        told += f" (du {date_courte(year['du'])} au {date_courte(year['au'])})"
    if year["en_cours"]:
        told += ", année en cours"
    cap = taux_exact(year["plafond_pct"])
    if year["a_verifier"]:
        return f"{told} : à vérifier. {_unsettled(year, cap)}"
    if not year["chiffre_affaires"]:
        return f"{told} : aucun chiffre d'affaires compté."
    if year["depasse"]:
        verb = ("il faut" if year["en_cours"] else "il aurait fallu") + _at(year, "au plus")
        more = euros(year["chiffre_affaires_manquant"])
        return (
            f"{told} : la limite de {cap} est dépassée ; {verb} {more} de chiffre d'affaires en "
            "plus, sans sous-traitance, pour y revenir."
        )
    if not year["reste_a_sous_traiter"]:
        return f"{told} : la limite de {cap} est atteinte sans être dépassée ; il ne reste rien."
    verb = ("il reste" if year["en_cours"] else "il restait") + _at(year, "au moins")
    left = euros(year["reste_a_sous_traiter"])
    return f"{told} : {verb} {left} à sous-traiter, à chiffre d'affaires constant{_most(year)}."


def _at(year: Found, least: str) -> str:
    """What is not known may move an amount; it is told at its worst."""
    return f" {least}" if year["lignes_en_doute"] or year["factures_prix_inconnu"] else ""


def _most(year: Found) -> str:
    """Say how high a share may be of which only a least is known."""
    if not year["factures_prix_inconnu"] or year["part_max_pct"] is None:
        return ""
    return f" ; la part est d'au plus {taux_exact(year['part_max_pct'])}"


def _unsettled(year: Found, cap: str) -> str:
    """Say between which shares a year lies, and what keeps it from being concluded."""
    causes, mend = [], []
    if count := year["lignes_en_doute"]:
        causes.append(combien(count, "ligne écartée", "lignes écartées"))
        mend.append("corrigez-les" if count > 1 else "corrigez-la")
    if count := year["factures_prix_inconnu"]:
        causes.append(
            f"{combien(count, 'facture')} dont le prix CPF de la part sous-traitée n'est pas connu"
        )
        mend.append("donnez ce prix")
    total = year["lignes_en_doute"] + year["factures_prix_inconnu"]
    lines = f"{liste(causes)} {verb(total, 'pourrait', 'pourraient')}"
    end = f"{liste(mend)} pour conclure."
    if year["part_min_pct"] is None:
        return f"{lines} changer la conclusion (limite de {cap}) : {end}"
    low, high = (taux_exact(year[name]) for name in ("part_min_pct", "part_max_pct"))
    return (
        f"{lines} changer la conclusion : la part est entre {low} et {high}, pour une limite de "
        f"{cap} ; {end}"
    )


def project_said(project: Found) -> list[str]:
    """Say what a project would make of the year, and what the answer rests on."""
    before, after = project["avant"], project["apres"]
    cap = taux_exact(after["plafond_pct"])
    told = f"Avec un projet de {euros(project['montant'])} sous-traité en {project['annee']}"
    if before["part_pct"] is None:
        told += f", la part serait de {_share(after)} (sans lui, aucun chiffre d'affaires compté)"
    else:
        at, least = ("d'au moins", " au moins") if before["factures_prix_inconnu"] else ("de", "")
        shares = [taux_exact(year["part_pct"]) for year in (before, after)]
        told += f", la part passerait {at} {shares[0]} à{least} {shares[1]}"
    if project["a_verifier"]:
        told += f" : à vérifier. {_unsettled(after, cap)}"
    elif project["limite_tenue"]:
        left = euros(after["reste_a_sous_traiter"])
        told += f" : la limite de {cap} serait tenue ; il resterait{_at(after, 'au moins')} {left}."
    else:
        more = euros(after["chiffre_affaires_manquant"])
        told += (
            f" : la limite de {cap} {'resterait' if before['depasse'] else 'serait'} dépassée ; il "
            f"faudrait{_at(after, 'au plus')} {more} de chiffre d'affaires en plus, sans "
            "sous-traitance."
        )
    largest: Decimal | None = project["plus_grand_projet"]
    said = [told]
    if largest:
        said.append(f"Le plus grand projet que la limite permet est de {euros(largest)}.")
    elif largest is not None and not before["depasse"]:
        said.append("La limite ne permet pour l'instant aucun projet tout sous-traité.")
    said.append(
        "Le projet est pris pour une action CPF toute sous-traitée : son prix s'ajoute au chiffre "
        "d'affaires comme au sous-traité. Sous-traitée en partie, donnez le prix de cette part : "
        "la part annoncée ne sera pas dépassée."
    )
    return said


def _subcontractors(rows: list[Found]) -> None:
    """Show the first sub-contractors of each year, the others in one line."""
    table = plain_table("année", "sous-traitant", "numéro", "factures", "sous-traité (€)", "du CA")
    for column in (table.columns[0], *table.columns[3:]):
        column.justify, column.no_wrap = "right", True
    by_year: dict[int, list[Found]] = defaultdict(list)
    for row in rows:
        by_year[row["annee"]].append(row)
    for year, own in by_year.items():
        for row in own[:_FIRST]:
            table.add_row(str(year), _name(row), *_figures([row], row["numero"] or ""))
        if rest := own[_FIRST:]:
            others = combien(len(rest), "autre")
            table.add_row(str(year), f"et {others}", *_figures(rest, ""))
    OUT.print(table)
    for row in rows:
        if row["doute"]:
            say(f"  * {row['annee']}, {_who(row)} : {row['doute']}.", style="yellow", indent=4)


def _name(row: Found) -> str:
    return f"{_who(row)} *" if row["doute"] else _who(row)


def _who(row: Found) -> str:
    if row["sous_traitant"]:
        return printable(row["sous_traitant"])
    return ABSENT if row["numero"] else "non dit"


def _figures(rows: list[Found], number: str) -> tuple[str, str, str, str]:
    shares = [row["part_pct"] for row in rows if row["part_pct"] is not None]
    return (
        printable(number),
        entier(sum(row["factures"] for row in rows)),
        nombre(sum((row["sous_traite"] for row in rows), Decimal(0)), 2),
        taux_exact(sum(shares, Decimal(0))) if shares else "",
    )
