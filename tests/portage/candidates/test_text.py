"""Candidate files that are text, as damaged as they come."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.portage.candidates import text as text_module
from pipelines.portage.candidates.reading import read_candidates
from tests.portage.candidates.files import BROUILLONS, cells, facts, read, write

HEADER = "NDA;Raison sociale;Date de signature\n"
ROW = "93131234513;Atelier Démonstration;02/03/2026\n"
PLAIN = [("93131234513", "Atelier Démonstration", "02/03/2026")]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_any_separator_and_encoding(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = (HEADER + ROW).replace(";", delimiter)
    found = read(write(tmp_path / "c.csv", text.encode(encoding)), tmp_path)
    assert cells(found) == PLAIN
    assert found.delimiter == delimiter
    assert found.facts == {"nda": 1, "nom": 2, "date": 3}
    told = {"cp1252": "Windows-1252", "utf-16": "UTF-16", "utf-16-le": "UTF-16"}.get(encoding, "")
    assert [told in remark for remark in found.remarks] == [True] * bool(told), found.remarks


@pytest.mark.parametrize("end", ["\r\n", "\r", "\r\r\n", "\n"])
def test_any_line_end(tmp_path: Path, end: str) -> None:
    text = (HEADER + ROW + ROW).replace("\n", end)
    assert cells(read(write(tmp_path / "c.csv", text), tmp_path)) == PLAIN * 2


def test_mixed_encodings_are_read_line_by_line(tmp_path: Path) -> None:
    body = (HEADER + ROW).encode() + "2;Modèle à l’œuvre – été;x\n".encode("cp1252")
    body += b"3;\x81tr\xe9mulo;x\n"
    found = read(write(tmp_path / "c.csv", body), tmp_path)
    assert [row[1] for row in cells(found)] == [
        "Atelier Démonstration",
        "Modèle à l’œuvre – été",
        "\x81trémulo",
    ]
    assert found.remarks == [
        "Encodages mêlés : 2 lignes en un autre que l'UTF-8, lues en Windows-1252."
    ]


def test_titles_blank_lines_and_blank_columns_are_left_out(tmp_path: Path) -> None:
    text = (
        "sep=;\n\nListe des sous-traitants;;;;;\n;;;;;\nNDA;;Nom;Note;;\n"
        "1;;A;x;;\n;;;;;\n   ;\t;;;;\n2;;B;;;\n\n"
    )
    found = read(write(tmp_path / "c.csv", text), tmp_path)
    assert (found.names, cells(found)) == (
        ["NDA", "Nom", "Note"],
        [("1", "A", "x"), ("2", "B", None)],
    )
    assert found.remarks == [
        "1 ligne au-dessus de l'en-tête, laissée de côté.",
        "3 lignes vides laissées de côté.",
    ]
    assert found.ignored == [3]


def test_a_column_without_header_is_kept_under_its_letter(tmp_path: Path) -> None:
    found = read(write(tmp_path / "c.csv", "NDA;;Nom\n1;x;A\n2;;B\n"), tmp_path)
    assert found.names == ["NDA", "Colonne B", "Nom"]
    assert found.facts == {"nda": 1, "nom": 3}


def test_a_header_short_of_a_name_shifts_nothing(tmp_path: Path) -> None:
    found = read(write(tmp_path / "c.csv", "NDA;Nom\n1;A;x\n2;B;y\n"), tmp_path)
    assert found.names == ["NDA", "Nom", "Colonne C"]
    assert cells(found) == [("1", "A", "x"), ("2", "B", "y")]
    assert [row["nom"] for row in facts(found)] == ["A", "B"]


def test_a_row_longer_than_the_header_is_not_trusted(tmp_path: Path) -> None:
    text = "NDA;Nom;Ville\n1;A;Lyon\n2;B;Nice;;\n3;Dupont; conseil;Z\n4;C\n"
    found = read(write(tmp_path / "c.csv", text), tmp_path)
    assert cells(found)[2] == ("3", "Dupont", " conseil", "Z")
    assert found.names[-1] == "Hors colonnes"
    assert facts(found, financement="CPF") == [
        {"ligne": 1, "nda": "1", "nom": "A", "ville": "Lyon", "financement": "CPF"},
        {"ligne": 2, "nda": "2", "nom": "B", "ville": "Nice", "financement": "CPF"},
        {"ligne": 3},
        {"ligne": 4, "nda": "4", "nom": "C", "financement": "CPF"},
    ]
    assert "1 ligne plus longue que l'en-tête : ses colonnes" in " ".join(found.remarks)


def test_a_carriage_return_within_a_line_is_a_blank(tmp_path: Path) -> None:
    found = read(write(tmp_path / "c.csv", "NDA;Nom\n1;A\rB\n2;C\n"), tmp_path)
    assert cells(found) == [("1", "A B"), ("2", "C")]


def test_quotation_marks(tmp_path: Path) -> None:
    text = (
        'NDA;Nom;Ville\n1;"UFO "EX";X\n2;Écran 12";Y\n3;"Dé;mo\nsur deux ""lignes""";Z\n'
        '4;l"inch;W\n"5;Jamais fermé;V\n6;Après;U\n'
    )
    found = read(write(tmp_path / "c.csv", text), tmp_path)
    assert cells(found) == [
        ("1", 'UFO EX"', "X"),
        ("2", 'Écran 12"', "Y"),
        ("3", 'Dé;mo\nsur deux "lignes"', "Z"),
        ("4", 'l"inch', "W"),
        ('"5', "Jamais fermé", "V"),
        ("6", "Après", "U"),
    ]
    assert found.remarks == [
        "1 ligne où un guillemet ne se ferme pas, lu comme un caractère ordinaire."
    ]


