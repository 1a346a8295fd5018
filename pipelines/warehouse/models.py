"""The SQL models: what each file documents, the order that their SQL implies, and running them.

A model is ``sql/<schema>/<table>.sql``: a header comment (description, grain, columns), then one
query. A column may take its description from the contract of the register, « (contrat) », or from
the column of that name in another model, « (schema.table) ». « *: (schema.table) » takes, where it
stands, all the columns of the other model that this header does not name, in their order;
« * sauf a, b: (schema.table) » all but some.

Tables that come from elsewhere are in catalogues of their own: ``preparation`` (the list
as read), ``fichier`` (``data/reference``), ``execution`` (the list of this build, its checks),
``demande`` and ``evaluation`` (questions and verdicts: see ``pipelines.portage.session``),
``suivi`` (the state of history: see ``pipelines.history.state``).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipelines.errors import OpacError
from pipelines.registers.contract import BY_NAME
from pipelines.settings import REFERENCE, SQL
from pipelines.warehouse.literals import file_literal, literal

if TYPE_CHECKING:
    import duckdb

STAGING, FILES, RUN = "preparation", "fichier", "execution"
QUESTIONS, EVALUATION = "demande", "evaluation"
FOLLOWING = "suivi"
CONTROLS = f"{RUN}.controle"
_EXTERNAL = {STAGING, FILES, RUN, QUESTIONS, EVALUATION, FOLLOWING}
# Folders of ``sql`` whose queries make no table of the release.
_ELSEWHERE = {"tests", EVALUATION, FOLLOWING}
SCHEMAS = {
    "socle": "Les organismes de formation, une ligne par numéro de déclaration d'activité.",
    "reference": "Régions, départements et spécialités, avec leurs sources.",
    "historique": "Ce qui a changé d'une liste à l'autre, depuis la première archivée.",
    "marche": "Le marché : chiffres par territoire, catégorie et taille.",
    "portage": "Le portage Qualiopi : règles, et verdict de chaque organisme par financement.",
    "qualite": "Ce qui a été mis à part, ce qui est douteux, ce qui a été contrôlé.",
    "meta": "D'où vient cette version : liste, empreinte, code, date.",
}
_HEADER = re.compile(r"\A\s*/\*(?P<header>.*?)\*/(?P<sql>.*)\Z", re.DOTALL)
_ENTRY = re.compile(r"  (?P<name>\w+|\*(?: sauf \w+(?:, \w+)*)?): (?P<text>.+)")
_ELSEWHERE_TOLD = re.compile(r"\((?:contrat|(?P<schema>\w+)\.(?P<table>\w+))\)")


@dataclass(frozen=True)
class Model:
    """One table or view of the release and its documentation."""

    schema: str
    name: str
    description: str
    grain: str
    columns: dict[str, str]
    sql: str
    is_view: bool
    # File and line of the list of columns, to name them in a refusal.
    listed_at: str = field(default="", compare=False)

    @property
    def full_name(self) -> str:
        """Qualified name, e.g. ``socle.organisme``."""
        return f"{self.schema}.{self.name}"

    @cached_property
    def depends(self) -> frozenset[str]:
        """Tables that the query reads, with their schema; parsed when first asked for.

        Raises:
            ValueError: the SQL is not one query.
        """
        return _dependencies(self.sql)


class _Entry(NamedTuple):
    """What a header says of a column, or of all those of another model (``*``)."""

    name: str
    text: str
    line: int


def parse_model(path: Path) -> Model:
    """Read one model file.

    Raises:
        OpacError: the header lacks a part, or says of its columns what cannot be followed.
    """
    return _parse(path, ())


def _parse(path: Path, readers: tuple[Path, ...]) -> Model:
    """Read a model file for those whose headers, one after the other, refer to it."""
    text = path.read_text(encoding="utf-8")
    match = _HEADER.match(text)
    if match is None:
        raise _refused(path, 1, "aucun commentaire d'en-tête")
    head, _, listed = match["header"].partition("\ncolonnes:")
    fields: dict[str, str] = {}
    lines: list[str] = []
    for line in head.strip().splitlines():
        key, sep, value = line.partition(":")
        if sep and key.strip() in {"grain", "nature"}:
            fields[key.strip()] = value.strip()
        else:
            lines.append(line.strip())
    start = text.count("\n", 0, match.start("header")) + head.count("\n") + 2
    columns = _columns(_entries(listed, path, start), path, readers)
    if not lines or "grain" not in fields or not columns:
        raise _refused(path, 1, "il manque la description, le grain ou les colonnes")
    return Model(
        path.parent.name,
        path.stem,
        " ".join(lines),
        fields["grain"],
        columns,
        match["sql"].strip().rstrip(";"),
        fields.get("nature") == "vue",
        f"{path}, ligne {start}",
    )


def _entries(listed: str, path: Path, start: int) -> list[_Entry]:
    """Cut the list of columns into entries; ``start`` is the number of its first line."""
    entries: list[_Entry] = []
    for number, line in enumerate(listed.splitlines(), start):
        if match := _ENTRY.fullmatch(line):
            entries.append(_Entry(match["name"], match["text"].strip(), number))
        elif entries and line.startswith("    "):
            last = entries[-1]
            entries[-1] = last._replace(text=f"{last.text} {line.strip()}")
        elif line.strip():
            raise _refused(path, number, "on y attend « colonne: description »")
    return entries


def _columns(entries: list[_Entry], path: Path, readers: tuple[Path, ...]) -> dict[str, str]:
    """Give each column its description, which may be written elsewhere."""
    columns: dict[str, str] = {}
    named = {entry.name for entry in entries}
    for entry in entries:
        for name, text in _described(entry, named, path, readers).items():
            if name in columns:
                raise _refused(path, entry.line, f"la colonne {name} y est une seconde fois")
            columns[name] = text
    return columns


def _described(
    entry: _Entry, named: set[str], path: Path, readers: tuple[Path, ...]
) -> dict[str, str]:
    """Give the columns of an entry and their descriptions; ``named`` are those named apart."""
    told = _ELSEWHERE_TOLD.fullmatch(entry.text)
    starred = entry.name.startswith("*")
    if told is None:
        if starred:
            raise _refused(path, entry.line, "« * » prend les colonnes de (schema.table)")
        return {entry.name: entry.text}
    if told["schema"] is None:
        theirs = {name: column.description for name, column in BY_NAME.items()}
    else:
        theirs = _other(told, entry, path, readers).columns
    chosen = re.findall(r"\w+", entry.name.removeprefix("* sauf"))
    if unknown := [name for name in chosen if name not in theirs]:
        raise _refused(path, entry.line, f"pas de colonne {', '.join(unknown)} dans {entry.text}")
    if not starred:
        return {entry.name: theirs[entry.name]}
    return {name: text for name, text in theirs.items() if name not in {*chosen, *named}}


def _other(told: re.Match[str], entry: _Entry, path: Path, readers: tuple[Path, ...]) -> Model:
    """Read the model to which an entry refers."""
    other = path.parent.parent / told["schema"] / f"{told['table']}.sql"
    if not other.is_file():
        raise _refused(path, entry.line, f"il n'y a pas de modèle {entry.text}")
    if other in (path, *readers):
        raise _refused(path, entry.line, f"{entry.text} y renvoie en rond")
    return _parse(other, (path, *readers))


def _refused(path: Path, line: int, why: str) -> OpacError:
    return OpacError(f"{path}, ligne {line} : {why} ; corrigez l'en-tête de ce modèle.")


def _dependencies(sql: str) -> frozenset[str]:
    """Find the tables that a query reads, common table expressions aside."""
    import sqlglot
    from sqlglot import exp

    statements = sqlglot.parse(sql, read="duckdb")
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise ValueError("a model is one query")
    return frozenset(
        f"{table.db}.{table.name}" for table in statements[0].find_all(exp.Table) if table.db
    )


@lru_cache(maxsize=4)
def load_models(folder: Path = SQL) -> tuple[Model, ...]:
    """Load every model, in an order in which each comes after those it reads.

    Raises:
        OpacError: a model reads a table that nothing makes, or models read one another in a ring.
    """
    models = {
        model.full_name: model
        for path in sorted(folder.glob("*/*.sql"))
        if path.parent.name not in _ELSEWHERE
        for model in [parse_model(path)]
    }
    graph: dict[str, list[str]] = {}
    for name, model in models.items():
        own = {d for d in model.depends if d.split(".")[0] not in _EXTERNAL}
        if unknown := own - models.keys():
            raise OpacError(
                f"Le modèle {name} lit des tables que rien ne produit "
                f"({', '.join(sorted(unknown))}) : corrigez son SQL."
            )
        graph[name] = sorted(own)  # one order, whatever the process
    try:
        order = TopologicalSorter(graph).static_order()
        return tuple(models[name] for name in order)
    except CycleError as error:
        raise OpacError(
            f"Des modèles se lisent en rond ({' → '.join(error.args[1])}) : corrigez leur SQL."
        ) from error


def evaluation_reads() -> frozenset[str]:
    """Give the tables of the release from which verdicts are made."""
    models = [parse_model(path) for path in (SQL / EVALUATION).glob("*.sql")]
    return frozenset().union(*(model.depends for model in models))


def split_late(models: Iterable[Model]) -> tuple[tuple[Model, ...], tuple[Model, ...]]:
    """Part the models that tell of the checks, made after them, from all the others."""
    return _split(models, CONTROLS)


def split_judged(models: Iterable[Model]) -> tuple[tuple[Model, ...], tuple[Model, ...]]:
    """Part the models that tell of the verdicts, made after them, from all the others."""
    return _split(models, f"{EVALUATION}.")


def _split(models: Iterable[Model], source: str) -> tuple[tuple[Model, ...], tuple[Model, ...]]:
    """Part those that read ``source`` (a table, or the start of names), even through others."""
    before: list[Model] = []
    after: dict[str, Model] = {}
    for model in models:
        if any(d.startswith(source) or d in after for d in model.depends):
            after[model.full_name] = model
        else:
            before.append(model)
    return tuple(before), tuple(after.values())


def run_models(con: duckdb.DuckDBPyConnection, models: Iterable[Model]) -> dict[str, int]:
    """Make the tables in the current database, with their comments; give the rows of each.

    Raises:
        OpacError: the documented columns are not those that the query gives.
    """
    rows: dict[str, int] = {}
    for model in models:
        con.execute(f"create schema if not exists {model.schema}")
        kind = "view" if model.is_view else "table"
        con.execute(f"create or replace {kind} {model.full_name} as {model.sql}")
        found = [row[0] for row in con.execute(f"describe {model.full_name}").fetchall()]
        if found != list(model.columns):
            raise OpacError(_column_mismatch(model, found))
        con.execute(_comments(model, kind))
        count = con.execute(f"select count(*) from {model.full_name}").fetchone()
        rows[model.full_name] = count[0] if count else 0
    return rows


def _comments(model: Model, kind: str) -> str:
    """Write the statements that document a table: one transaction, not a commit a column."""
    told = [f"comment on {kind} {model.full_name} is {literal(model.description)}"]
    told += [
        f"comment on column {model.full_name}.{name} is {literal(text)}"
        for name, text in model.columns.items()
    ]
    return "; ".join(["begin", *told, "commit"])


def load_reference_files(con: duckdb.DuckDBPyConnection) -> None:
    """Attach ``fichier``: each CSV of ``data/reference`` as a table of text."""
    con.execute(f"attach ':memory:' as {FILES}")
    for path in sorted(REFERENCE.glob("*.csv")):
        # Said, not guessed: a guess takes longer than reading the file.
        with path.open(encoding="utf-8", newline="") as file:
            columns = {name: "varchar" for name in next(csv.reader(file))}
        con.execute(
            f"create table {FILES}.{path.stem} as from read_csv({file_literal(path)}, "
            f"columns = {columns}, header = true, auto_detect = false)"
        )


def _column_mismatch(model: Model, found: list[str]) -> str:
    undocumented = [name for name in found if name not in model.columns]
    missing = [name for name in model.columns if name not in found]
    return (
        f"{model.listed_at} : le modèle {model.full_name} ne donne pas les colonnes qu'il "
        f"documente (sans documentation : {', '.join(undocumented) or 'aucune'} ; documentées "
        "mais absentes : "
        f"{', '.join(missing) or 'aucune'} ; ordre compris) : corrigez son en-tête."
    )
