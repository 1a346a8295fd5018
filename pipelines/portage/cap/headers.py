"""What the header of a column of invoices may mean, from its words alone.

The price charged under CPF for what is subcontracted is what the cap is about; the
sub-contractor's own invoice is another amount, and a header often tells neither.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.portage.candidates.headers import sense_of
from pipelines.portage.qualifiers import words

DATE, AMOUNT, FUNDER = "date", "montant", "financeur"
PRICE, COST = "sous_traite", "facture_sous_traitant"
NAME, NUMBER = "sous_traitant", "numero_sous_traitant"

# Words as words() gives them, without what looks like a plural: « prix » is « pri ».
_AMOUNT = frozenset(("montant", "ca", "chiffre", "total", "pri", "somme"))
_RATE = frozenset(("taux", "pct", "pourcentage", "pourcent"))
_UNDER_CPF = frozenset(("cpf", "edof", "vente", "mcf"))
_TURNOVER = frozenset(("ca", "chiffre"))
# Without a word of subcontracting, these alone tell of another's invoice.
_ANOTHERS = frozenset(("honoraire", "reverse", "retrocession"))
_PAID = _ANOTHERS | {
    *("cout", "achat", "charge", "depense", "frai", "paye", "payer", "verse"),
    *("reglement", "regle", "remuneration"),
}
_SUBCONTRACTED = re.compile(r"sous?trait(?:e{1,2}|ance|ant)")
_SUBCONTRACTOR = re.compile(r"sous?traitant")
_ALONE = re.compile(r"(?:dont|part)?sous?trait(?:e{1,2}|ance)(?:ht|ttc|eur)?")
_WHO = frozenset(("sou", "traitant", "soustraitant", "st"))
_NAMED = frozenset(
    (
        *("nom", "raison", "sociale", "social", "denomination", "organisme", "prestataire", "of"),
        *("societe", "entreprise", "formation"),
    )
)
_KINDS = frozenset(("siret", "siren", "nda"))
_NUMBERED = _KINDS | {"num", "identifiant", "declaration", "activite"}


@dataclass(frozen=True)
class Meaning:
    """What a header means: ``rank`` is how far it is from the plainest way to say it.

    ``tax``: 0 before, 1 unsaid, 2 after. ``supposed``: nothing says that it is the price under CPF.
    ``checked``: the values must look such.
    """

    fact: str
    rank: int = 0
    tax: int = 1
    supposed: bool = False
    checked: bool = False


def meaning_of(name: str) -> Meaning | None:
    """Give what a header means, from its words."""
    found = words(name)
    joined, told = "".join(found), set(found)
    if "%" in name or told & _RATE or "tva" in told or _is_a_share(found, name):
        return None
    if _SUBCONTRACTED.search(joined) or "st" in told:
        return _of_subcontracting(joined, told)
    sense = sense_of(name)
    if sense is not None and sense.fact == "financement" and sense.plain:
        return Meaning(FUNDER)
    if told & {"date", "jour"}:
        plain = joined in ("date", "datefacture", "datefacturation")
        return Meaning(DATE, 0 if plain else 1)
    return _other(told)


def tax_of(told: set[str]) -> int:
    """Tell of the words of a header whether its amounts are before tax (0), after (2), unsaid."""
    return 0 if "ht" in told else 2 if "ttc" in told else 1


def _other(told: set[str]) -> Meaning | None:
    """Give what a header without a word of subcontracting means: another's invoice, a number."""
    if told & _ANOTHERS and "num" not in told:
        return Meaning(COST, 2, tax_of(told), checked=True)
    if told & _KINDS and told <= _NUMBERED:
        return Meaning(NUMBER, 1, checked=True)
    return Meaning(AMOUNT, 0, tax_of(told)) if told & _AMOUNT else None


def _is_a_share(found: Sequence[str], name: str) -> bool:
    """Tell « Part du CA sous-traitée » from « Prix CPF de la part sous-traitée »."""
    if "part" not in found or "€" in name:
        return False
    before = found[: found.index("part")]
    return not _AMOUNT.intersection(before) and "eur" not in found


def _of_subcontracting(joined: str, told: set[str]) -> Meaning | None:
    """Give what a header that tells of subcontracting means: an amount, or who."""
    who = bool(_SUBCONTRACTOR.search(joined)) or "st" in told
    if "date" in told:
        return None
    identity = told - _WHO
    if who and identity <= _NAMED | _NUMBERED:
        return Meaning(NUMBER if identity & _NUMBERED else NAME, checked=True)
    if "num" in told:
        return None
    return _amount_of_a_part(joined, told, who)


def _amount_of_a_part(joined: str, told: set[str], who: bool) -> Meaning | None:
    """Give which amount of what is subcontracted a header means; ``who``: it tells of a person."""
    tax, money, billed = tax_of(told), bool(told & _AMOUNT), "facture" in told
    found = None
    if told & _PAID and (who or not told & _UNDER_CPF):
        found = Meaning(COST, 0, tax)
    elif told & _UNDER_CPF and (money or billed):
        found = Meaning(PRICE, 0, tax)
    elif who and (money or billed):
        # What the sub-contractor bills, or a reference of it: the values say which.
        found = Meaning(COST, 0 if billed else 1, tax, checked=not money)
    elif billed and "traitance" in joined:
        found = Meaning(COST, 0, tax, checked=True)
    elif told & _TURNOVER:
        found = Meaning(PRICE, 0, tax)
    elif money or _ALONE.fullmatch(joined):
        found = Meaning(PRICE, 1, tax, supposed=True, checked=True)
    return found
