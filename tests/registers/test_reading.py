"""Every line becomes the row that was written, or is set aside; none is lost, none half-read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.errors import NotTheList
from pipelines.registers import reading
from pipelines.registers.contract import BY_NAME, COLUMNS, NAMES, Kind
from tests.registers.reads import kept, lines_of, read, read_file, typed, wanted
from tests.registers.rows import Row, mirror, mirror_rows, row, rows, wire, wire_rows

REPEAT = "Répétition exacte d'une ligne déjà lue."
HEADER_2021 = (
    "raison_sociale; siren; num_etablissement; num_da; cfa; effectifs; adresse_1; adresse_2; "
    "adresse_code_postal; adresse_ville; code_specialite_1; libelle_specialite_1; "
    "nb_stagiaires_1; nb_heures_stagiaires_1; code_specialite_2; libelle_specialite_2; "
    "nb_stagiaires_2; nb_heures_stagiaires_2"
)


def with_line(data: bytes, number: int, line: str) -> bytes:
    """Replace a line of a list; the header is 1."""
    lines = lines_of(data)
    lines[number - 1] = line
    return ("\n".join(lines) + "\n").encode()


# --- Blocks ---------------------------------------------------------------------------------


def test_a_list_is_read_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "liste.csv"
    path.write_bytes(wire_rows(40))
    monkeypatch.setattr(reading, "BLOCK", 2_000)
    blocks = list(reading.ListReader(path).blocks())
    assert len(blocks) > 3
    assert sum(block.lines for block in blocks) == 40
    assert [ligne for block in blocks for ligne in block.rows["ligne"]] == list(range(2, 42))


@pytest.mark.parametrize("parts", [2, 3, 5])
def test_a_record_broken_over_the_end_of_a_block_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: int
) -> None:
    street = "\n".join(f"partie {part}" for part in range(parts))
    data = wire([row(1), row(2, adresse_voie=street), row(3)])
    monkeypatch.setattr(reading, "BLOCK", 1)
    found = read(tmp_path, data)
    assert found.values("adresse_voie")[1] == street
    assert found.values("ligne") == [2, 3, 3 + parts]
    assert (found.rejected, found.repaired) == ([], [3])


@pytest.mark.parametrize("garbage", range(8))
def test_lines_before_a_broken_record_do_not_hide_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, garbage: int
) -> None:
    """Whatever the number of unreadable lines that the block ends with."""
    header, broken = wire([row(1, adresse_voie="deux\nlignes")]).decode().split("\n", 1)
    lines = [header, *(f"illisible {n}" for n in range(garbage)), broken]
    monkeypatch.setattr(reading, "BLOCK", 1)
    found = read(tmp_path, "\n".join(lines).encode())
    assert found.values("adresse_voie") == ["deux\nlignes"]
    assert [r.ligne for r in found.rejected] == list(range(2, 2 + garbage))


def test_a_repeat_is_seen_from_one_block_to_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BLOCK", 1)
    found = read(tmp_path, wire([row(1), row(2), row(1)]))
    assert found.values("ligne") == [2, 3]
    assert [(r.ligne, r.motif) for r in found.rejected] == [(4, REPEAT)]
    assert found.rejected[0].texte.startswith("11750000175;;ORGANISME FICTIF 00001;")


# --- What is read ---------------------------------------------------------------------------


def test_values_are_text_stripped_and_null_when_blank(tmp_path: Path) -> None:
    data = wire([row(1, denomination="  Deux  espaces ", ville="\t", siren="001")])
    found = read(tmp_path, data)
    assert found.rows.columns == ["ligne", *NAMES]
    assert set(found.rows.drop("ligne").dtypes) == {pl.String}
    assert found.values("denomination") == ["Deux  espaces"]
    assert found.values("ville") == [None]
    assert found.values("siren") == ["001"]
    assert found.values("ndas_precedents") == [None]


def test_doubled_quotes_delimiters_and_accents_are_kept(tmp_path: Path) -> None:
    name = '«"L\'Œuvre"» ; SARL, « "été" »"'
    found = read(tmp_path, wire([row(1, denomination=name)]))
    assert found.values("denomination") == [name]
    assert (found.rejected, found.repaired) == ([], [])


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    header, first, second = lines_of(wire_rows(2))
    text = f"{header}\n\n{first}\n  \n\t\r\n{second}\n\n\n"
    found = read(tmp_path, text.encode())
    assert found.values("ligne") == [3, 6]
    assert found.rejected == []


@pytest.mark.parametrize(
    ("end", "count"), [("", 2), ("\n", 2), ("\r\n", 2), ("\n\n", 2), ("\n \n", 2)]
)
def test_the_last_line_may_or_may_not_be_ended(tmp_path: Path, end: str, count: int) -> None:
    found = read(tmp_path, wire_rows(2).rstrip(b"\n") + end.encode())
    assert (found.rows.height, found.rejected) == (count, [])


def test_the_mark_belongs_to_the_header_only(tmp_path: Path) -> None:
    lines = lines_of(wire_rows(2))
    text = "\ufeff" + "\n".join([lines[0], lines[1], "\ufeff" + lines[2]])
    found = read(tmp_path, text.encode())
    assert found.values("ligne") == [2]
    assert [r.ligne for r in found.rejected] == [3]


def test_the_text_of_a_line_set_aside_is_given_as_it_was(tmp_path: Path) -> None:
    line = '"11755000175";"";"TROP COURTE";"001'
    found = read(tmp_path, with_line(wire_rows(3), 3, line))
    assert [(r.ligne, r.texte) for r in found.rejected] == [(3, line)]
    assert found.values("ligne") == [2, 4]


def test_columns_in_another_order_are_read_under_their_names(tmp_path: Path) -> None:
    line = row(1)
    header = ",".join(reversed([c.wire for c in COLUMNS]))
    values = ",".join(f'"{line[c.name] or ""}"' for c in reversed(COLUMNS))
    found = read(tmp_path, f"{header}\n{values}\n".encode())
    assert kept(found) == {2: wanted(line, False)}


def test_a_new_column_is_not_read(tmp_path: Path) -> None:
    header, line = lines_of(wire_rows(1))
    text = f'telephone;{header}\n"0102030405";{line}\n'
    found = read(tmp_path, text.encode())
    assert kept(found) == {2: wanted(row(1), False)}
    assert found.layout.new == ("telephone",)


# --- Other layouts --------------------------------------------------------------------------


def test_the_leading_spaces_of_january_2022(tmp_path: Path) -> None:
    header, *lines = lines_of(wire_rows(3))
    found = read(tmp_path, "\n".join([header.replace(";", "; ").rstrip(), *lines]).encode())
    assert found.layout.name.startswith("janvier 2022")
    assert_frame_equal(found.rows, read(tmp_path, wire_rows(3)).rows)


def test_the_layout_of_2021_is_brought_to_the_same_shape(tmp_path: Path) -> None:
    lines = [
        "ORGANISME A;001000017;12;11750000175;Oui;4;1 RUE X;BAT B;75011;PARIS;413;Cuisine;"
        "30;300;414;Vente;12;40",
        "ORGANISME B;;00013;11750000275;Non;;;;;;;;;;;;;",
    ]
    found = read(tmp_path, "\n".join([HEADER_2021, *lines]).encode())
    assert found.rejected == []
    first, second = (dict(zip(NAMES, line, strict=True)) for line in kept(found).values())
    assert first == dict.fromkeys(NAMES) | {
        "nda": "11750000175",
        "denomination": "ORGANISME A",
        "siren": "001000017",
        "siret_declarant": "00100001700012",
        "adresse_voie": "1 RUE X BAT B",
        "code_postal": "75011",
        "ville": "PARIS",
        "code_specialite_1": "413",
        "libelle_specialite_1": "Cuisine",
        "code_specialite_2": "414",
        "libelle_specialite_2": "Vente",
        "nb_stagiaires": "42",
        "effectif_formateurs": "4",
    }
    assert second == dict.fromkeys(NAMES) | {"nda": "11750000275", "denomination": "ORGANISME B"}


def mirror_frame(lines: list[Row]) -> pl.DataFrame:
    """Lay rows out as the mirror's Parquet export does, with the types it gives."""
    columns = {}
    for column in COLUMNS:
        values = pl.Series([line[column.name] or None for line in lines], dtype=pl.String)
        if column.kind is Kind.INTEGER or column.name == "code_postal":
            values = values.cast(pl.Int64)
        if column.name == "fin_exercice":
            values = values.str.to_date("%d/%m/%Y")
        columns[column.technical] = values
    count = len(lines)
    return pl.DataFrame(
        {
            **columns,
            "geocodageban": [{"lon": 2.3, "lat": 48.8}] * count,
            "certifications": [["VAE"]] * count,
            "random_id": [rank / 7 for rank in range(count)],
        }
    )


