"""Which column is which fact: what its header may mean, confirmed or refused by its values.

The decision, and why, column by column; nothing is taken for a fact without being named here.

1. What the user says of a column holds.
2. A header that negates, limits or goes beyond a fact is left aside, and so is the opposite of a
   fact, unless all of its values are yes or no: then its sense is turned.
3. A short header (« N° », « Statut ») or a misspelt one is believed when most of its distinct
   values look like those of the fact.
4. A unit in a header is read as if each of its cells had it.
5. Of several columns of one fact, the better known goes first; cells that disagree are a question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from pipelines.french import liste
from pipelines.portage.amounts import measure
from pipelines.portage.candidates.answers import answers_of
from pipelines.portage.candidates.headers import IDENTITY, Row, Sense, sense_of, units_of
from pipelines.portage.candidates.values import SHARE, is_identifier, is_yes_or_no, share
from pipelines.portage.facts import PAR_NOM
from pipelines.portage.qualifiers import Role, qualifiers, tokens
from pipelines.portage.words import is_nothing, key, lists

# Facts whose headers, however plain, stand above codes too (« Code Commune »).
_CHECKED = frozenset(("nom", "ville"))
# Beside one of these, « Nom » is a person's.
_OF_A_PERSON = frozenset(("prenom", "civilite"))
# Before a fact, in what the user says of a column: its contrary, as in the options of commands.
CONTRARY = "pas-"
_SHOWN = 60

# Why a column of a header that nobody knows is left aside.
UNKNOWN = "En-tête qui n'est celui d'aucun fait."

Distinct = Callable[[int], Sequence[str]]


@dataclass(frozen=True)
class Column:
    """How a column is read.

    ``rank`` counts from 1. ``fact`` is None for a column left aside. ``units`` is what each of its
    figures is in, ``turned`` what each of its values means where its sense is not the fact's:
    ``contrary`` to it, or unsure.
    ``why`` is told to the user; ``beside`` when another column of the fact goes before it;
    ``answer``: it is one that a result of ours added.
    """

    rank: int
    name: str
    fact: str | None
    why: str
    units: str = ""
    turned: Mapping[str, str] | None = None
    contrary: bool = False
    beside: bool = False
    answer: bool = False
    samples: tuple[str, ...] = ()
    _order: tuple[int, ...] = field(default=(), compare=False)

    @property
    def notable(self) -> bool:
        """Whether how it is read is not said by its header alone."""
        return self.fact is not None and self.why != _plainly(self.fact)

    @property
    def refused(self) -> bool:
        """Whether the column is left aside although its header tells of a fact."""
        return self.fact is None and not self.answer and self.why != UNKNOWN

    @property
    def read_as(self) -> str:
        """What it is read as, in a few words."""
        if self.fact is None:
            return "laissée de côté"
        return ("contraire de " if self.contrary else "") + self.fact


def decide(
    names: Sequence[str], header: Row, distinct: Distinct, chosen: Mapping[int, str] | None = None
) -> list[Column]:
    """Tell how each column is read.

    ``names`` are what columns are called, ``header`` what stands above them; ``distinct`` gives the
    distinct values of a column by rank; ``chosen`` what the user says of some, by rank: the name of
    a fact, with ``pas-`` before it for its contrary, or nothing to leave the column aside.
    """
    asked = chosen or {}
    context = _Context(header, distinct)
    columns = [
        _chosen(rank, name, asked[rank], context)
        if rank in asked
        else _decided(rank, name, header[rank - 1] or "", context)
        for rank, name in enumerate(names, start=1)
    ]
    columns = _guessed(columns, context, asked)
    return _ordered(columns, asked)


@dataclass(frozen=True)
class _Context:
    """What is known of all columns: their headers, and their values when they are asked for."""

    header: Row
    distinct: Distinct

    @cached_property
    def answers(self) -> frozenset[int]:
        return frozenset(answers_of(self.header).values())

    @property
    def persons(self) -> bool:
        return any(_OF_A_PERSON & set(tokens(cell)) for cell in self.header if cell)


def _chosen(rank: int, name: str, told: str, context: _Context) -> Column:
    """Read a column as the user says."""
    if not told:
        return Column(rank, name, None, "Vous l'avez dit.")
    fact = told.removeprefix(CONTRARY)
    sense = Sense(fact, units=units_of(context.header[rank - 1] or "", fact))
    units = _units(sense)
    why = f"Vous l'avez dit. {_converted(sense)}".strip()
    turned = None
    against = told.startswith(CONTRARY)
    if against:
        known = sense_of(context.header[rank - 1] or "")
        contrary = known.opposite if known and known.fact == fact else None
        says = (contrary.yes, contrary.no) if contrary else ("non", "oui")
        turned = _turned(context.distinct(rank), name, *says)
    return Column(rank, name, fact, why, units, turned, against, _order=(0,))


def _decided(rank: int, name: str, header: str, context: _Context) -> Column:
    """Read a column by its header and its values."""
    aside = Column(rank, name, None, UNKNOWN)
    if rank in context.answers:
        return replace(aside, why="Réponse d'un criblage précédent.", answer=True)
    sense = sense_of(header)
    if sense is None:
        return aside
    if sense.opposite is not None and not sense.limits:
        return _opposite(aside, sense, context)
    alike = None
    if not sense.limits and (sense.short or sense.near or sense.fact in _CHECKED):
        alike = share(sense.fact, context.distinct(rank))
    if (refusal := _refusal(sense, alike, context)) is not None:
        return replace(aside, why=refusal)
    order = (1 + bool(sense.near), int(sense.short), -round(100 * (alike or 1)))
    return Column(rank, name, sense.fact, _why(sense), _units(sense), _order=order)


def _refusal(sense: Sense, alike: float | None, context: _Context) -> str | None:
    """Say why a column is not read as the fact that its header tells of, if it is not.

    ``alike`` is the share of its values that look like those of the fact, where they are asked.
    """
    label = PAR_NOM[sense.fact].libelle
    if sense.limits:
        words = liste([f"« {word} »" for word in sense.limits])
        return f"{words} : ce n'est pas, ou pas sûrement, « {label} »."
    if sense.fact == "nom" and sense.short and context.persons:
        return "Un prénom ou une civilité l'accompagne : c'est une personne."
    if alike is not None and alike < SHARE:
        return f"Ses valeurs ne sont pas celles de « {label} »."
    if alike is None and (sense.short or sense.near):
        return "Aucune valeur ne dit ce que c'est."
    return None


def _why(sense: Sense) -> str:
    label = PAR_NOM[sense.fact].libelle
    if sense.near:
        told = f"En-tête de « {label} », à une lettre près, et ses valeurs le confirment."
    elif sense.short:
        told = f"En-tête court, que ses valeurs confirment : « {label} »."
    else:
        told = _plainly(sense.fact)
    return f"{told} {_converted(sense)}".strip()


def _plainly(fact: str) -> str:
    return f"En-tête de « {PAR_NOM[fact].libelle} »."


def _converted(sense: Sense) -> str:
    """Say what is made of the units of a header."""
    if not sense.units:
        return ""
    words = liste([f"« {unit.word} »" for unit in sense.units])
    if all(unit.measure == measure(sense.fact) and unit.factor for unit in sense.units):
        return f"Chaque nombre est lu en {words}, et converti."
    why = next(unit.why for unit in sense.units if unit.measure != measure(sense.fact))
    return f"Chaque nombre est en {words}, ce qui ne se convertit pas : c'est une question. {why}"


def _units(sense: Sense) -> str:
    return " ".join(unit.word for unit in sense.units)


def _opposite(aside: Column, sense: Sense, context: _Context) -> Column:
    """Turn the sense of a header that means the contrary, if its values are all yes or no."""
    label = PAR_NOM[sense.fact].libelle
    fact = PAR_NOM[sense.fact]
    values = [value for value in context.distinct(aside.rank) if not is_nothing(fact, value)]
    contrary = sense.opposite
    if contrary is not None and not (contrary.yes or contrary.no):
        # Neither says the fact, nor its contrary; its own words still do (« vierge »).
        why = f"Un oui ou un non n'y dit pas sûrement « {label} ». {contrary.why}"
        turned = _turned(values, aside.name, "", "")
        return replace(aside, fact=sense.fact, why=why, turned=turned, _order=(1, 0, -100))
    if contrary is None or not values or not all(map(is_yes_or_no, values)):
        return replace(
            aside, why=f"Le contraire de « {label} », mais ses valeurs ne sont pas oui ou non."
        )
    turned = _turned(values, aside.name, contrary.yes, contrary.no)
    return replace(
        aside,
        fact=sense.fact,
        why=f"Le contraire de « {label} » : oui et non sont échangés. {contrary.why}",
        turned=turned,
        contrary=True,
        _order=(1, 0, -100),
    )


def _turned(values: Sequence[str], name: str, yes: str, no: str) -> dict[str, str]:
    """Give what each value means of the fact that its header is the contrary of."""
    said = {"oui": yes, "non": no}
    return {
        # What the table does not turn is a question, that shows the column and its cell.
        value: said[meant] or f"{name[:_SHOWN]} : {value}, ce qui ne le dit pas"
        for value in values
        if (meant := lists()["booleen"].get(key(value))) is not None
    }


def _guessed(columns: list[Column], context: _Context, asked: Mapping[int, str]) -> list[Column]:
    """Take a column for the identifier by its values, when no header says who is meant."""
    named = [column for column in columns if column.fact in IDENTITY]
    said = (value for column in named for value in context.distinct(column.rank))
    if not all(is_nothing(PAR_NOM["nda"], value) for value in said):
        return columns
    for place, column in enumerate(columns):
        if column.fact is not None or column.rank in asked or column.answer:
            continue
        if _limited(context, column.rank):
            continue
        values = [value for value in context.distinct(column.rank) if value.strip()]
        if values and sum(map(_shaped, values)) >= SHARE * len(values):
            why = "Aucun en-tête ne dit de qui il s'agit ; ses valeurs sont des identifiants."
            found = replace(column, fact="identifiant", why=why, _order=(3,))
            return [*columns[:place], found, *columns[place + 1 :]]
    return columns


def _limited(context: _Context, rank: int) -> bool:
    """Whether a header says that its numbers are somebody else's, or none of theirs."""
    sense = sense_of(context.header[rank - 1] or "")
    known = [qualifiers().get(tuple(tokens(word))) for word in sense.limits] if sense else []
    return any(one is not None and one.role in (Role.WHOSE, Role.NEGATION) for one in known)


