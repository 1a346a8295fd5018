"""How the watch list is shown: what was added, where each line stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from pipelines.cli.common import OUT, done, plain_table, printable_lines, say
from pipelines.french import combien, date_courte, verb
from pipelines.portage.verdict import NO_ADVICE_OF_SEVERAL, VERDICTS, Verdict

if TYPE_CHECKING:
    from pipelines.watch.arguments import Reading
    from pipelines.watch.lookup import Found
    from pipelines.watch.store import Watched
    from pipelines.watch.watchlist import Added

Pair = tuple["Watched", "Found"]

SHOWN = 20
# Narrower than this, the day of adding gives its place to the names.
_WIDE = 110


def show_added(added: Added, reading: Reading, names: Mapping[str, str]) -> None:
    """Tell what was added, what was not understood, and how the lines stand."""
    from pipelines.watch.store import MISSION

    _some(reading.remarks, "dim")
    _some([_absent(line, found) for line, found in added.lines if found.nda is None], "yellow")
    if reading.refused:
        lines = combien(len(reading.refused), "ligne")
        say(
            f"{lines} sans organisme identifié, "
            f"{verb(len(reading.refused), 'non suivie', 'non suivies')} (comptées après "
            "l'en-tête) :"
        )
        _some([f"  {where} : {why}" for where, why in reading.refused], "red")
    kinds = (
        (added.nouvelles, "ligne ajoutée", "lignes ajoutées"),
        (added.changees, "mise à jour", "mises à jour"),
        (added.connues, "déjà suivie", "déjà suivies"),
    )
    said = ", ".join(combien(len(pairs), one, many) for pairs, one, many in kinds if pairs)
    done(f"{said} pour « {added.destinataire} ».")
    asked = Counter(
        (one.identifiant, *(one.faits.get(name, "") for name in MISSION)) for one in reading.asked
    )
    if repeated := [key[0] for key, times in asked.items() if times > 1]:
        told = ", ".join(repeated[:SHOWN]) + (" …" if len(repeated) > SHOWN else "")
        say(
            f"{verb(len(repeated), 'Répété', 'Répétés')} pour la même mission, la dernière ligne "
            f"compte : {told}."
        )
    say()
    _show_lines(_worst_first(added.lines)[:SHOWN], names)
    if len(added.lines) > SHOWN:
        verdicts = Counter(_verdict(line, found) for line, found in added.lines)
        told = ", ".join(f"{verdict} {number}" for verdict, number in verdicts.most_common())
        say(f"… et {len(added.lines) - SHOWN} de plus. En tout : {told}.")
    say()
    say(
        f"Liste du {date_courte(added.lines[0][1].maintenant.liste)}. {NO_ADVICE_OF_SEVERAL}",
        style="dim",
    )


def show_list(
    recipient: str, pairs: Sequence[Pair], names: Mapping[str, str], *, receives: bool
) -> None:
    """Tell where the lines of a recipient stand; ``receives``: avis.toml still names them."""

    now = pairs[0][1].maintenant
    say(f"Pour « {recipient} » : {combien(len(pairs), 'ligne suivie', 'lignes suivies')}", "bold")
    if not receives:
        say(
            f"« {recipient} » n'est plus dans avis.toml, ou n'y reçoit plus la veille : ses lignes "
            "sont gardées et rien ne lui est dit. Rendez-lui sa place, ou retirez-les avec « opac "
            f"veille retirer --tout --pour {recipient} ».",
            "yellow",
        )
    if ahead := [line.told.liste for line, _ in pairs if line.told.liste > now.liste]:
        say(
            f"La version courante vient de la liste du {date_courte(now.liste)}, plus ancienne que "
            f"celle du {date_courte(max(ahead))} dont il a déjà été parlé : rien de la liste ne "
            "sera dit avant qu'elle soit rattrapée.",
            "yellow",
        )
    say()
    _show_lines(_worst_first(pairs), names)
    say()
    say(f"Liste du {date_courte(now.liste)}. {NO_ADVICE_OF_SEVERAL}", "dim")


def _show_lines(pairs: Sequence[Pair], names: Mapping[str, str]) -> None:
    """Show lines, then why each is not eligible and what comes next."""
    from pipelines.watch.sentences import mission

    since = ["suivi depuis"] if OUT.width >= _WIDE else []
    titles = ("verdict", "organisme", "numéro", "mission", "prochaine date", *since)
    table = plain_table(*titles, whole={"verdict", "numéro"})
    for line, found in pairs:
        dates = found.maintenant.echeances
        verdict = found.maintenant.verdict
        colour = Verdict(verdict).words.colours.terminal if verdict else "dim"
        table.add_row(
            f"[{colour}]{_verdict(line, found)}[/]",
            _plain(found.denomination or "—"),
            line.identifiant,
            _plain(mission(line, names)),
            date_courte(dates[0].date) if dates else "",
            *[date_courte(line.ajoute) for _ in since],
        )
    OUT.print(table)
    say()
    for line, found in pairs:
        told = [why] if (why := _why(line, found)) else []
        told += [
            f"{date_courte(one.date)} : {one.libelle}" for one in found.maintenant.echeances[:1]
        ]
        if told:
            say(f"• {found.denomination or line.identifiant} : {' '.join(told)}", indent=2)


def _worst_first(pairs: Sequence[Pair]) -> list[Pair]:
    order: dict[str | None, int] = {
        verdict: rank for rank, verdict in enumerate(reversed(VERDICTS))
    }
    return sorted(pairs, key=lambda pair: order.get(pair[1].maintenant.verdict, len(order)))


def _verdict(line: Watched, found: Found) -> str:
    return Verdict(found.maintenant.verdict or "").words.label if line.judged else "suivi"


def _why(line: Watched, found: Found) -> str:
    """Say why the verdict is not a better one: its first reason, or what is missing."""

    now = found.maintenant
    if now.verdict == Verdict.PIECES_MANQUANTES:
        return f"il manque : {', '.join(found.pieces)}."
    if now.verdict == Verdict.ELIGIBLE or not now.raisons:
        return "" if line.judged or found.nda else "pas dans la liste."
    first, *rest = now.raisons
    return first + (
        f" (Et {combien(len(rest), 'autre raison', 'autres raisons')}.)" if rest else ""
    )


def _absent(line: Watched, found: Found) -> str:
    from pipelines.watch.sentences import who

    if found.absent_depuis is None:
        return (
            f"{line.identifiant} est bien formé, mais n'est pas dans la liste : vérifiez-le. Il "
            "est suivi, vous saurez s'il y apparaît."
        )
    since = date_courte(found.absent_depuis)
    return f"{who(line, found)} n'est plus dans la liste depuis celle du {since}."


def entry(line: Watched, found: Found, receiving: set[str]) -> dict[str, Any]:
    """Give a line as JSON has it; ``receiving`` are the names that receive « veille »."""
    now = found.maintenant
    return {
        "destinataire": line.destinataire,
        "destinataire_recoit": line.destinataire in receiving,
        "identifiant": line.identifiant,
        "nda": found.nda,
        "denomination": found.denomination,
        "ville": found.ville,
        "absent_depuis": found.absent_depuis,
        "faits": line.faits,
        "verdict": now.verdict,
        "raisons": now.raisons,
        "pieces": found.pieces if line.judged else (),
        "echeances": [{"date": one.date, "libelle": one.libelle} for one in now.echeances],
        "ajoute": line.ajoute,
        "liste": {"date": now.liste, "sha256": now.sha256, "version": now.version},
        "derniere_liste_dite": line.told.liste,
    }


def _some(texts: Sequence[str], style: str) -> None:
    """Tell the first of many."""
    for text in texts[:SHOWN]:
        say(text, style)
    if len(texts) > SHOWN:
        say(f"… et {len(texts) - SHOWN} de plus.", style)


def _plain(text: str) -> str:
    return escape(printable_lines(text))
