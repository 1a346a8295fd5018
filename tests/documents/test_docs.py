"""The documents against what they tell of: commands, targets, settings, links, SQL headers."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlfluff.core import FluffConfig, Linter

from pipelines.cli.main import app
from pipelines.documents.commands import reference_text
from pipelines.errors import (
    GatesRefused,
    HomeUnusable,
    NotTheList,
    OpacError,
    RefreshRunning,
    SourceUnavailable,
    Stopped,
    UsageError,
)
from pipelines.orchestration.instance import URL
from pipelines.quality.queries import load_queries
from pipelines.registers.contract import BY_NAME
from pipelines.settings import ROOT, SQL, Settings
from pipelines.warehouse.dictionary import dictionary_text
from pipelines.warehouse.models import EVALUATION, FOLLOWING, SCHEMAS, parse_model

DOCUMENTS = sorted(
    path
    for folder in (ROOT, ROOT / "docs", ROOT / "data" / "sample")
    for path in folder.glob("*.md")
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS_DOC = (ROOT / "docs" / "commandes.md").read_text(encoding="utf-8")
GROUP: Any = typer.main.get_command(app)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def shell_lines(text: str) -> list[str]:
    """The commands of the sh blocks of a document, continued lines joined."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def opac_calls(text: str) -> list[list[str]]:
    """Every call of opac in a document: in its sh blocks, and between backquotes."""
    inline = re.findall(r"(?<!`)`((?:\.venv/bin/)?opac [^`]+)`(?!`)", text)
    calls = []
    for line in [*shell_lines(text), *(" ".join(call.split()) for call in inline)]:
        words = shlex.split(line, comments=True)
        for place, word in enumerate(words):
            if Path(word).name == "opac" and (place == 0 or words[place - 1] in {"|", "&&", ";"}):
                rest = words[place + 1 :]
                ends = [rest.index(mark) for mark in ("|", "&&", ";", ">") if mark in rest]
                calls.append(rest[: min(ends, default=len(rest))])
    return calls


def parses(words: list[str]) -> bool:
    """Give the words to the real parser, which runs nothing; an error of usage is raised."""
    command, context = GROUP, GROUP.make_context("opac", [*words])
    while hasattr(command, "commands"):
        rest = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)
    return True


def test_documents_are_those_expected() -> None:
    assert {
        *("README.md", "CONTRIBUTING.md", "CHANGELOG.md"),
        *("docs/architecture.md", "docs/commandes.md", "docs/dictionnaire.md"),
        *("docs/performance.md", "docs/portage.md", "data/sample/LISEZMOI.md"),
    } <= set(map(named, DOCUMENTS))


def test_generated_documents_are_what_the_code_generates() -> None:
    dictionary = (ROOT / "docs" / "dictionnaire.md").read_text(encoding="utf-8")
    assert dictionary == dictionary_text(), "run « make docs »"
    assert reference_text() == COMMANDS_DOC, "run « make docs »"


@pytest.mark.parametrize("name", list(GROUP.commands))
def test_every_command_is_documented(name: str) -> None:
    section = COMMANDS_DOC.split(f"\n## opac {name}\n")[1].split("\n## ")[0]
    for param in GROUP.commands[name].params:
        word = str(param.name).upper() if param.param_type_name == "argument" else param.opts[0]
        assert f"| `{word}`" in section, f"{name} {word}"
        assert param.help, f"{name} {word}"
    assert re.search(rf"\bopac {name}\b", README), f"README.md says nothing of opac {name}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_documented_calls_are_possible(document: Path) -> None:
    calls = opac_calls(document.read_text(encoding="utf-8"))
    for words in calls:
        if words[0] == "COMMANDE":  # stands for any of them
            continue
        if len(words) == 1:  # named, not called
            assert words[0] in GROUP.commands
        else:
            assert parses(words), words
    if document.name == "README.md":
        assert len(calls) >= 10


@pytest.mark.parametrize(
    "words",
    [["statu"], ["query"], ["query", "a", "--formt", "csv"], ["query", "a", "--format", "xml"]],
)
def test_impossible_calls_would_be_seen(words: list[str]) -> None:
    with pytest.raises(typer.TyperException):
        parses(words)


def test_calls_are_found_where_they_are() -> None:
    text = (
        '```sh\nexport A=b\nopac path\ncd x && .venv/bin/opac query "from a.b" \\\n  --format csv'
        " | head  # fin\nduckdb x\n```\nPuis `opac status --json`, et `opac.duckdb`.\n"
    )
    assert opac_calls(text) == [
        ["path"],
        ["query", "from a.b", "--format", "csv"],
        ["status", "--json"],
    ]


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    found = set()
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        found |= {line.split()[1] for line in shell_lines(text) if line.startswith("make ")}
        found |= set(re.findall(r"`make ([a-z]+)`", text))
    assert {"run", "test"} <= found <= targets


