"""What the page says holds: of what is unknown, incomplete, alone, at par, or seen elsewhere."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import french
from pipelines.errors import OpacError
from pipelines.home import Home
from pipelines.market.chapters.extremes import Compared
from pipelines.market.drawing.style import BLUE, GREEN, GREY, ORANGE, VERMILION
from pipelines.market.page import write_images, write_page
from pipelines.market.report import gather
from tests.market.registers import crowd, doubt
from tests.market.reports import PageRead, small_release
from tests.market.test_report_bad import read
from tests.warehouse.frames import Row, flags, organisme

CORSICA, SOUTH = "94", "93"


def many(count: int, region: str, departement: str | None, **values: Any) -> list[Row]:
    """Organisations of one place."""
    start = int(region) * 1000 + int((departement or "0").replace("A", "1").replace("B", "2"))
    given = {"nb_stagiaires": 10, "effectif_formateurs": 1, **values}
    return [
        organisme(
            f"9{start:05d}{rank:05d}", code_region=region, code_departement=departement, **given
        )
        for rank in range(count)
    ]


# --- Figures as they are written ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "decimals", "told"),
    [
        (46.15, 1, "46,2"),
        (56.25, 1, "56,3"),
        (0.125, 2, "0,13"),
        (2.675, 2, "2,68"),
        (0.004, 1, "<\u00a00,01"),
        (0.0, 1, "0,0"),
    ],
)
def test_figures_are_rounded_as_a_hand_does(value: float, decimals: int, told: str) -> None:
    assert french.decimal(value, decimals) == told
    assert french.pourcent(value, decimals) == f"{told}\u00a0%"


def test_differences_are_rounded_the_same_way() -> None:
    assert french.signed(-0.25, 1) == "−0,3"
    assert french.signed(0.04, 1) == "0,0"
    assert french.signed_percent(None) == "–"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([3.0], "A : 3,0"),
        ([3.0, 3.0], "2 places à égalité : 3,0"),
        ([5.0, 4.0, 3.0], "Le plus haut : A (5,0) ; le plus bas : C (3,0)"),
        ([5.0, 0.0, 0.0], "Le plus haut : A (5,0) ; à zéro : B et C"),
        ([5.0, *[0.0] * 4], "Le plus haut : A (5,0) ; à zéro : 4 places"),
        ([5.0, 5.0, 3.0], "Le plus haut : A et B (5,0) ; le plus bas : C (3,0)"),
        (
            [5.0, *[3.0] * 4],
            "Le plus haut : A (5,0) ; le plus bas : 4 places (3,0)",
        ),
    ],
)
def test_first_and_last_are_told_as_they_are(values: list[float], told: str) -> None:
    rows = [{"nom": name, "n": value} for name, value in zip("ABCDE", values, strict=False)]
    compared = Compared("nom", "n", french.decimal, "place")
    found = compared.told(rows).replace("\u00a0", " ")
    assert found == told


def test_bars_stand_out_of_paper() -> None:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for colour in (BLUE, GREEN, GREY, ORANGE, VERMILION):
        assert 1.05 / (light(colour) + 0.05) >= 3, colour


# --- What is not known -------------------------------------------------------------------------


def test_old_list_that_tells_neither_flags_nor_entrusted_nor_regions(tmp_path: Path) -> None:
    unknown = {"certification_connue": False, **flags(None, None, None, None)}
    unknown |= {"nb_stagiaires_confies": None}
    rows = [*many(20, "11", "75", **unknown), *many(3, "11", None, **unknown)]
    rows = [{**row, "code_region": None} for row in rows]
    told = read(tmp_path, rows)
    keys = told.text.split("Chiffres clés")[1].split("Sources")[0]
    for label in (
        "Certifiés Qualiopi", "Certifiés « bilan »", "Reçoivent des stagiaires d’autrui",
        "Candidats au portage",
    ):  # fmt: skip
        assert f"{label}–" in re.sub(r"\s+(?=–)", "", keys.replace("\u00a0", " ")), label
    assert not told.figures["carte-bilan"].drawn
    assert "certification n’est connue" in told.figures["carte-bilan"].summary
    assert "confiés n’est connu" in told.figures["receveurs-lieu"].absence
    assert "certification n’est connue" in told.figures["portage-vae"].absence
    nowhere = "3 organismes n’ont pas de région, ni dans la liste ni par leur département"
    assert nowhere in told.text.replace("\u00a0", " ")
    # The region comes from the département where the list gives none.
    assert "n’a aucun organisme" not in read(tmp_path, rows, "11", rank=1).text


def test_region_says_what_it_lacks_not_what_the_list_lacks(tmp_path: Path) -> None:
    no = {"certification_connue": True, **flags(None, None, None, None)}
    yes = {"certification_connue": True, **flags(True, False, False, False)}
    silent = {**no, "nb_stagiaires_confies": None}
    rows = [*many(6, SOUTH, "13", **silent), *many(6, "11", "75", nb_stagiaires_confies=4, **yes)]
    missing = read(tmp_path, rows, SOUTH).text.split("Ce qui manque")[1].split("Chiffres clés")[0]
    assert "Aucun organisme n’est certifié dans la région Provence" in missing
    assert "confiés par d’autres dans la région Provence" in missing
    nation = read(tmp_path, rows, rank=1).text.split("Chiffres clés")[0]
    assert "n’est certifié" not in nation
    assert "confiés par d’autres" not in nation


def test_departements_that_lack_organisations_are_marked_and_not_compared(tmp_path: Path) -> None:
    lost = many(10, CORSICA, None)
    rows = [*many(6, CORSICA, "2A"), *lost, *many(30, SOUTH, "13"), *many(6, SOUTH, "84")]
    doubts = [
        doubt(row["nda"], "DEPARTEMENT_INDETERMINE", "mineure", "code_departement", "Inconnu")
        for row in lost
    ]
    nation = read(tmp_path, rows, anomalies=doubts).figures["carte-densite"]
    assert [row[0] for row in nation.rows if row[0].startswith("Corse-du-Sud")] == ["Corse-du-Sud†"]
    assert "Corse" not in nation.summary
    corsica = read(tmp_path, rows, CORSICA, rank=1, anomalies=doubts)
    assert "Corse (10 sur 16)" in corsica.text.split("Chiffres clés")[0]
    for slug in ("carte-densite", "rang-certifies"):
        assert "Les chiffres des départements sont incomplets" in corsica.figures[slug].summary
    assert not corsica.figures["carte-densite"].drawn


def test_release_of_earlier_code_is_told_in_a_sentence(tmp_path: Path) -> None:
    release = small_release(tmp_path, many(2, SOUTH, "13"))
    with duckdb.connect(release.path) as con:
        con.execute("alter table marche.lorenz drop column petit_effectif")
    with pytest.raises(OpacError, match=r"code antérieur.*relancez « opac refresh »"):
        gather(Home(tmp_path), release)


# --- A region, alone or left -------------------------------------------------------------------


def test_place_alone_is_neither_first_nor_last(tmp_path: Path) -> None:
    told = read(tmp_path, many(6, "06", "976"), "06")
    for slug in ("carte-densite", "rang-certifies"):
        summary = told.figures[slug].summary.replace("\u00a0", " ")
        assert summary.startswith("Mayotte : "), slug


def test_who_changes_region_is_neither_gone_nor_new(tmp_path: Path) -> None:
    before = [*many(3, "11", "75"), *many(2, SOUTH, "13")]
    moved = [{**row, "code_region": SOUTH, "code_departement": "13"} for row in before[:1]]
    small_release(tmp_path, before, day=dt.date(2025, 12, 1), rank=1)
    told = read(tmp_path, [*moved, *before[1:]], "11", rank=2)
    moves = told.figures["mouvements"]
    assert moves.row("Restés dans la région")["Nombre"] == "2"
    assert "0 parti de la liste" in moves.summary.replace("\u00a0", " ")
    assert "1 passé dans une autre" in moves.summary.replace("\u00a0", " ")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    words = re.findall(r"<text[^>]*>([^<]*)<", page.split('id="mouvements-titre"')[1])
    drawn = words[: words.index("Maintenant") + 1]
    assert "passés dans une autre région" in drawn
    assert "partis" not in drawn


# --- Names, and images seen elsewhere ----------------------------------------------------------


def test_names_are_hidden_where_the_address_is_withheld(tmp_path: Path) -> None:
    given = {"nb_stagiaires_confies": 9}
    rows = [
        *many(1, SOUTH, "13", denomination="SANS ADRESSE", **given),
        *many(1, SOUTH, "83", denomination="AVEC ADRESSE", code_postal="83000", **given),
        *many(1, SOUTH, "84", denomination="DES FORMATEURS", effectif_formateurs=3, **given),
        *many(1, SOUTH, "84", denomination=None, code_postal="84000", **given),
    ]
    told = read(tmp_path, rows).text
    assert "AVEC ADRESSE" in told
    assert "DES FORMATEURS" in told  # an enterprise, whatever its address
    assert "SANS ADRESSE" not in told
    assert "nom non repris" in told
    assert "sans nom" in told  # a blank name does not make a natural person


def test_images_say_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.market.page.png", lambda svg: svg.encode())
    rows = [*many(6, SOUTH, "13"), *many(7, SOUTH, "84"), *many(9, SOUTH, "83")]
    made = gather(Home(tmp_path), small_release(tmp_path, rows), SOUTH)
    write_images(made, tmp_path / "images")
    for figure in made.figures():
        if figure.chart is None:
            continue
        image = (tmp_path / "images" / f"{figure.slug}.png").read_text(encoding="utf-8")
        words = " ".join(re.findall(r"<text[^>]*>([^<]*)<", image)).replace("\u00a0", " ")
        assert french.typo(figure.title).replace("\u00a0", " ") in words, figure.slug
        assert "Provence-Alpes-Côte d’Azur" in words, figure.slug
        assert "15 janvier 2026" in words, figure.slug
        assert figure.sources[0] in words, figure.slug
        assert ("Natural Earth" in words) == figure.slug.startswith("carte-"), figure.slug


def test_drawings_have_curly_apostrophes_and_tables_their_caption(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    write_page(gather(Home(tmp_path), small_release(tmp_path, crowd(7, 120)[0])), target)
    text = target.read_text(encoding="utf-8")
    words = re.findall(r"<text[^>]*>([^<]*)<", text)
    assert any("’" in word for word in words)
    assert [word for word in words if "'" in word] == []
    assert text.count("<caption") == text.count("<table")
    assert PageRead(target).figures
