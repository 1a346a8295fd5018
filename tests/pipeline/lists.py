"""Lists for the pipeline's tests: a good one, the same one in other layouts, damaged ones."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterable

import polars as pl

from pipelines.registers.contract import BY_NAME, COLUMNS
from tests.registers.rows import Row, mirror, row, wire, wire_rows

# Outside the yearly campaign, when thresholds are lower, and after every date of the rows.
DAY = dt.date(2024, 10, 15)
NEXT_DAY = dt.date(2024, 10, 16)
COUNT = 1_000


def good_list() -> bytes:
    """A list that passes every gate; proportions are judged from 500 rows on."""
    return wire_rows(COUNT)


def next_list() -> bytes:
    """The good list a day later: some rows more, so that it is another content."""
    return wire_rows(COUNT + 3)


# --- One list in every layout -----------------------------------------------------------------


def varied_rows(count: int = COUNT) -> list[Row]:
    """Rows some of which hold what the layouts write differently, or what is easy to lose.

    The last is one of the others again, word for word, as the list has some.
    """
    made = [row(number, **_variation(number)) for number in range(1, count + 1)]
    return [*made, made[count // 2]]


def _variation(number: int) -> dict[str, str | None]:
    south = {"nda": f"9306{number:05d}06", "code_postal": "06200", "ville": "NICE"}
    variations: dict[int, dict[str, str | None]] = {
        1: {**south, "code_region": "93"},
        2: {"ndas_precedents": f"1192{number:05d}92,1193{number:05d}93"},
        3: {"ndas_precedents": f"1175{number:05d}75"},
        4: {"denomination": f'LE "PETIT" INSTITUT ; {number}'},
        5: {"denomination": f"  École  d’été n°{number}, œuvre  "},
        6: dict.fromkeys(("adresse_voie", "code_postal", "ville"), None),
        7: {
            "code_specialite_2": "315",
            "libelle_specialite_2": "Ressources humaines, gestion du personnel",
            "code_specialite_3": "100",
            "libelle_specialite_3": "Formations générales",
        },
        8: {"nda": f"0197{number:05d}97", "code_postal": "97110", "code_region": "01"},
        9: {"nda": f"1175P{number:04d}75", "nb_stagiaires": None, "effectif_formateurs": None},
        10: {
            "etranger_denomination": "ACADEMIA FICTICIA",
            "etranger_ville": "MADRID",
            "pays_organisme_represente": "ESPAGNE",
        },
        11: {"code_postal": "01000", "ville": "BOURG-EN-BRESSE"},
    }
    # Few of each: fill rates stay what they are.
    return variations.get(number % 50, {})


def january_2022(body: bytes) -> bytes:
    """The layout of January 2022: a space before every name of the header but the first."""
    header, _, rest = body.partition(b"\n")
    names = header.rstrip(b";").split(b";")
    return b"; ".join(names) + b";\n" + rest


def mirror_technical(rows: Iterable[Row]) -> bytes:
    """The mirror's CSV export."""
    return mirror(rows)


def mirror_labels(rows: Iterable[Row]) -> bytes:
    """The mirror's CSV export with ``use_labels``, behind a byte order mark."""
    header, _, rest = mirror(rows).partition(b"\r\n")
    labels = {column.technical: column.label for column in COLUMNS} | {
        "toutes_specialites": "Toutes spécialités de l'organisme de formation",
        "certifications": "Certifications",
    }
    names = [labels.get(name, name) for name in header.decode().split(";")]
    return "\ufeff".encode() + ";".join(names).encode() + b"\r\n" + rest


