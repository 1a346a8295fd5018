"""What typer says by itself is said in French as well: help and usage errors."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

import pytest
import typer

from pipelines.cli.french import FrenchCommand, usage_sentence
from pipelines.cli.main import app
from tests.pipeline.commands import Opac

GROUP: Any = typer.main.get_command(app)
COMMANDS = list(GROUP.commands)
ENGLISH = re.compile(
    r"usage: |\b(show|this|message|exit|commands?|errors?|missing|invalid|value|required|default"
    r"|try|help for|no such|did you mean|requires|extra|arguments?\(s\)|input|should|bool|list)\b",
    re.IGNORECASE,
)


class Way(StrEnum):
    """Two values, of which typer says « Choose from »."""

    HERE = "ici"
    THERE = "là"


def required(
    region: Annotated[str, typer.Option("--region", "-r")], way: Annotated[Way, typer.Option()]
) -> None:
    """A command whose options are missing: never run."""
    raise AssertionError((region, way))


def test_the_commands_are_those_documented() -> None:
    assert sorted(COMMANDS) == [
        "avis",
        "cribler",
        "demandes",
        "demarrer",
        "dictionnaire",
        "doctor",
        "dossier",
        "evolutions",
        "export",
        "generer-registre",
        "historique",
        "importer",
        "path",
        "plafond",
        "porteurs",
        "query",
        "rapport",
        "refresh",
        "releases",
        "rollback",
        "status",
        "veille",
        "verifier",
    ]


@pytest.mark.parametrize("command", [None, *COMMANDS])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_is_french(opac: Opac, command: str | None, option: str) -> None:
    ran = opac(*([command] if command else []), option)
    assert ran.code == 0
    assert ran.err == ""
    assert f"Usage : opac {command or '[OPTIONS]'}" in ran.out
    assert "Afficher cette aide." in ran.out
    assert not ENGLISH.search(ran.out.replace("--help", "")), ran.out
    assert not re.search(r"<\w+>", ran.out), "typer's types of arguments"


def test_help_of_the_whole_gives_commands_and_exit_codes(opac: Opac) -> None:
    told = opac("--help").out
    assert "Commandes" in told
    for name in COMMANDS:
        assert re.search(rf"│ {name} +[A-ZÉ]", told), name
    codes = re.findall(r"\b([0-9]) (?=[a-zé])", re.sub(r"\s+", " ", told.split("sortie :")[1]))
    assert sorted(codes) == ["0", "1", "2", "3", "4", "5", "6"]


def test_no_command_gives_the_help(opac: Opac) -> None:
    ran = opac()
    assert (ran.code, ran.err) == (2, "")
    assert "Usage : opac" in ran.out


def test_help_says_defaults_and_obligations(opac: Opac) -> None:
    assert "[défaut : 2000]" in opac("generer-registre", "--help").out
    told = opac("query", "--help").out
    assert "[obligatoire]" in told
    assert "table|csv|json|parquet" in told


WRONG = {
    "query": "Il manque l'argument SQL : « opac query --help » dit comment l'écrire.",
    "query a b": "« b » est en trop : « opac query --help » dit comment l'écrire.",
    "query a --formt csv": "L'option --formt n'existe pas (proches : --format, --home, "
    "--sortie) : ",
    "query --\u00a0rien": "L'option --\u00a0rien n'existe pas (proches : --sortie) : ",
    "status -z": "L'option -z n'existe pas : ",
    "--zz": "L'option --zz n'existe pas : « opac --help » dit",
    "statu": "La commande « statu » n'existe pas (proches : status) : « opac --help » dit",
    "zz": "La commande « zz » n'existe pas : ",
    "query a --format": "L'option --format attend une valeur : ",
    "status --json=1": "L'option --json ne prend pas de valeur : ",
    "query a --format xml": "--format ne peut pas valoir « xml » (valeurs possibles : table, csv, "
    "json, parquet) : ",
    "export t --format ods": "--format ne peut pas valoir « ods » (valeurs possibles : csv, "
    "parquet, xlsx) : ",
    "generer-registre --lignes abc": "--lignes attend un nombre entier : ",
    "generer-registre --graine 1.5": "--graine attend un nombre entier : ",
    "generer-registre --lignes 0": "--lignes doit valoir au moins 1 : ",
    "rollback a b": "« b » est en trop : ",
}


@pytest.mark.parametrize("words", WRONG)
def test_a_wrong_request_is_told_in_french(opac: Opac, words: str) -> None:
    ran = opac(*words.split(" "))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"Erreur : {WRONG[words]}")
    assert ran.err.endswith(" --help » dit comment l'écrire.\n")
    assert ran.err.count("\n") == 1
    assert not ENGLISH.search(ran.err.replace("--help", "")), ran.err


def test_an_error_unknown_to_us_is_not_lost() -> None:
    told = usage_sentence(typer.TyperException("Something new"))
    assert told == (
        "La demande n'est pas comprise (Something new) : « opac --help » dit comment l'écrire."
    )


def test_a_missing_option_is_told_in_french() -> None:
    one = typer.Typer()
    one.command(cls=FrenchCommand)(required)
    for args, name in ((["--way", "ici"], "--region / -r"), (["-r", "93"], "--way")):
        with pytest.raises(typer.TyperException) as error:
            typer.main.get_command(one).main(args, "opac", standalone_mode=False)
        assert usage_sentence(error.value) == (
            f"Il manque l'option {name} : « opac --help » dit comment l'écrire."
        )
