"""``docs/chiffres-publies.md``: published figures of the list beside those of the market's tables.

The computed ones come from a generated register, calibrated on the figures of October 2025: the
page shows that the tables count right, and can be made anywhere.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipelines.french import decimal, entier, jour, mois, signed, typo
from pipelines.history.catch_up import catch_up
from pipelines.home import Home
from pipelines.publication.database import build_models
from pipelines.registers.categories import BY_CODE
from pipelines.registers.generator import generate
from pipelines.registers.sources import Request, acquire
from pipelines.settings import Settings
from pipelines.warehouse.build import database_path, open_build, prepare
from pipelines.warehouse.release import open_readonly

if TYPE_CHECKING:
    import duckdb

ROWS, SEED, DATE = 154_107, 1, dt.date(2025, 10, 15)
# The published list that the register is calibrated on, by its month.
_CALIBRATED = dt.date(2025, 10, 1)
_INTRO = """
Ce document est produit par `make docs`. Il met des chiffres publiés de la liste publique des
organismes de formation en regard de ceux que donnent les tables du marché
(`marche.chiffre_publie`).

**Les chiffres calculés ne viennent pas de la vraie liste.** Ils viennent d'une liste fictive de
{rows} organismes, datée du {date} (graine {seed}), que le générateur cale sur les agrégats
publiés d'octobre 2025. Leur accord montre que les tables comptent juste ; il ne montre pas que le
marché est ainsi. Sur une base faite de la vraie liste, `opac query "from marche.chiffre_publie"`
donne la même comparaison, et l'écart y dit ce qui a changé depuis.