def mirror_parquet(rows: Iterable[Row]) -> bytes:
    """The mirror's Parquet export: integers, a real date among texts, columns of its own."""
    frame = pl.DataFrame(list(rows), schema=dict.fromkeys(BY_NAME, pl.String))
    blank = pl.col(pl.String)
    frame = frame.with_columns(pl.when(blank != "").then(blank)).with_columns(
        pl.col("code_postal", "nb_stagiaires", "nb_stagiaires_confies").cast(pl.Int64),
        pl.col("effectif_formateurs").cast(pl.Float64),
        pl.col("fin_exercice").str.to_date("%d/%m/%Y"),
    )
    frame = frame.rename({column.name: column.technical for column in COLUMNS}).with_columns(
        reg_name=pl.lit("Région fictive"),
        certifications=pl.lit("Actions de formation/VAE"),
        random_id=pl.int_range(pl.len()) / 7,
        organisme_formation_geocode=pl.lit(None, pl.String),
    )
    file = io.BytesIO()
    frame.write_parquet(file)
    return file.getvalue()


def layout_2021(rows: Iterable[Row]) -> bytes:
    """The list of 2021 (``public_ofs.csv``): trainees by speciality, SIRET in two halves."""
    names = [
        "raison_sociale",
        "siren",
        "num_etablissement",
        "num_da",
        "cfa",
        "effectifs",
        "adresse_voie",
        "adresse_code_postal",
        "adresse_ville",
        "code_specialite_1",
        "libelle_specialite_1",
        "nb_stagiaires_1",
        "nb_heures_stagiaires_1",
        "code_specialite_2",
        "libelle_specialite_2",
        "nb_stagiaires_2",
        "nb_heures_stagiaires_2",
    ]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow([names[0], *(f" {name}" for name in names[1:])])
    for line in rows:
        trainees = int(line["nb_stagiaires"] or 0)
        siret = line["siret_declarant"] or ""
        writer.writerow(
            [
                *(line["denomination"], line["siren"], siret[9:].lstrip("0"), line["nda"]),
                *("Non", line["effectif_formateurs"], line["adresse_voie"], line["code_postal"]),
                *(line["ville"], line["code_specialite_1"], line["libelle_specialite_1"]),
                *(trainees - 7, 1400, "315", "Ressources humaines", 7, 49),
            ]
        )
    return out.getvalue().encode()


def zipped(body: bytes) -> bytes:
    """The list in an archive, beside a note."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("lisez-moi.txt", "La liste est à côté.")
        archive.writestr("liste.csv", body)
    return file.getvalue()


# --- Damage -----------------------------------------------------------------------------------


def first_half(body: bytes) -> bytes:
    """The header and half of the rows, whole."""
    lines = body.splitlines(keepends=True)
    return b"".join(lines[: 1 + len(lines) // 2])


def without_column(body: bytes, name: str) -> bytes:
    """The list without a column, values included."""
    lines = list(csv.reader(io.StringIO(body.decode()), delimiter=";"))
    place = lines[0].index(_wire(name))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerows(fields[:place] + fields[place + 1 :] for fields in lines)
    return out.getvalue().encode()


def with_swapped_columns(body: bytes, one: str, other: str) -> bytes:
    """The list with two names of its header exchanged: the values no longer are what they say."""
    header, _, rest = body.partition(b"\n")
    names = header.decode().split(";")
    first, second = names.index(_wire(one)), names.index(_wire(other))
    names[first], names[second] = names[second], names[first]
    return ";".join(names).encode() + b"\n" + rest


def with_renamed_column(body: bytes, name: str, new: str) -> bytes:
    """The list with another name in its header."""
    return body.replace(f"{_wire(name)};".encode(), f"{new};".encode(), 1)


def repeated(body: bytes) -> bytes:
    """Every row twice, byte for byte."""
    header, _, rest = body.partition(b"\n")
    return header + b"\n" + rest + rest


def every_nda_twice() -> bytes:
    """Every NDA twice, the second time with another denomination."""
    again = [row(number, denomination=f"AUTRE {number}") for number in range(1, COUNT + 1)]
    return wire([*(row(number) for number in range(1, COUNT + 1)), *again])


def accented() -> str:
    """A list in which every encoding shows."""
    rows = [row(number, denomination=f"École d'été {number}") for number in range(1, COUNT + 1)]
    return wire(rows).decode()


def _wire(name: str) -> str:
    return BY_NAME[name].wire
