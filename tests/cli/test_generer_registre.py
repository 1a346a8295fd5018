"""``opac generer-registre``: the same seed, the same bytes; what cannot be made makes nothing."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from tests.pipeline.commands import Opac


def test_a_list_is_generated(opac: Opac, tmp_path: Path) -> None:
    told = opac("generer-registre", "--lignes", "300", "--graine", "5").succeeded()
    assert told == "300 lignes, 0.1 Mo : registre-300-5.csv\n"
    content = (tmp_path / "registre-300-5.csv").read_bytes()
    assert len(content.splitlines()) == 301
    found = json.loads(
        opac(
            *("generer-registre", "--lignes", 300, "--graine", 5, "--json"),
            *("--sortie", tmp_path / "b.csv.gz"),
        ).succeeded()
    )
    packed = (tmp_path / "b.csv.gz").read_bytes()
    assert gzip.decompress(packed) == content
    assert found == {
        "path": str(tmp_path / "b.csv.gz"),
        "lignes": 300,
        "sha256": hashlib.sha256(packed).hexdigest(),
        "octets": len(packed),
        "pieges": {},
    }
    opac("generer-registre", "--lignes", "300", "--graine", "6", "--sortie", "c.csv")
    assert (tmp_path / "c.csv").read_bytes() != content


def test_traps_are_counted(opac: Opac, tmp_path: Path) -> None:
    told = opac("generer-registre", "--lignes", "1000", "--pieges", "--sortie", "p.csv").out
    head, *lines = told.splitlines()
    assert head.endswith(" : p.csv")
    counts = {name.strip(): int(count) for name, count in (line.split(" : ") for line in lines)}
    assert counts["REJET_GUILLEMET_NON_FERME"] == 1
    assert counts == json.loads((tmp_path / "p.csv.pieges.json").read_text("utf-8"))
    found = json.loads(
        opac("generer-registre", "--lignes", "1000", "--pieges", "--json", "--sortie", "q.csv").out
    )
    assert found["pieges"] == counts


def test_a_sequence_of_lists(opac: Opac, tmp_path: Path) -> None:
    options = ("--lignes", "300", "--sequence", "3", "--pas", "7", "--date", "2025-12-25")
    told = opac("generer-registre", *options, "--sortie", tmp_path / "s").succeeded()
    assert told.startswith("3 listes dans ")
    names = ["of_2025-12-25.csv", "of_2026-01-01.csv", "of_2026-01-08.csv"]
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == [*names, "verite.json"]
    found = json.loads(opac("generer-registre", *options, "--json").succeeded())
    assert [Path(path).name for path in found["listes"]] == names
    truth = json.loads(Path(found["verite"]).read_text("utf-8"))
    assert truth["listes"] == names
    assert Path(found["verite"]).parent.name == "registre-1"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--date", "hier"], "« hier » n'est pas une date"),
        (["--lignes", "10", "--pieges"], "trop courte pour tous les pièges"),
        (["--pieges", "--sequence", "2"], "--pieges ne vaut que pour une liste seule"),
        (["--lignes", "-3"], "--lignes doit valoir au moins 1"),
        (["--sequence", "-1"], "--sequence doit valoir au moins 0"),
        (["--pas", "0"], "--pas doit valoir au moins 1"),
        (["--sequence", "3", "--pas", "36500"], "au-delà de 2099"),
        (["--lignes", "100000000"], "lignes"),
        (["--sortie", "."], "est un dossier"),
        (["--sortie", "/dev/null/x"], "son dossier est un fichier"),
        (["--sequence", "2", "--sortie", "/dev/null/x"], "son dossier est un fichier"),
        (["--sequence", "2", "--sortie", "/dev/null"], "son dossier est un fichier"),
    ],
)
def test_bad_values_make_nothing(opac: Opac, tmp_path: Path, options: list[str], told: str) -> None:
    ran = opac("generer-registre", *options)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert ran.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
