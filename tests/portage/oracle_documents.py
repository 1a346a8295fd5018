"""What the text says of documents: declared, not declared, or declared not to be (see oracle)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from tests.portage.situation import (
    ELIGIBLE,
    MAY_BE_MICRO,
    NON,
    PIECES,
    VERIFIER,
    Finding,
    Situation,
    months,
    one,
)

# §3: the days from which a row holds; §3 bis: 5,000 € exactly included.
FRANCE_VAE = dt.date(2025, 8, 1)
BILAN_CAPS = dt.date(2026, 2, 26)
SMALL = 5_000


def documents(s: Situation) -> Iterator[Finding]:
    """What is declared, not declared, or declared not to be (§2, §3, « nothing known »)."""
    amount = s.number("montant")
    if amount is None or amount >= SMALL:
        yield from _guarded(s)
    if s.said("titres") != "oui":
        yield one(PIECES, "§2: titles of trainers")
    yield from declared(s, "probite", {NON, VERIFIER}, "§2: L.6352-2")
    yield from _bilan(s)
    if not s.decree and s.said("contrat_ecrit") != "oui":
        # Written by L.6232-1, or to prove indicator 27.
        yield frozenset({ELIGIBLE, PIECES}), "§3: a written contract"


def _guarded(s: Situation) -> Iterator[Finding]:
    """Contracts of 5,000 € or more, or of an amount not known."""
    abroad = s.said("etabli_etranger") == "oui"
    either = {ELIGIBLE} if abroad else set()  # « other documents », beside these or in their place
    if s.said("salaries_etrangers") == "oui":
        yield from declared(s, "liste_salaries_etrangers", {PIECES}, "§2: D.8254-2")
    if abroad:
        yield from declared(s, "documents_etranger", {PIECES}, "§2: D.8222-7")
    seen = s.day("attestation_vigilance")
    if seen is None or months(seen, 6) <= s.date:
        yield (
            frozenset({PIECES} | either),
            "§3 bis: attestation de vigilance missing or six months old",
        )
    elif seen > s.date:  # of after the contract: it cannot have been checked at its conclusion
        yield frozenset({PIECES, VERIFIER} | either), "§2: attestation dated after the contract"
    if s.said("immatriculation") != "oui":
        companies = {"SAS", "SASU", "5710", *MAY_BE_MICRO}
        must = s.said("forme_juridique") in companies and not abroad
        # « where registration is compulsory »: the facts tell it of companies alone.
        yield frozenset({PIECES} if must else {ELIGIBLE, PIECES}), "§2: D.8222-5 2°"


def _bilan(s: Situation) -> Iterator[Finding]:
    """§2, and the further rules of §3, which say no verdict."""
    if s.action != "BILAN_COMPETENCES":
        return
    yield from declared(s, "bilan_donnees", {PIECES, VERIFIER, NON}, "§2: R.6313-6, R.6313-7")
    hours = s.number("heures")
    if s.said("consentement") == "non" or (hours is not None and hours > 24):
        yield frozenset({NON, VERIFIER}), "§3: at most 24 h, with the person's consent"
    if s.cpf and s.said("bilan_5_ans") == "oui":
        # The date is that of the caps; whether it is that of the five years is not said.
        new = s.date >= BILAN_CAPS
        yield frozenset({NON, VERIFIER} if new else {ELIGIBLE, NON, VERIFIER}), "§3: D.6323-6"
    if not s.said("consentement") or (s.cpf and not s.said("bilan_5_ans")):
        yield frozenset({ELIGIBLE, PIECES}), "§3: L.6313-4 or D.6323-6, nothing declared"


def documents_of_cpf(s: Situation) -> Iterator[Finding]:
    """The same, of what the CPF alone asks of the sub-contractor."""
    if not s.decree:
        return
    yield from declared(s, "contrat_ecrit", {PIECES, NON}, "§3: a written contract")
    # Declared contrary to a requirement that no row of §3 bis fixes: anything but a pass.
    yield from declared(s, "accepte_cgu", {PIECES, VERIFIER, NON}, "§3: accepts the CGU")
    yield from declared(s, "regularite", {PIECES, VERIFIER, NON}, "§3: L.6323-9-1 3°")
    for fact in ("dereference", "cascade"):
        if not s.said(fact):
            yield one(PIECES, f"§3 bis: {fact} not declared")
    yield from portal_and_school(s, "")


def portal_and_school(s: Situation, prefix: str) -> Iterator[Finding]:
    """§3, VAE and driving licences: of the carrier, and « the same » of the sub-contractor."""
    if s.decree and s.action == "VAE" and s.date >= FRANCE_VAE:
        listed = s.said(f"{prefix}france_vae")
        if listed != "oui":  # « asked for »; « nothing known → A_VERIFIER »
            admitted = {VERIFIER, NON} if listed else {PIECES, VERIFIER}
            yield frozenset(admitted), f"§3: {prefix}france_vae, D.6323-7"
    if s.decree and s.kind("permis"):
        fact = f"{prefix}agrement_conduite"
        yield from declared(s, fact, {NON, VERIFIER}, f"§3: {fact}, D.6323-8")


def declared(s: Situation, fact: str, contrary: set[str], why: str) -> Iterator[Finding]:
    if s.said(fact) != "oui":
        yield (frozenset(contrary), why) if s.said(fact) else one(PIECES, why)