def varied() -> list[Row]:
    """Rows with what the layouts write differently, and one given twice."""
    return [
        *rows(30, code_postal=lambda n: "06200" if n % 3 == 0 else "75011"),
        row(31, code_region="93", code_postal="06000", denomination="A, B ; C / « D »"),
        row(32, code_postal=None, ville=None, adresse_voie=None, fin_exercice=None),
        row(33, nb_stagiaires=None, effectif_formateurs="0"),
        row(5, code_postal="75011"),
    ]


def test_the_parquet_of_the_mirror_is_read_as_its_csv(tmp_path: Path) -> None:
    path = tmp_path / "liste.parquet"
    mirror_frame(varied()).write_parquet(path)
    from_parquet, from_csv = read_file(path), read(tmp_path, mirror(varied()))
    assert from_parquet.layout.name == from_csv.layout.name == "opendatasoft (noms techniques)"
    assert_frame_equal(from_parquet.rows, from_csv.rows)
    assert [(r.ligne, r.motif) for r in from_parquet.rejected] == [(35, REPEAT)]
    assert [(r.ligne, r.motif) for r in from_csv.rejected] == [(35, REPEAT)]


def test_the_labels_of_the_mirror_are_read_as_its_technical_names(tmp_path: Path) -> None:
    technical = mirror(varied())
    header, _, body = technical.decode().partition("\n")
    labels = [*(column.label for column in COLUMNS), *header.split(";")[len(COLUMNS) :]]
    found = read(tmp_path, f"{';'.join(labels)}\n{body}".encode())
    assert found.layout.name == "opendatasoft (libellés)"
    assert_frame_equal(found.rows, read(tmp_path, technical).rows)


