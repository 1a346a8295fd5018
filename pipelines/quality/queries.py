"""The queries of ``sql/tests``: each returns the rows that offend, none when all is well."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pipelines.french import nombre
from pipelines.quality.controls import Control, Gravity, Status
from pipelines.settings import SQL

_HEADER = re.compile(
    r"\A\s*/\*(?P<text>.*?)\ngravite: (?P<gravity>\w+)\s*\*/(?P<sql>.*)", re.DOTALL
)
_TABLE = re.compile(r"\bfrom (\w+\.\w+)")


@dataclass(frozen=True)
class Query:
    """One query of ``sql/tests`` and what it verifies."""

    name: str
    description: str
    gravity: Gravity
    sql: str

    @property
    def table(self) -> str:
        """The first table it reads, for the report."""
        match = _TABLE.search(self.sql)
        return match[1] if match else ""


def load_queries(folder: Path = SQL / "tests") -> list[Query]:
    """Read the queries.

    Raises:
        ValueError: a header lacks its description or its gravity.
    """
    queries = []
    for path in sorted(folder.glob("*.sql")):
        match = _HEADER.match(path.read_text(encoding="utf-8"))
        if match is None:
            raise ValueError(f"{path}: the header must hold a description and « gravite: »")
        queries.append(
            Query(
                path.stem,
                " ".join(match["text"].split()),
                Gravity(match["gravity"]),
                match["sql"].strip(),
            )
        )
    return queries


def run_queries(database: Path, queries: list[Query]) -> list[Control]:
    """Run them on a database; one that cannot run is told apart from one that finds rows."""
    import duckdb

    controls = []
    with duckdb.connect(database, read_only=True) as con:
        for query in queries:
            try:
                row = con.execute(f"select count(*) from ({query.sql})").fetchone()
            except duckdb.Error as error:
                reason = str(error).splitlines()[0]
                controls.append(_control(query, Status.NON_EVALUE, f"erreur : {reason}", None))
                continue
            count = row[0] if row else 0
            status = Status.NON_CONFORME if count else Status.CONFORME
            controls.append(_control(query, status, f"{nombre(count)} lignes en défaut", count))
    return controls


def _control(query: Query, status: Status, measure: str, count: int | None) -> Control:
    advice = {
        Status.NON_EVALUE: " Le contrôle n'a pas pu être évalué : signalez-le aux mainteneurs.",
        Status.NON_CONFORME: f" Voyez les lignes avec la requête sql/tests/{query.name}.sql.",
    }.get(status, "")
    return Control(
        f"modele.{query.name}",
        "modele",
        query.table,
        None,
        query.gravity,
        status,
        measure,
        "aucune ligne",
        query.description + advice,
        count,
    )
