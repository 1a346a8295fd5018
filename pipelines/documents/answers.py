"""The printed answers of ``docs/analystes.md``: its queries, asked again as ``opac query`` does."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console

from pipelines.cli.query import answer, show
from pipelines.documents.demo import HOME
from pipelines.errors import UsageError
from pipelines.refresh import refresh
from pipelines.settings import SAMPLE, Settings

# A document is read in a page, not in a terminal.
WIDTH = 100
# A query, and what it prints.
QUESTION = re.compile(
    r"(?P<asked>^```sql\n(?P<sql>.*?)^```\n\n```text\n)(?P<printed>.*?)(?=^```$)",
    re.DOTALL | re.MULTILINE,
)


def answered(document: str, release: Path) -> str:
    """Give the document with what each query prints on this release.

    Raises:
        UsageError: a query cannot be run, or its answer does not fit.
    """
    return QUESTION.sub(lambda found: found["asked"] + printed(release, found["sql"]), document)


def printed(release: Path, sql: str) -> str:
    """Give what ``opac query`` prints, without the spaces that end lines.

    Raises:
        UsageError: the query cannot be run, or rows or columns of its answer are left out.
    """
    out, err = (
        Console(file=io.StringIO(), width=WIDTH, force_terminal=False, legacy_windows=False)
        for _ in range(2)
    )
    with out.capture() as told, err.capture() as left_out, answer(release, sql) as relation:
        show(relation, out, err)
    if note := left_out.get().strip():
        raise UsageError(f"La réponse ne tient pas dans le document {note} : adaptez « {sql} ».")
    return "".join(f"{line.rstrip()}\n" for line in told.get().splitlines())


def main() -> None:
    """Print the answers anew in a document, on the demonstration base brought up to date."""
    document = Path(sys.argv[1])
    release = refresh(Settings.load(HOME), source=SAMPLE).release
    text = document.read_text(encoding="utf-8")
    document.write_text(answered(text, release.path), encoding="utf-8")


if __name__ == "__main__":
    from pipelines.cli.main import run

    run(main)