def test_the_list_and_its_mirror_give_the_same_rows(tmp_path: Path) -> None:
    official, mirrored = typed(tmp_path, wire(varied())), typed(tmp_path, mirror(varied()))
    assert_frame_equal(official.rows, mirrored.rows)
    assert official.rows.height == 33
    assert_frame_equal(official.anomalies, mirrored.anomalies)


def test_a_parquet_may_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / "liste [1] (*?).parquet"
    mirror_frame([row(1)]).write_parquet(path)
    assert read_file(path).rows.height == 1


def test_a_parquet_is_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "liste.parquet"
    mirror_frame(varied()).write_parquet(path)
    whole = read_file(path)
    monkeypatch.setattr(reading, "_PARQUET_ROWS", 10)
    assert len(list(reading.ListReader(path).blocks())) == 4
    parts = read_file(path)
    assert_frame_equal(parts.rows, whole.rows)
    assert parts.rejected == whole.rejected


def test_the_types_of_a_parquet_become_text(tmp_path: Path) -> None:
    frame = mirror_frame([row(1)]).with_columns(
        pl.lit(11755998875.0).alias(BY_NAME["nda"].technical),
        pl.lit(2.5).alias(BY_NAME["nb_stagiaires"].technical),
        pl.lit(value=True).alias(BY_NAME["certifie_vae"].technical),
        pl.lit(dt.datetime(2024, 5, 1, 12)).alias(BY_NAME["debut_exercice"].technical),
        pl.lit(["11750000175", "11750000275"]).alias(BY_NAME["ndas_precedents"].technical),
    )
    path = tmp_path / "liste.parquet"
    frame.write_parquet(path)
    values = dict(zip(NAMES, kept(read_file(path))[2], strict=True))
    assert values["nda"] == "11755998875"
    assert values["nb_stagiaires"] == "2.5"
    assert values["certifie_vae"] == "true"
    assert values["debut_exercice"] == "2024-05-01"
    assert values["ndas_precedents"] == "11750000175,11750000275"
    assert values["code_postal"] == "75011"