def test_readme_blocks_hold_only_what_is_checked() -> None:
    for line in shell_lines(README):
        assert line.split()[0] in {"make", "opac", ".", "export", "duckdb"}, line


def test_settings_are_those_of_the_code() -> None:
    rows = dict(re.findall(r"^\| (`OPAC_[^|]+) \| ([^|]+) \|", README, re.MULTILINE))
    told = {name for names in rows for name in re.findall(r"OPAC_\w+", names)}
    # Read where they are used, so that no copy of them is made: they are secrets.
    secrets = {URL, "OPAC_WEBHOOK_SECRET", "OPAC_SMTP_PASSWORD"}
    assert told == secrets | {f"OPAC_{name.upper()}" for name in Settings.__dataclass_fields__}
    for names, defaults in rows.items():
        if not re.search("URL|HOME|SECRET", names):
            figures = re.findall(r"\d[\d ]*(?:,\d{3})?(?=, |$| \()", defaults)
            fields = [name[5:].lower() for name in re.findall(r"OPAC_\w+", names)]
            assert [float(text.replace(" ", "").replace(",", ".")) for text in figures] == [
                float(getattr(Settings, field)) for field in fields
            ], names


def test_exit_codes_are_those_of_the_code() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \| .+ \|$", README, re.MULTILINE)}
    classes = (
        *(OpacError, UsageError, SourceUnavailable, NotTheList),
        *(GatesRefused, RefreshRunning, HomeUnusable, Stopped),
    )
    assert told == {0, *(kind.code for kind in classes)}
    assert told == {int(code) for code in re.findall(r"\b(\d+) [a-zé]", str(app.info.epilog))}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_resolve(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target):
            path, _, _ = target.partition("#")
            assert not path or (document.parent / path).exists(), target


_REGISTRY = re.compile(
    r"https?://\S*(pypi|pythonhosted|registry|nexus|artifactory|devpi|simple/)"
    r"|--(?:extra-)?index-url|--find-links",
    re.IGNORECASE,
)
_OF_A_MACHINE = re.compile(r"(?<![\w.~*-])/(?:work|home|root|Users|mnt|opt)/\w")
ROOMS = ("pipelines", "assets", "sql", "benchmarks", "notebooks")
TEXTS = [
    *DOCUMENTS,
    *(ROOT / name for name in ("Makefile", "pyproject.toml", ".ci/run", "workspace.yaml")),
    *sorted(ROOT.glob("requirements*.txt")),
    *sorted((ROOT / ".").glob(".pre-commit-config.yaml")),
    *(p for room in ROOMS for p in (ROOT / room).rglob("*")),
]


def test_no_registry_address_nor_path_of_a_machine() -> None:
    read = [path for path in TEXTS if path.is_file() and "__pycache__" not in path.parts]
    assert len(read) > 80
    for path in read:
        text = path.read_text(encoding="utf-8")
        assert not _REGISTRY.search(text), named(path)
        assert not _OF_A_MACHINE.search(text), named(path)


MODELS = sorted(path for path in SQL.glob("*/*.sql") if path.parent.name != "tests")


@pytest.mark.parametrize("path", MODELS, ids=named)
def test_every_model_is_documented(path: Path) -> None:
    model = parse_model(path)
    assert model.schema in {*SCHEMAS, EVALUATION, FOLLOWING}
    assert model.description.endswith(".")
    for name, text in model.columns.items():
        assert re.fullmatch(r"[a-z0-9_]+", name), name
        assert re.search(r"[.)]$", text), f"{name}: {text}"
    # A grain names columns of the model, or says that there is one row.
    words = {word.strip() for word in model.grain.split(",")}
    assert words == {"une ligne"} or words <= model.columns.keys() | {"aucun"}, model.grain


def test_every_schema_has_a_model_and_every_query_a_header() -> None:
    assert {path.parent.name for path in MODELS} == {*SCHEMAS, EVALUATION, FOLLOWING}
    queries = load_queries()
    assert len(queries) == len(list((SQL / "tests").glob("*.sql"))) > 5
    assert all(query.description.endswith(".") for query in queries)


def test_every_column_of_the_contract_is_described() -> None:
    assert all(column.description for column in BY_NAME.values())


def test_sql_style_is_set_and_bites() -> None:
    config = FluffConfig.from_path(str(MODELS[0]))
    assert config.get("dialect") == "duckdb"
    linter = Linter(config=config)
    assert linter.lint_string("SELECT a FROM b\n").num_violations() > 0
    assert linter.lint_string("select a\nfrom b\n").num_violations() == 0