@pytest.mark.parametrize("quote", ['"', ""])
def test_a_quote_never_closed_takes_no_row_with_it(tmp_path: Path, quote: str) -> None:
    rows = "".join(f"{n};{quote}Nom {n}{quote}\n" for n in range(300))
    found = read(write(tmp_path / "c.csv", f'NDA;Nom\n"x;A\n{rows}'), tmp_path)
    assert found.rows == 301
    assert cells(found)[1:] == [(f"{n}", f"Nom {n}") for n in range(300)]


def test_nul_bytes_are_removed_and_said(tmp_path: Path) -> None:
    found = read(
        write(tmp_path / "c.csv", HEADER + ROW.replace("Atelier", "A\0te\0lier")), tmp_path
    )
    assert cells(found) == PLAIN
    assert found.remarks == ["1 ligne dont des octets NUL sont retirés."]


def test_one_column_of_identifiers(tmp_path: Path) -> None:
    found = read(write(tmp_path / "a.csv", "93131234513\n732829320\nx\n"), tmp_path)
    assert (found.names, found.facts) == (["identifiant"], {"identifiant": 1})
    assert [row[0] for row in cells(found)] == ["93131234513", "732829320", "x"]
    titled = read(
        write(tmp_path / "b.csv", "\nNos prestataires habituels\n01234567801\n"), tmp_path
    )
    assert titled.names == ["Nos prestataires habituels"]
    assert cells(titled) == [("01234567801",)]
    assert titled.columns[0].why == (
        "Aucun en-tête ne dit de qui il s'agit ; ses valeurs sont des identifiants."
    )


def test_fifty_columns(tmp_path: Path) -> None:
    header = [f"Champ {n}" for n in range(49)] + ["NDA"]
    row = [f"v{n}" for n in range(49)] + ["93131234513"]
    found = read(write(tmp_path / "c.csv", f"{','.join(header)}\n{','.join(row)}\n"), tmp_path)
    assert found.names == header
    assert cells(found) == [tuple(row)]
    assert found.ignored == list(range(1, 50))


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    wide = ";".join(["NDA", *(f"c{n}" for n in range(1000))])
    refused(write(tmp_path / "c.csv", f"{wide}\n1\n"), tmp_path, "1001 colonnes")
    whole = wide.rpartition(";")[0]
    assert len(read(write(tmp_path / "d.csv", f"{whole}\n1\n"), tmp_path).names) == 1000


def test_repeated_rows_are_kept_and_said(tmp_path: Path) -> None:
    found = read(write(tmp_path / "c.csv", HEADER + ROW * 3), tmp_path)
    assert cells(found) == PLAIN * 3
    assert found.remarks == ["2 lignes répétées à l'identique, lues comme les autres."]


def test_texts_stay_as_they_are(tmp_path: Path) -> None:
    text = (
        "SIREN;NDA;Date de signature;Fin de la mission;Montant\n"
        "001234567;01970000197;46083;46083.5;46083\n"
        "1;2;20000;2026-03-02 00:00:00;-5\n"
        "1;2;2026-03-02T00:00:00;70001;00\n"
    )
    found = read(write(tmp_path / "c.csv", text), tmp_path)
    assert cells(found)[0] == ("001234567", "01970000197", "46083", "46083.5", "46083")
    told = facts(found)
    assert (told[0]["siren"], told[0]["montant"]) == ("001234567", "46083")
    # A number under a date lost its format: what it means is for the reader to ask.
    assert [row["date"] for row in told] == ["46083", "20000", "2026-03-02T00:00:00"]
    assert [row["fin_mission"] for row in told] == ["46083.5", "2026-03-02 00:00:00", "70001"]