@pytest.mark.parametrize("damage", ["cut", "other"])
def test_a_parquet_that_cannot_be_read_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "liste.parquet"
    mirror_frame([row(1)]).write_parquet(path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-300])
        told = "Le fichier Parquet est illisible ou incomplet : redemandez-le à la source."
    else:
        pl.DataFrame({"a": [1], "b": [2]}).write_parquet(path)
        told = "n'a pas les colonnes de la liste"
    with pytest.raises(NotTheList, match=told):
        reading.ListReader(path)


# --- What is not read -----------------------------------------------------------------------


def refusal(folder: Path, data: bytes) -> str:
    with pytest.raises(NotTheList) as raised:
        read(folder, data)
    return str(raised.value)


@pytest.mark.parametrize(
    ("name", "encoding", "likely"),
    [
        ("ÉCOLE DE LA FORÊT", "latin-1", "ISO-8859-1 (latin-1)"),
        ("L’ŒUVRE À 10 €", "cp1252", "Windows-1252"),
        ("ECOLE \x81", "latin-1", "un codage inconnu"),
    ],
)
@pytest.mark.parametrize("block", [1, 900, reading.BLOCK])
def test_another_encoding_is_refused_with_its_name_and_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    encoding: str,
    likely: str,
    block: int,
) -> None:
    lines = wire_rows(12).splitlines(keepends=True)
    # A record that goes on over the end of a block must not shift the number.
    lines[4] = lines[4].replace(b"RUE DE", b"RUE\nDE")
    lines[9] = wire([row(9, denomination=name)]).decode().splitlines()[1].encode(encoding) + b"\n"
    monkeypatch.setattr(reading, "BLOCK", block)
    assert refusal(tmp_path, b"".join(lines)) == (
        f"Le fichier n'est pas en UTF-8 (ligne 11 ; probablement {likely}) : "
        "redemandez-le à la source ou convertissez-le en UTF-8, puis relancez."
    )


def test_the_line_is_right_inside_a_record_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BLOCK", 1)
    data = wire([row(1), row(2, ville="A\nB\nÉ"), row(3)]).replace("É".encode(), b"\xc9")
    assert "(ligne 5 ; " in refusal(tmp_path, data)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_refused_by_name(tmp_path: Path, encoding: str) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    data = mark + wire_rows(3).decode().encode(encoding)
    assert "(ligne 1 ; probablement UTF-16)" in refusal(tmp_path, data)


def test_zero_bytes_are_refused_with_their_line(tmp_path: Path) -> None:
    told = "Le fichier contient des octets nuls (ligne {}) : ce n'est pas un texte"
    header = wire_rows(1).decode().encode("utf-16-le")
    assert refusal(tmp_path, header).startswith(told.format(1))
    lines = lines_of(wire_rows(5))
    lines[3] = lines[3].replace("RUE", "R\x00E")
    assert refusal(tmp_path, "\n".join(lines).encode()).startswith(told.format(4))


def test_a_label_in_latin_1_is_refused_in_the_header(tmp_path: Path) -> None:
    data = ";".join(column.label for column in COLUMNS).encode("latin-1")
    assert "(ligne 1 ; probablement ISO-8859-1 (latin-1))" in refusal(tmp_path, data)


@pytest.mark.parametrize("data", [b"", b"\n", b"\xef\xbb\xbf", b"{}", b"<html>\n", b"a\rb\rc"])
def test_what_is_not_the_list_is_refused(tmp_path: Path, data: bytes) -> None:
    assert "n'a pas les colonnes de la liste" in refusal(tmp_path, data)


def test_a_first_line_without_end_is_refused(tmp_path: Path) -> None:
    data = b'[{"nda": "11750000175"}, ' * 10_000
    assert refusal(tmp_path, data) == (
        "Le fichier n'est pas la liste publique des organismes de formation (sa première ligne "
        "n'a pas de fin) : vérifiez que c'est le bon fichier."
    )


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n\n"])
def test_a_header_alone_has_no_row(tmp_path: Path, end: bytes) -> None:
    path = tmp_path / "liste.csv"
    path.write_bytes(wire([]).rstrip(b"\n") + end)
    assert sum(block.lines for block in reading.ListReader(path).blocks()) == 0


def test_mirror_rows_count_as_many(tmp_path: Path) -> None:
    found = read(tmp_path, mirror_rows(25))
    assert (found.rows.height, found.rejected, found.repaired) == (25, [], [])