Sont exacts par construction : les organismes et les certifiés de chaque région, les classes de
formateurs et de stagiaires, le nombre de spécialités, les adresses. Sont tirées au sort, donc
proches seulement : les spécialités, et les catégories autres que l'action de formation. Sont
approchées : les sommes et les moyennes de stagiaires, dont la liste fictive suit la forme et non
les valeurs mêmes.
"""
_LATER = """
La liste fictive est calée sur octobre 2025 : l'écart avec les listes d'autres dates n'est pas une
erreur, c'est ce qui sépare ces dates.
"""
_MICRO = """
La liste ne dit ni le statut, ni le chiffre d'affaires d'un organisme : seulement l'effectif de
formateurs et les stagiaires qu'il déclare. L'affirmation est donc mise à l'épreuve selon quatre
définitions (`marche.micro_structures`). Dans la liste fictive, qui est certifié dépend d'une
hypothèse du générateur (plus un organisme est actif, plus il l'est souvent) : ces chiffres
montrent comment la réponse se lit ; celle qui vaut se lit sur la vraie liste, avec
`opac query "from marche.micro_structures"`.
"""
_CPF = """
La liste ne dit rien des financements, ni du nombre de bilans : aucune de ces tables ne peut
confirmer ce chiffre ni le démentir. Son origine n'a pas été trouvée.
"""


class Figure(NamedTuple):
    """A row of ``marche.chiffre_publie``."""

    date: dt.date
    mesure: str
    code: str | None
    libelle: str
    publie: float
    calcule: float | None
    ecart: float | None
    ecart_pct: float | None


class Section(NamedTuple):
    """Part of the page: its title, what its rows are, the measures it shows, how they are named."""

    titre: str
    quoi: str
    mesures: tuple[tuple[str, str], ...]


_FORMATION = BY_CODE["ACTION_FORMATION"]
_SECTIONS = (
    Section(
        "Régions",
        "région",
        (
            ("REGION_ORGANISMES", "Organismes par région"),
            ("REGION_CERTIFIES_ACTION_FORMATION", f"Certifiés pour {_FORMATION.with_article}"),
        ),
    ),
    Section(
        "Tailles",
        "formateurs",
        (
            ("TAILLE_ORGANISMES", "Organismes par effectif de formateurs"),
            ("TAILLE_STAGIAIRES_MOYENS", "Stagiaires par organisme, en moyenne"),
        ),
    ),
    Section(
        "Volumes",
        "stagiaires déclarés",
        (
            ("VOLUME_ORGANISMES", "Organismes par nombre de stagiaires"),
            ("VOLUME_STAGIAIRES", "Stagiaires, somme"),
        ),
    ),
    Section(
        "Spécialités",
        "spécialités",
        (
            ("NB_SPECIALITES", "Organismes par nombre de spécialités déclarées"),
            ("SPECIALITE_PREMIERE", "Organismes par première spécialité (NSF)"),
        ),
    ),
)
_NAMED = ("REGION", "SPECIALITE_PREMIERE")


def build(folder: Path) -> Path:
    """Make every table over the generated register, in ``folder``; give the database."""
    settings = Settings(home=folder / "home")
    home = Home(settings.home)
    home.prepare()
    path = folder / f"of_{DATE.isoformat()}.csv"
    generate(path, ROWS, SEED, DATE)
    started = open_build(home, acquire(settings, Request(path)), {})
    prepare(settings, started)
    catch_up(settings, started)
    build_models(settings, started)
    return database_path(home)


def page(con: duckdb.DuckDBPyConnection) -> str:
    """Write the page from ``marche.chiffre_publie`` and ``marche.micro_structures``."""
    figures = [
        Figure(*row)
        for row in con.execute(
            "select date_publiee, mesure, code, libelle, valeur_publiee, valeur_calculee, ecart, "
            "ecart_pct from marche.chiffre_publie order by date_publiee, mesure, code"
        ).fetchall()
    ]
    now = [figure for figure in figures if figure.date == _CALIBRATED]
    intro = _INTRO.format(rows=entier(ROWS), date=jour(DATE), seed=SEED)
    parts = ["# Chiffres publiés et chiffres calculés", "", _prose(intro), ""]
    national = [figure for figure in now if figure.code is None]
    parts += ["## National", "", *_table("chiffre", _largest(national), _label), ""]
    for section in _SECTIONS:
        parts += [f"## {section.titre}", ""]
        for mesure, title in section.mesures:
            own = _ordered(figure for figure in now if figure.mesure == mesure)
            parts += [f"### {title}", "", *_table(_what(section, mesure), own, _place), ""]
    parts += ["## Listes d'autres dates", "", _prose(_LATER), ""]
    others = [figure for figure in figures if figure.date != _CALIBRATED]
    for day, same in groupby(others, key=lambda figure: figure.date):
        title = mois(day.year, day.month).capitalize()
        parts += [f"### {title}", "", *_table("chiffre", _largest(same), _label), ""]
    return typo("\n".join([*parts, *_claims(con)])) + "\n"


def _prose(text: str) -> str:
    return text.strip("\n")


def _what(section: Section, mesure: str) -> str:
    return "spécialité" if mesure == "SPECIALITE_PREMIERE" else section.quoi


def _largest(figures: Iterable[Figure]) -> list[Figure]:
    """Put the largest published figures first."""
    return sorted(figures, key=lambda figure: -figure.publie)


def _ordered(figures: Iterable[Figure]) -> list[Figure]:
    """Put classes in their own order, and what has a name from the largest to the smallest."""
    return sorted(figures, key=lambda f: (-f.publie if _named(f) else _first(f.code), f.code))


def _named(figure: Figure) -> bool:
    return figure.mesure.startswith(_NAMED)


def _first(code: str | None) -> int:
    """Give the lower bound of a class: 51 for « 51-100 »."""
    return int(re.findall(r"\d+", code or "")[0])


def _label(figure: Figure) -> str:
    return figure.libelle


def _place(figure: Figure) -> str:
    """Name the place, class or speciality of a figure."""
    if _named(figure):
        return figure.libelle.partition(" : ")[2]
    return (figure.code or "").replace("-", "–")


def _table(what: str, figures: Sequence[Figure], name: Callable[[Figure], str]) -> list[str]:
    head = f"| {what} | chiffre publié | chiffre calculé | écart | écart (%) |"
    return [head, "|---|---:|---:|---:|---:|", *(_line(figure, name) for figure in figures)]


def _line(figure: Figure, name: Callable[[Figure], str]) -> str:
    decimals = 0 if figure.mesure != "TAILLE_STAGIAIRES_MOYENS" else 2
    cells = [
        name(figure),
        entier(figure.publie),
        decimal(figure.calcule, decimals),
        signed(figure.ecart, decimals),
        signed(figure.ecart_pct, 2),
    ]
    return f"| {' | '.join(cells)} |"


def _claims(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute(
        "select libelle, nb_organismes, nb_certifiees, nb_certifies_total, part_des_certifies_pct, "
        "nb_certifiees_annonce, part_annoncee_pct, ecart_nb "
        "from marche.micro_structures order by nb_organismes"
    ).fetchall()
    lines = [
        f"| {label} | {entier(count)} | {entier(certified)} | {entier(whole)} | {decimal(part, 2)} "
        f"| {entier(said)} | {decimal(said_part, 2)} | {signed(gap)} |"
        for label, count, certified, whole, part, said, said_part, gap in rows
    ]
    return [
        "## Affirmations à l'épreuve",
        "",
        "### « 15 000 micro-organismes certifiés, soit un tiers »",
        "",
        _prose(_MICRO),
        "",
        "| définition | micro-structures | certifiées | certifiés en tout | part des certifiés (%) "
        "| annoncé | part annoncée (%) | écart |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *lines,
        "",
        "### « 89 % des bilans de compétences sont payés par le CPF »",
        "",
        _prose(_CPF),
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, open_readonly(build(Path(folder))) as base:
        Path(sys.argv[1]).write_text(page(base), encoding="utf-8")