def _shaped(value: str) -> bool:
    return bool(share("nda", [value])) or is_identifier(value)


def _ordered(columns: list[Column], asked: Mapping[int, str]) -> list[Column]:
    """Choose the first column of each fact; those beside it agree, or make a question."""
    found = list(columns)
    for fact in {column.fact for column in columns if column.fact is not None}:
        same = [column for column in columns if column.fact == fact]
        same.sort(key=lambda column: (*column._order, column.rank))
        first, *others = same
        for other in others:
            place = other.rank - 1
            if first.rank in asked and other.rank not in asked:
                found[place] = replace(other, fact=None, why=f"Vous avez choisi « {first.name} ».")
            elif other.units and not first.units:
                why = f"« {first.name} » dit la même chose, dans l'unité attendue."
                found[place] = replace(other, fact=None, why=why)
            else:
                why = (
                    f"{other.why} Après « {first.name} » : elle la complète, et leurs désaccords "
                    "sont des questions."
                )
                found[place] = replace(other, why=why, beside=True)
    return found


# How the table of columns is shown, on the terminal and in the workbook.
TITLES = ("Votre colonne", "Lue comme", "Ses premières valeurs", "Pourquoi")


def shown(column: Column) -> tuple[str, str, str, str]:
    """Write a line of the table of columns."""
    values = " | ".join(" ".join(value.split())[: _SHOWN // 2] for value in column.samples)
    return " ".join(column.name.split())[:_SHOWN], column.read_as, values, column.why
