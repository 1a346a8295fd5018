"""The options that declare facts, the same for every command that judges."""

from __future__ import annotations

import difflib
import functools
import inspect
import json
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.errors import UsageError
from pipelines.portage.facts import FAITS, PAR_NOM, Fait, Genre

_METAVARS = {
    Genre.TEXTE: "TEXTE",
    Genre.DATE: "DATE",
    Genre.MONTANT: "NOMBRE",
    Genre.CHOIX: "VALEUR",
    Genre.LISTE: "VALEURS",
}
IdentifierArgument = Annotated[
    str | None,
    typer.Argument(metavar="IDENTIFIANT", help="NDA, SIRET ou SIREN ; sinon --nom et --ville."),
]
StrictOption = Annotated[
    bool,
    typer.Option(
        "--strict",
        metavar="",
        help="Code de sortie selon le verdict : 10 éligible, 11 pièces manquantes, 12 à vérifier, "
        "13 non éligible.",
    ),
]


def with_facts(
    command: Callable[..., Any],
    exclude: Collection[str] = (),
    arguments: Collection[str] = (),
) -> Callable[..., Any]:
    """Add one option a fact, and ``--faits``, to a command that takes ``facts: dict[str, str]``.

    An option wins over the file; a blank value is as not given. Facts in ``exclude`` are not
    offered at all; those in ``arguments`` are arguments of the command: only the file has them.
    """
    offered = [fait for fait in FAITS if fait.nom not in (*exclude, *arguments)]
    known = {*arguments, *(fait.nom for fait in offered)}
    own = inspect.signature(command, eval_str=True)
    parameters = [p for p in own.parameters.values() if p.name != "facts"]
    parameters += [_parameter(fait) for fait in offered]
    parameters.append(
        inspect.Parameter(
            "faits",
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                Path | None,
                typer.Option(
                    "--faits",
                    metavar="FICHIER",
                    readable=False,
                    help="Fichier JSON de faits, du même nom que les options "
                    '({"micro": true, "ca": 42000}).',
                ),
            ],
        )
    )

    @functools.wraps(command)
    def run(**given: Any) -> Any:
        path = given.pop("faits")
        facts = read_facts(path, known) if path else {}
        for fait in offered:
            if text := _text(given.pop(fait.nom)):
                facts[fait.nom] = text
        return command(**given, facts=facts)

    signature = inspect.Signature(
        [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    )
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def read_facts(path: Path, known: Collection[str]) -> dict[str, str]:
    """Read a JSON object of facts; those that are null or blank are not given.

    Raises:
        UsageError: not readable, not an object, a fact that does not exist or is given twice.
    """
    found = _loaded(path)
    if not isinstance(found, dict):
        raise UsageError(f"Le fichier de faits « {path} » doit être un objet JSON, nom et valeur.")
    facts: dict[str, str] = {}
    for name, value in found.items():
        if name not in known:
            near = difflib.get_close_matches(name, list(known), n=3)
            raise UsageError(
                f"Le fait « {name} » n'existe pas"
                + (f" (proches : {', '.join(near)})" if near else "")
                + " : « opac verifier --help » les donne tous."
            )
        if isinstance(value, dict) or (
            isinstance(value, list) and PAR_NOM[name].genre is not Genre.LISTE
        ):
            raise UsageError(f"Le fait « {name} » attend une seule valeur : corrigez « {path} ».")
        if text := _text(value):
            facts[name] = text
    return facts


def _loaded(path: Path) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # JSON would keep the last of them without a word.
        for name, count in Counter(name for name, _ in pairs).items():
            if count > 1:
                raise UsageError(
                    f"Le fait « {name} » est donné {count} fois dans « {path} » : gardez-en un."
                )
        return dict(pairs)

    try:
        return json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=once)
    except OSError as error:
        raise UsageError(
            f"Le fichier de faits « {path} » ne se lit pas ({error.strerror}) : "
            "vérifiez son nom et vos droits."
        ) from error
    except ValueError as error:
        raise UsageError(
            f"Le fichier de faits « {path} » n'est pas du JSON bien écrit ({error}) : corrigez-le."
        ) from error


def _parameter(fait: Fait) -> inspect.Parameter:
    if fait.genre is Genre.BOOLEEN:
        option = typer.Option(
            f"{fait.option}/--pas-{fait.option[2:]}",
            metavar="",
            help=fait.aide,
            rich_help_panel=fait.groupe,
        )
        kind: Any = bool | None
    else:
        option = typer.Option(
            fait.option,
            metavar=_METAVARS[fait.genre],
            help=fait.aide,
            rich_help_panel=fait.groupe,
        )
        kind = str | None
    return inspect.Parameter(
        fait.nom,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind, option],
    )


def _text(value: Any) -> str:
    """Write a value as a person would; nothing is an empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, list):
        return "+".join(filter(None, map(_text, value)))
    return str(value).strip()
