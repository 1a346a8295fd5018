"""``opac query``: every form of answer, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.cli.common import OUT
from tests.cli.conftest import Released
from tests.pipeline.commands import Opac, Ran

ODD = (
    "select * from (values (1, null, '', 'é « ŒUVRE »', [1, null, 3], true, date '2025-01-31', "
    "1.50::decimal(9, 2)), (2, 'a,\"b\"', 'x', 'ligne 1' || chr(10) || 'ligne 2', [], false, null, "
    "null)) t(n, nul, vide, texte, liste, vrai, jour, prix)"
)


@pytest.fixture
def query(opac: Opac, released: Released) -> Query:
    return Query(opac, released.home)


class Query:
    def __init__(self, opac: Opac, home: Path) -> None:
        self._opac = opac
        self._home = home

    def __call__(self, sql: str, *options: object) -> Ran:
        return self._opac("query", sql, *options, "--home", self._home)

    def rows(self, sql: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(
            self(sql, "--format", "json").succeeded(),
        )
        return found


def test_table(query: Query) -> None:
    told = query("select code_region, region, population from reference.region limit 3").succeeded()
    head, *rows = told.splitlines()
    assert head.split() == ["code_region", "region", "population"]
    assert len(rows) == 3
    assert rows[0].startswith("01           Guadeloupe")
    assert len({len(line.rstrip()) for line in [head, *rows]}) == 1  # figures end as one


def test_table_shows_the_first_rows_and_says_so(query: Query) -> None:
    ran = query("select nda from socle.organisme order by nda")
    assert len(ran.out.splitlines()) == 1 + 50
    assert ran.err == "(50 premières lignes — tout : --format csv)\n"
    assert query("from range(50)").err == ""


def test_no_row(query: Query) -> None:
    ran = query("select nda, siren from socle.organisme where false")
    assert (ran.code, ran.out.split(), ran.err) == (0, ["nda", "siren"], "(aucune ligne)\n")


def test_a_wide_table_keeps_whole_columns_and_names_the_others(
    query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OUT, "width", 80)
    ran = query("from socle.organisme where siren_valide order by nda limit 5")
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    shown = lines[0].split()
    assert shown[:3] == ["nda", "denomination", "siren"]
    assert ran.err.startswith("(colonnes non montrées : ")
    named = ran.err.split(" : ")[1].split(" — ")[0].split(", ")
    assert shown + named == list(query.rows("from socle.organisme limit 1")[0])
    for line in lines[1:]:
        assert len(line.split()[0]) == 11


def test_a_column_wider_than_the_screen_is_shown_all_the_same(
    query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OUT, "width", 20)
    ran = query("select repeat('x', 100) as long, 1 as n from range(2)")
    assert [len(line) for line in ran.out.splitlines()] == [20, 20, 20]
    assert ran.err == "(colonnes non montrées : n — tout : --format csv)\n"


def test_a_long_text_is_cut_only_where_columns_would_be_lost(
    query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OUT, "width", 80)
    long = "comparaison.remplissage.certifie_action_formation"
    sql = f"select '{long}' as regle, repeat('x', 27) as a"
    assert query(f"{sql} from range(2)").out.count(long) == 2
    ran = query(f"{sql}, 1 as b from range(2)")
    assert (ran.out.count(f"{long[:39]}…"), ran.out.count("x" * 27), ran.err) == (2, 2, "")


def test_a_single_row_is_upright_and_whole(query: Query) -> None:
    long = "x" * 500
    told = query(f"select 1 as un, '{long}' as texte, null as rien, false as faux").succeeded()
    assert told.splitlines() == ["un     1", f"texte  {long}", "rien", "faux   non"]


def test_synthesis_is_upright(query: Query) -> None:
    told = query("from marche.synthese").succeeded()
    [day] = [line for line in told.splitlines() if line.startswith("date_instantane ")]
    [count] = [line for line in told.splitlines() if line.startswith("nb_organismes ")]
    assert day.split() == ["date_instantane", "2025-10-15"]
    assert day.index("2025") == count.index("1"), "values stand one under the other"


def test_figures_of_a_column_have_as_many_decimals(query: Query) -> None:
    values = "(92.08::double, 1.0, 1, '1.5'), (68.4, 1 / 3, 10, '1.25'), (null, -2.5, null, null)"
    told = query(f"select * from (values {values}) v(a, b, c, d)").succeeded()
    assert [line.split() for line in told.splitlines()] == [
        ["a", "b", "c", "d"],
        ["92.08", "1.0", "1", "1.5"],
        ["68.40", "0.3333333333333333", "10", "1.25"],
        ["-2.5"],
    ]


def test_what_comes_from_the_list_does_not_drive_the_terminal(query: Query) -> None:
    told = query("select 'a' || chr(27) || '[31m' || chr(10) || 'b' as x, '[red]c[/]' as y").out
    assert told.splitlines() == ["x  a␣[31m␣b", "y  [red]c[/]"]


def test_csv(query: Query) -> None:
    told = query(ODD, "--format", "csv").succeeded()
    assert told.startswith("n,nul,vide,texte,liste,vrai,jour,prix\n")
    assert "\r" not in told
    rows = list(csv.DictReader(io.StringIO(told)))
    assert [row["texte"] for row in rows] == ["é « ŒUVRE »", "ligne 1\nligne 2"]
    assert [row["nul"] for row in rows] == ["", 'a,"b"']
    assert [row["liste"] for row in rows] == ["1, , 3", ""]
    assert [row["vrai"] for row in rows] == ["true", "false"]
    assert [row["jour"] for row in rows] == ["2025-01-31", ""]
    assert [row["prix"] for row in rows] == ["1.50", ""]


def test_json_tells_null_from_empty(query: Query) -> None:
    first, second = query.rows(ODD)
    assert first["nul"] is None
    assert first["vide"] == ""
    assert first["texte"] == "é « ŒUVRE »"
    assert first["liste"] == [1, None, 3]
    assert first["vrai"] is True
    assert first["jour"] == "2025-01-31"
    assert first["prix"] == 1.5
    assert second["texte"] == "ligne 1\nligne 2"
    assert (second["liste"], second["jour"], second["prix"]) == ([], None, None)


def test_json_keeps_columns_of_the_same_name_and_writes_moments_in_iso(query: Query) -> None:
    (row,) = query.rows("select 1 as a, 2 as a, 3 as a, timestamp '2025-01-31 12:00:00' as t")
    assert row == {"a": 1, "a_1": 2, "a_1_1": 3, "t": "2025-01-31T12:00:00"}
    assert query("select 'é' as x", "--format", "json").out == '[\n  {\n    "x": "é"\n  }\n]\n'


def test_files(query: Query, released: Released, tmp_path: Path) -> None:
    sql = "select nda, denomination, siren_valide, date_derniere_declaration from socle.organisme"
    for form in ("csv", "json", "parquet"):
        ran = query(f"{sql} order by nda", "--format", form, "--sortie", f"o.{form}")
        assert (ran.code, ran.out) == (0, "")
    frame = pl.read_parquet("o.parquet")
    assert frame.schema == {
        "nda": pl.String,
        "denomination": pl.String,
        "siren_valide": pl.Boolean,
        "date_derniere_declaration": pl.Date,
    }
    with duckdb.connect(released.release.path, read_only=True) as con:
        expected = con.sql(f"{sql} order by nda").fetchall()
    assert frame.rows() == expected
    read = pl.read_csv("o.csv", infer_schema=False)
    assert read["nda"].to_list() == [row[0] for row in expected]
    assert [row["nda"] for row in json.loads(Path("o.json").read_text("utf-8"))] == [
        row[0] for row in expected
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.csv", "o.json", "o.parquet"]


def test_binary_needs_a_file_and_a_file_needs_a_form(query: Query) -> None:
    assert "donnez un fichier avec --sortie" in refused(query("select 1", "--format", "parquet"))
    assert "choisissez --format" in refused(query("select 1", "--sortie", "x.csv"))
    assert not Path("x.csv").exists()


def test_a_query_that_fails_midway_leaves_the_file_as_it_was(query: Query) -> None:
    target = Path("x.csv")
    target.write_text("avant", encoding="utf-8")
    sql = "select case when range = 9000 then error('fin') else 'x' end as t from range(10000)"
    refused(query(sql, "--format", "csv", "--sortie", "x.csv"))
    assert target.read_text("utf-8") == "avant"
    assert [path.name for path in Path().iterdir()] == ["x.csv"]


@pytest.mark.parametrize(
    "sql",
    [
        "create table x as select 1",
        "create table socle.x as select 1",
        "delete from socle.organisme",
        "update socle.organisme set siren = null",
        "insert into socle.nda_precedent values ('a', 'b')",
        "drop table socle.organisme",
        "truncate socle.organisme",
        "delete from socle.organisme; select 1",
        "select 1; drop table socle.organisme",
        "copy (select 1) to 'x.csv'",
    ],
)
def test_writing_is_refused(query: Query, released: Released, sql: str) -> None:
    before = released.release.path.stat()
    assert "se lit seulement" in refused(query(sql))
    after = released.release.path.stat()
    assert (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)
    assert list(Path().iterdir()) == []
    assert query.rows("select count(*) > 1000 as n from socle.organisme") == [{"n": True}]


REFUSED = {
    "selec 1": ("du SQL bien écrit", 'syntax error at or near "selec"'),
    "from socle.organism": ("ce qui n'existe pas", 'Did you mean "organisme"?'),
    "select ndaa from socle.organisme": ("ne va pas avec les colonnes", "ndaa"),
    "select cast('a' as int)": ("ne peut pas être exécutée", "Could not convert string 'a'"),
    "select ?": ("ne va pas avec les colonnes", "prepared parameter"),
    "select * from read_csv('absent.csv')": ("ne peut pas être exécutée", "absent.csv"),
    "": ("ne rend pas de lignes",),
    "/* rien */": ("ne rend pas de lignes",),
    "set threads = 1": ("ne rend pas de lignes",),
    "select 1; select 2": ("Plusieurs requêtes à la fois",),
}


@pytest.mark.parametrize("sql", REFUSED)
@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_bad_queries_are_refused(query: Query, sql: str, form: str) -> None:
    ran = query(sql, "--format", form)
    told = refused(ran)
    for words in REFUSED[sql]:
        assert words in told
    assert "\n\n" not in told
    assert "Error" not in told


def refused(ran: Ran) -> str:
    assert ran.code == 2, ran
    assert ran.err.startswith("Erreur : "), ran
    assert "Traceback" not in ran.err
    assert ran.out.count("\n") <= 1  # at most the header of a CSV that fails on its first row
    return ran.err


def test_a_query_may_end_with_a_semicolon_and_follow_settings(query: Query) -> None:
    assert query.rows("select 1 as n;") == [{"n": 1}]
    assert query.rows("set threads = 1; select 2 as n") == [{"n": 2}]
    pivot = query.rows("pivot socle.certification on categorie using count(*) group by certifie")
    assert {"certifie", "VAE", "APPRENTISSAGE"} <= pivot[0].keys()


def test_tables_are_listed_and_answer_to_their_short_name(query: Query) -> None:
    names = {row["name"] for row in query.rows("show tables")}
    assert {"organisme", "synthese", "region", "anomalie", "publication"} <= names
    assert query.rows("select count(*) as n from organisme") == query.rows(
        "select count(*) as n from socle.organisme"
    )


def test_accents_in_a_query(query: Query, released: Released) -> None:
    name = 'Œuvre « Noël » & "Cie"'
    assert query.rows(f"select nda from socle.organisme where denomination = '{name}'") == [
        {"nda": released.odd[name]}
    ]


def test_nothing_released(opac: Opac, tmp_path: Path) -> None:
    ran = opac("query", "select 1", "--home", tmp_path / "vide")
    told = refused(ran)
    assert "Aucune version n'est publiée" in told
    assert "opac refresh" in told
    assert list(tmp_path.iterdir()) == []
