"""Traps come in the numbers that the summary gives, counted here from the lines alone."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from stdnum import luhn
from stdnum.fr import siren as siren_rule
from stdnum.fr import siret as siret_rule

from pipelines.registers.anomalies import RULES
from pipelines.registers.generator import Summary, generate
from pipelines.registers.generator.traps import planned
from tests.registers.generator.lists import Row, reference

DATE = dt.date(2026, 10, 15)
NDA = re.compile(r"\d{4}(\d{5}|P\d{4})\d{2}")
PREFIXES = reference("prefixe_nda", "prefixe", "code_region")
OVERSEAS = reference("prefixe_nda", "prefixe", "code_departement")
REGION_OF = reference("departement", "code_departement", "code_region")


class Lines(NamedTuple):
    """The lines of a list: rows kept, those kept despite quotes, and those that cannot be."""

    total: int
    rows: list[Row]
    errant: list[Row]
    unclosed: int
    fields: int
    repeated: int


def sort_out(path: Path) -> Lines:
    rows: list[Row] = []
    errant: list[Row] = []
    seen: set[str] = set()
    unclosed = fields = repeated = 0
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    for line in lines:
        if line in seen:
            repeated += 1
            continue
        seen.add(line)
        try:
            values = next(csv.reader([line], delimiter=";", strict=True))
        except csv.Error:
            values = [value.strip('"') for value in line.split(";")]
            if len(values) == 31:
                errant.append(Row(*values))
                rows.append(errant[-1])
            else:
                unclosed += 1
            continue
        if len(values) == 31:
            rows.append(Row(*values))
        else:
            fields += 1
    return Lines(len(lines), rows, errant, unclosed, fields, repeated)


def day(text: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, "%d/%m/%Y").date()
    except ValueError:
        return None


def number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def repaired(nda: str) -> str:
    """Undo a spreadsheet: an exponent, or a lost zero overseas."""
    if re.fullmatch(r"\d\.\d+E10", nda):
        return str(int(float(nda)))
    return f"0{nda}" if re.fullmatch(r"[1-6]97\d{7}", nda) else nda


def postcode_region(postcode: str) -> str | None:
    if postcode.startswith("20"):
        return "94"
    return REGION_OF.get(postcode[: 3 if postcode.startswith("97") else 2])


def nda_region(row: Row) -> str | None:
    """Region of the department that the NDA tells, where there is no address."""
    nda = repaired(row.nda)
    if row.code_postal or not NDA.fullmatch(nda):
        return None
    code = OVERSEAS.get(nda[:2], "") if nda[2:4] == "97" else nda[2:4]
    return REGION_OF.get(code)


def padded(text: str, width: int) -> str:
    return text.zfill(width) if width - 4 <= len(text) < width else text


def siren_valid(row: Row) -> bool:
    siren = padded(row.siren, 9)
    return siren != "000000000" and bool(siren_rule.is_valid(siren))


def siret_valid(row: Row) -> bool:
    return bool(siret_rule.is_valid(padded(row.siret, 14)))


def both(row: Row) -> tuple[int | None, int | None]:
    return number(row.stagiaires), number(row.formateurs)


HOLDS: dict[str, Callable[[Row], bool]] = {
    "NDA_TABLEUR": lambda r: repaired(r.nda) != r.nda,
    "NDA_FORME": lambda r: not NDA.fullmatch(repaired(r.nda)),
    "NDA_PREFIXE": lambda r: (
        NDA.fullmatch(repaired(r.nda)) is not None and repaired(r.nda)[:2] not in PREFIXES
    ),
    "NDA_PRECEDENT_FORME": lambda r: any(
        not NDA.fullmatch(n) for n in r.precedents.split(",") if n
    ),
    "NDA_PRECEDENT_SOI": lambda r: r.nda in r.precedents.split(","),
    "SIREN_ABSENT": lambda r: r.siren == "",
    "SIREN_TABLEUR": lambda r: len(r.siren) == 8 and siren_rule.is_valid(f"0{r.siren}"),
    "SIREN_INVALIDE": lambda r: r.siren != "" and not siren_valid(r),
    "SIRET_TABLEUR": lambda r: len(r.siret) == 13 and siret_rule.is_valid(f"0{r.siret}"),
    "SIRET_INVALIDE": lambda r: r.siret != "" and not siret_valid(r),
    "SIRET_AUTRE_SIREN": lambda r: (
        siren_valid(r) and siret_valid(r) and padded(r.siret, 14)[:9] != padded(r.siren, 9)
    ),
    "SIRET_LA_POSTE": lambda r: (
        r.siren == "356000000" and siret_valid(r) and not luhn.is_valid(r.siret)
    ),
    "DENOMINATION_ABSENTE": lambda r: r.denomination == "",
    "DENOMINATION_ESPACES": lambda r: " ".join(r.denomination.split()) != r.denomination,
    "PERSONNE_PHYSIQUE": lambda r: r.denomination.startswith(("Monsieur ", "Madame ")),
    "CODE_POSTAL_FORME": lambda r: r.code_postal != "" and len(r.code_postal) not in (4, 5),
    "CODE_POSTAL_TABLEUR": lambda r: (
        len(r.code_postal) == 4 and postcode_region(f"0{r.code_postal}") == r.region
    ),
    "CODE_POSTAL_REGION": lambda r: (
        len(r.code_postal) == 5 and postcode_region(r.code_postal) != r.region
    ),
    "REGION_INCONNUE": lambda r: r.region not in REGION_OF.values(),
    "DEPARTEMENT_INDETERMINE": lambda r: not r.code_postal and nda_region(r) is None,
    "DEPARTEMENT_REGION": lambda r: nda_region(r) not in (None, r.region),
    "DRAPEAU_ILLISIBLE": lambda r: any(f not in ("", "true", "false") for f in r.flags),
    "DRAPEAUX_TOUS_FAUX": lambda r: set(r.flags) == {"false"},
    "DRAPEAUX_PARTIELS": lambda r: any(r.flags) and not all(r.flags),
    "DATE_ILLISIBLE": lambda r: None in (day(r.declaration), day(r.debut), day(r.fin)),
    "DATE_FUTURE": lambda r: (day(r.declaration) or DATE) > DATE,
    "EXERCICE_INVERSE": lambda r: (day(r.fin) or DATE) < (day(r.debut) or DATE),
    "NOMBRE_ILLISIBLE": lambda r: (
        None in (number(r.stagiaires), number(r.confies), number(r.formateurs))
    ),
    "EFFECTIF_ABSURDE": lambda r: (number(r.formateurs) or 0) > 5_000,
    "FORMATEURS_EGAL_STAGIAIRES": lambda r: both(r)[0] == both(r)[1] and (both(r)[0] or 0) >= 100,
    "CONFIES_SANS_STAGIAIRES": lambda r: r.stagiaires == "0" and (number(r.confies) or 0) > 0,
    "SPECIALITE_FORME": lambda r: any(
        code and not re.fullmatch(r"\d{3}", code) for code in (r.code_1, r.code_2, r.code_3)
    ),
}
OF_LINES = ("GUILLEMET_ERRANT", "REJET_GUILLEMET_NON_FERME", "REJET_COLONNES", "DOUBLON_EXACT")
NATURAL = ("NDA_PRECEDENT_SOI", "PERSONNE_PHYSIQUE", "REGION_INCONNUE", "DEPARTEMENT_INDETERMINE")


@pytest.fixture(scope="module", params=[(12_000, 3), (5_000, 11), (1_000, 4)], ids=str)
def trapped(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Summary, Lines]:
    lignes, graine = request.param
    path = tmp_path_factory.mktemp("pieges") / "of.csv"
    return generate(path, lignes, graine, DATE, pieges=True), sort_out(path)


def test_every_rule_of_reading_has_its_trap(trapped: tuple[Summary, Lines]) -> None:
    assert set(trapped[0].pieges) == {*RULES, *HOLDS, *OF_LINES}
    assert all(count > 0 for count in trapped[0].pieges.values())


def test_lines_are_as_many_as_asked_for(trapped: tuple[Summary, Lines]) -> None:
    summary, lines = trapped
    assert lines.total == summary.lignes


@pytest.mark.parametrize("rule", HOLDS)
def test_rows_show_as_many_as_announced(trapped: tuple[Summary, Lines], rule: str) -> None:
    summary, lines = trapped
    assert sum(map(HOLDS[rule], lines.rows)) == summary.pieges[rule]
    if rule not in NATURAL:
        extra = planned(summary.lignes)["SIREN_INVALIDE"] // 2 if rule == "SIRET_INVALIDE" else 0
        assert summary.pieges[rule] == planned(summary.lignes)[rule] + extra


def test_lines_show_as_many_as_announced(trapped: tuple[Summary, Lines]) -> None:
    summary, lines = trapped
    found = (len(lines.errant), lines.unclosed, lines.fields, lines.repeated)
    assert found == tuple(summary.pieges[key] for key in OF_LINES)


def test_each_trap_stands_in_a_row_of_its_own(trapped: tuple[Summary, Lines]) -> None:
    summary, lines = trapped
    alone = [name for name in HOLDS if name not in NATURAL]
    held = [[name for name in alone if HOLDS[name](row)] for row in lines.rows]
    several = Counter(tuple(names) for names in held if len(names) > 1)
    assert several == {("SIREN_INVALIDE", "SIRET_INVALIDE"): summary.pieges["SIREN_INVALIDE"] // 2}
    assert not any(name for row in lines.errant for name in alone if HOLDS[name](row))


def test_rejected_lines_are_rare_enough_to_be_read(trapped: tuple[Summary, Lines]) -> None:
    _, lines = trapped
    rejected = lines.unclosed + lines.fields + lines.repeated
    assert rejected < lines.total / 1_000 or lines.total < 5_000


def test_numbers_stay_unique_once_repaired(trapped: tuple[Summary, Lines]) -> None:
    numbers = [repaired(row.nda) for row in trapped[1].rows]
    assert len(set(numbers)) == len(numbers)


def test_numbers_are_written_beside_the_list(trapped: tuple[Summary, Lines]) -> None:
    summary, _ = trapped
    beside = summary.path.with_name(f"{summary.path.name}.pieges.json")
    assert json.loads(beside.read_text(encoding="utf-8")) == summary.pieges


def test_short_lists_hold_every_trap_whatever_the_seed(tmp_path: Path) -> None:
    for graine in range(30):
        summary = generate(tmp_path / "of.csv", 1_000, graine, DATE, pieges=True)
        assert all(count > 0 for count in summary.pieges.values()), graine


def test_without_the_switch_only_what_is_natural_shows(tmp_path: Path) -> None:
    path = tmp_path / "of.csv"
    summary = generate(path, 20_000, 3, DATE)
    lines = sort_out(path)
    assert (len(lines.rows), lines.errant) == (20_000, [])
    shown = {name for name, holds in HOLDS.items() if any(map(holds, lines.rows))}
    assert shown == set(NATURAL)
    assert summary.pieges == {}
    assert [file.name for file in tmp_path.iterdir()] == ["of.csv"]
