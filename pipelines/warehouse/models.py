"""The SQL models: what each file documents, the order that their SQL implies, and running them.

A model is ``sql/<schema>/<table>.sql``: a header comment (description, grain, columns), then one
query. Tables that come from elsewhere are in catalogues of their own: ``preparation`` (the list
as read), ``fichier`` (``data/reference``), ``execution`` (the list of this build, its checks),
``demande`` and ``evaluation`` (questions and verdicts: see ``pipelines.portage.session``),
``suivi`` (the state of history: see ``pipelines.history.state``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import OpacError
from pipelines.registers.contract import BY_NAME
from pipelines.settings import REFERENCE, SQL
from pipelines.warehouse.literals import literal

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
# A column may take its description from the contract of the register, « (contrat) », or from the
# column of that name in another model, « (schema.table) ».
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


def parse_model(path: Path) -> Model:
    """Read one model file.

    Raises:
        ValueError: the header lacks a part.
    """
    match = _HEADER.match(path.read_text(encoding="utf-8"))
    if match is None:
        raise ValueError(f"{path}: no header comment")
    header, sql = match["header"], match["sql"].strip().rstrip(";")
    head, _, listed = header.partition("\ncolonnes:")
    fields: dict[str, str] = {}
    lines: list[str] = []
    for line in head.strip().splitlines():
        key, sep, value = line.partition(":")
        if sep and key.strip() in {"grain", "nature"}:
            fields[key.strip()] = value.strip()
        else:
            lines.append(line.strip())
    columns = {
        name: _described(name, text, path.parent.parent)
        for name, text in _parse_columns(listed).items()
    }
    if not lines or "grain" not in fields or not columns:
        raise ValueError(f"{path}: the header must hold a description, a grain and columns")
    return Model(
        path.parent.name,
        path.stem,
        " ".join(lines),
        fields["grain"],
        columns,
        sql,
        fields.get("nature") == "vue",
    )


def _parse_columns(listed: str) -> dict[str, str]:
    columns: dict[str, str] = {}
    name = ""
    for line in listed.strip("\n").splitlines():
        match = re.match(r"^  (\w+): (.+)$", line)
        if match:
            name = match[1]
            columns[name] = match[2].strip()
        elif line.strip():
            columns[name] += f" {line.strip()}"
    return columns


def _described(name: str, text: str, folder: Path) -> str:
    """Give the description of a column, which may be written elsewhere."""
    match = _ELSEWHERE_TOLD.fullmatch(text)
    if match is None:
        return text
    if match["schema"] is None:
        return BY_NAME[name].description
    return parse_model(folder / match["schema"] / f"{match['table']}.sql").columns[name]


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
        con.execute(
            f"create table {FILES}.{path.stem} as "
            f"from read_csv({literal(str(path))}, all_varchar = true, header = true)"
        )


def _column_mismatch(model: Model, found: list[str]) -> str:
    undocumented = [name for name in found if name not in model.columns]
    missing = [name for name in model.columns if name not in found]
    return (
        f"Le modèle {model.full_name} ne donne pas les colonnes qu'il documente (sans "
        f"documentation : {', '.join(undocumented) or 'aucune'} ; documentées mais absentes : "
        f"{', '.join(missing) or 'aucune'} ; ordre compris) : corrigez son en-tête."
    )
