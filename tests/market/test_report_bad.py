"""Lists that are empty, maimed or absurd: the report is written, and says what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.home import Home
from pipelines.market.page import write_page
from pipelines.market.report import gather
from pipelines.registers.places import places
from tests.market.registers import crowd, doubt
from tests.market.reports import PageRead, small_release
from tests.warehouse.frames import Row, flags, organisme, specialities

# What Python, Vega or a browser writes where there is no value.
_NO_VALUE = re.compile(r"\b(None|NaN|nan|null|undefined|inf|Infinity)\b")
_UNKNOWN_FLAGS = {"certification_connue": False, **flags(None, None, None, None)}
NOBODY: list[Row] = []
ALONE = [
    organisme(
        "93130000113",
        denomination="ORGANISME FICTIF",
        code_region="93",
        code_departement="13",
        code_postal="13001",
        nb_stagiaires=5,
        nb_stagiaires_confies=7,
        effectif_formateurs=1,
        **flags(True, False, False, False),
        **specialities(("413", "Dév."), (None, None), (None, None)),
    )
]


def every(**values: Any) -> list[Row]:
    """A crowd of which every organisation has these values."""
    rows, _ = crowd(7, 120)
    return [{**row, **values} for row in rows]


def read(tmp_path: Path, rows: list[Row], region: str | None = None, **more: Any) -> PageRead:
    """Write the report of a list, and see what no report may hold."""
    target = tmp_path / "page.html"
    write_page(gather(Home(tmp_path), small_release(tmp_path, rows, **more), region), target)
    told = PageRead(target)
    assert _NO_VALUE.findall(told.text) == []
    drawn = re.findall(r"<svg.*?</svg>", target.read_text(encoding="utf-8"), re.DOTALL)
    assert [svg for svg in drawn if _NO_VALUE.search(svg)] == []
    for slug, figure in told.figures.items():
        assert figure.drawn != bool(figure.absence), slug
        assert figure.summary, slug
        assert "–" not in figure.summary, slug  # a sentence says why there is no figure
    return told


LISTS: dict[str, Callable[[], list[Row]]] = {
    "nobody": lambda: NOBODY,
    "one organisation": lambda: ALONE,
    "one of which nothing is known": lambda: [organisme("93130000113")],
    "no trainee": lambda: every(nb_stagiaires=0, nb_stagiaires_confies=0, effectif_formateurs=0),
    "no certification known": lambda: every(**_UNKNOWN_FLAGS),
    "nobody certified": lambda: every(**flags(None, None, None, None), certification_connue=True),
    "all certified": lambda: every(**flags(True, True, True, True), certification_connue=True),
    "places of no reference": lambda: every(code_region="999", code_departement="XX"),
    "no place": lambda: every(code_region=None, code_departement=None),
    "no speciality, no date": lambda: every(
        date_derniere_declaration=None, **specialities(*[(None, None)] * 3)
    ),
    "all of one giant size": lambda: every(
        nb_stagiaires=10**9, nb_stagiaires_confies=10**9, effectif_formateurs=10**9
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_report_is_written(tmp_path: Path, name: str) -> None:
    assert len(read(tmp_path, LISTS[name]()).figures) > 20


@pytest.mark.parametrize("name", ["nobody", "one organisation", "no trainee", "no place"])
def test_report_of_a_region_is_written(tmp_path: Path, name: str) -> None:
    assert len(read(tmp_path, LISTS[name](), "93").figures) > 15


def test_empty_region_is_said(tmp_path: Path) -> None:
    regions = [code for code in sorted(places().regions) if code not in {"93", "975", "977", "978"}]
    rows = [
        organisme(f"1175{rank:05d}75", code_region=code, nb_stagiaires=1)
        for rank, code in enumerate(regions * 6)
    ]
    nation = read(tmp_path, rows)
    missing = nation.text.split("Ce qui manque")[1].split("Chiffres clés")[0]
    assert "Provence-Alpes-Côte d’Azur" in missing
    region = read(tmp_path, rows, "93", rank=1)
    assert "n’a aucun organisme dans la région Provence" in region.text
    assert not region.figures["rang-certifies"].drawn
    assert region.figures["carte-densite"].row("Bouches-du-Rhône")["Organismes"] == "0"


def test_no_trainee_is_said_where_a_curve_would_be(tmp_path: Path) -> None:
    told = read(tmp_path, LISTS["no trainee"]())
    assert "la courbe ne peut pas être tracée" in told.figures["lorenz"].absence
    assert "Aucun stagiaire déclaré" in told.figures["distribution-stagiaires"].absence
    assert "Aucun stagiaire déclaré" in told.figures["volumes"].absence
    assert "Aucun stagiaire confié" in told.figures["receveurs-lieu"].absence
    assert "Aucun candidat en France" in told.figures["portage-vae"].absence
    assert "Aucun stagiaire déclaré en France : ni" in told.text.replace("\u00a0", " ")


def test_unknown_certification_is_not_taken_for_no(tmp_path: Path) -> None:
    told = read(tmp_path, LISTS["no certification known"]())
    assert "La liste ne dit pas qui est certifié" in told.text
    assert told.figures["rang-certifies"].row("France")["Part"] == "–"
    assert "n’est connue pour aucun" in told.figures["rang-certifies"].absence
    assert "ne permet pas de répondre" in told.figures["micro"].summary
    assert not told.figures["carte-certifies"].drawn


def test_unknown_places_are_counted_and_named(tmp_path: Path) -> None:
    rows = [
        *crowd(7, 40)[0],
        organisme("11750000175", code_region="11", code_departement="99"),
    ]
    told = read(tmp_path, rows)
    assert "que la référence ne connaît pas" in told.text.replace("\u00a0", " ")
    # Some of the crowd are there too.
    held = sum(row["code_departement"] == "99" for row in rows)
    assert f"99 ({held})" in told.text
    assert told.figures["carte-densite"].row("Code inconnu (99)")["Organismes"] == str(held)


def test_lone_organisation_has_its_row_and_no_map(tmp_path: Path) -> None:
    told = read(tmp_path, ALONE)
    assert "au moins cinq organismes" in told.figures["carte-densite"].absence
    assert told.figures["carte-densite"].row("Bouches-du-Rhône")["Organismes"] == "1"
    assert told.figures["lorenz"].drawn
    assert "ORGANISME FICTIF" in told.text


def test_small_cells_are_marked(tmp_path: Path) -> None:
    told = read(tmp_path, ALONE)
    first = {row[0] for row in told.figures["rang-certifies"].rows}
    assert "Provence-Alpes-Côte d’Azur*" in first
    assert "France" in first


def test_what_the_list_says_cannot_make_the_page(tmp_path: Path) -> None:
    evil = '<script>alert("x")</script> & <b>'
    rows = [{**ALONE[0], "denomination": evil, **specialities(("999", evil))}]
    doubts = [doubt(rows[0]["nda"], "REGLE", "majeure", "nda", evil)]
    target = tmp_path / "page.html"
    release = small_release(tmp_path, rows, anomalies=doubts)
    write_page(gather(Home(tmp_path), release), target)
    text = target.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "<b>" not in text
    told = PageRead(target)
    assert told.figures["anomalies"].rows[0][0] == f"{evil}*".replace("'", "’")