def test_a_line_that_says_nothing_takes_the_default(tmp_path: Path) -> None:
    text = "NDA;Financeur\n1;OPCO\n2;\n3; \u00a0\n"
    found = read(write(tmp_path / "c.csv", text), tmp_path)
    told = facts(found, financement="CPF", action="l'action")
    assert [row["financement"] for row in told] == ["OPCO", "CPF", "CPF"]
    assert {row["action"] for row in told} == {"l'action"}
    assert "financement" not in facts(found)[1]


def test_a_long_cell_is_kept_whole(tmp_path: Path) -> None:
    csv.field_size_limit(131_072)  # as a process starts with
    text = 'x"é' * 500_000
    quoted = text.replace('"', '""')
    found = read(write(tmp_path / "c.csv", f'NDA;Note\n1;"{quoted}"\n2;b\n'), tmp_path)
    assert cells(found) == [("1", text), ("2", "b")]


def test_many_rows_go_through_in_order(tmp_path: Path) -> None:
    rows = "".join(f"{n:011};Nom {n}\n" for n in range(60_000))
    seen: list[int] = []
    path = write(tmp_path / "c.csv", "NDA;Nom\n" + rows)
    found = read_candidates(path, tmp_path, seen.append)
    assert found.rows == 60_000
    assert cells(found)[59_999] == ("00000059999", "Nom 59999")
    assert seen == list(range(10_000, 60_001, 10_000))


def test_a_file_made_by_hand(tmp_path: Path) -> None:
    found = read(BROUILLONS, tmp_path)
    told = {row["ligne"]: row for row in facts(found)}
    assert found.rows == len(told) == 12
    assert list(found.facts) == [
        *("nda", "nom", "ville", "code_postal", "micro", "ca"),
        *("action", "financement", "date", "montant", "certificat", "siren"),
    ]
    assert told[2]["date"] == "46083"
    assert told[2]["nda"] == "93 13 12345 13"
    assert cells(found)[1][12] == "à relancer été 2026"
    assert told[6] == told[1] | {"ligne": 6}
    assert cells(found)[8][12] == "deux\nlignes"
    assert told[10]["nom"] == "Fictif Nul"
    assert told[11] == {"ligne": 11}
    assert told[12]["nda"] == '"42679742267'
    assert len(found.remarks) == 8
    assert "1 ligne de total laissée de côté (dans le fichier : 18)." in found.remarks


REFUSED = {
    b"": "est vide",
    b"\xef\xbb\xbf": "est vide",
    b" \n\n;;\n": "est vide",
    b"\n \n": "est vide",
    b"NDA;Nom\n": "n'a que son en-tête",
    b"NDA;Nom\n;;\n\n": "n'a que son en-tête",
    b"Couleur;Taille\nrouge;12\n": "ne dit de qui il s'agit",
    b"%PDF-1.7\n%\xe2\xe3\n1 0 obj": "un document PDF",
    b"\n<!DOCTYPE html><html><body>NDA;1": "une page web",
    b"<HTML>": "une page web",
    b"\x1f\x8b\x08\x00": "un fichier compressé",
    b'{"nda": "1"}': "du JSON",
    b"\x89PNG\r\n\x1a\n": "une image",
    b"NDA;Nom\n" + bytes(range(1, 9)) * 100: "un fichier binaire",
    b"PAR1" + b"x" * 100: "un fichier Parquet incomplet",
    b"PAR1" + b"x" * 100 + b"PAR1": "un fichier Parquet abîmé",
}


@pytest.mark.parametrize("body", REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path: Path, body: bytes) -> None:
    path = write(tmp_path / "candidats.csv", body)
    refused(path, tmp_path, REFUSED[body])


def refused(path: Path, tmp_path: Path, told: str) -> None:
    with pytest.raises(UsageError) as error:
        read(path, tmp_path)
    sentence = str(error.value)
    assert told in sentence, sentence
    assert f"« {path} »" in sentence
    assert " : " in sentence and sentence.endswith(".") and "\n" not in sentence


def test_what_cannot_be_opened_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(tmp_path / "absent.csv", tmp_path, "n'existe pas")
    refused(tmp_path, tmp_path, "est un dossier")
    path = write(tmp_path / "secret.csv", HEADER + ROW)

    # Root may read anything: the refusal of the system is played.
    def forbidden(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", forbidden)
    refused(path, tmp_path, "accès refusé")


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "_LINE_BYTES", 1000)
    refused(write(tmp_path / "c.csv", "NDA;Nom\n" + "x" * 2000), tmp_path, "fins de ligne")
    monkeypatch.setattr(text_module, "_WHOLE_BYTES", 10)
    refused(write(tmp_path / "d.csv", "NDA;Nom\r1;A\r"), tmp_path, "fins de ligne")
    # The limit of the csv module is that of the whole process: nobody lowers it.
    assert csv.field_size_limit() >= 131_072
