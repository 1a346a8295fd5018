"""The verdict that the text fixes for a situation, written from the regulation alone.

Whoever wrote this had read the note of regulation that the rules are made from (the paragraphs
cited below are its own: §2, §3, §3 bis, §4, §6), and neither the rule files nor the SQL: what both
say independently is worth more than what one says twice. Where the text leaves a situation open,
each control gives the set of the verdicts that it admits; the comment says what is open. Whoever
corrects it does so from the text, never from what the product answers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from tests.portage.oracle_documents import (
    declared,
    documents,
    documents_of_cpf,
    portal_and_school,
)
from tests.portage.situation import (
    ELIGIBLE,
    MAY_BE_MICRO,
    NON,
    PIECES,
    STRENGTH,
    SUBCONTRACTING,
    VERIFIER,
    Admitted,
    Finding,
    Situation,
    Who,
    ceiling,
    months,
    one,
)

# §3: the days from which a row holds.
QUALIOPI = dt.date(2022, 1, 1)
NO_CREATION = dt.date(2025, 2, 16)
PERMIS_RESTRICTED = dt.date(2026, 2, 1)
STALE = dt.timedelta(days=7)
# §3: whose money wants the carrier certified by law (L.6316-1), the CPF apart.
OF_THE_LAW = {"OPCO", "TRANSITIONS_PRO", "ETAT", "REGION", "FRANCE_TRAVAIL", "AGEFIPH"}
# §3, « Micro-social »: company or association, impossible; 5499 (and EURL), asked.
NEVER_MICRO = {"SAS", "SASU", "5710", "ASSOCIATION", "9220"}
ALONE = {"EI", "1000"}
DEEMED = {"EPSCP", "7383"}


def verdict(situation: Situation) -> Admitted:
    """Give the verdicts that the text admits: one, but where it is open.

    §3 bis: the verdict is the strongest that any control gives.
    """
    admitted: Admitted = frozenset({ELIGIBLE})
    for of_control, _ in findings(situation):
        admitted = frozenset(max(a, b, key=STRENGTH.index) for a in admitted for b in of_control)
    return admitted


def findings(s: Situation) -> Iterator[Finding]:
    """Give what each control finds that is not « nothing to say »."""
    controls = (_funded, _type, _list, _party, documents, documents_of_cpf, _carrier)
    for admitted, why in (finding for control in controls for finding in control(s)):
        if admitted != {ELIGIBLE}:
            yield admitted, why


def _funded(s: Situation) -> Iterator[Finding]:
    """What the funding pays at all."""
    if s.action == "APPRENTISSAGE":
        if s.cpf:
            # The row has no date; of contracts before 2022 another says that they are not judged.
            admitted = {NON} if s.date >= QUALIOPI else {NON, VERIFIER}
            yield frozenset(admitted), "§3 bis: apprentissage under CPF"
        elif s.fundings != {"OPCO"}:  # a mix without CPF: the strictest
            yield one(VERIFIER, "§3 bis: apprentissage under any funding but OPCO")
    if s.kind("creation_entreprise") and s.cpf and s.date >= NO_CREATION:
        yield one(NON, "§3: business creation left the CPF on 16 February 2025")
    if s.said("micro") == "oui" and s.said("forme_juridique") in NEVER_MICRO | DEEMED:
        # Facts that contradict each other are no situation of the text: a doubt may be shown.
        yield frozenset({ELIGIBLE, VERIFIER}), "§3: micro-social with the form of a company"
    if s.said("portage_salarial") == "oui":
        yield one(VERIFIER, "§3 bis: portage salarial, whatever the flags")


def _type(s: Situation) -> Iterator[Finding]:
    """The kind of training, under CPF."""
    if not s.decree or s.action != "ACTION_FORMATION":
        return
    if not s.said("type_formation"):
        yield one(PIECES, "§3 bis: type not stated, asked for in PIECES")
        if s.said("habilitation") == "non":
            # Whether it is asked rests on the type, which is missing: never a NON.
            yield frozenset({PIECES, VERIFIER}), "§3: habilitation, the type not stated"
    if s.kind("action_de_droit"):
        # The row has permis and creation; which of them is not stated, and may be the one that
        # the CPF no longer pays: asked for, or to be checked.
        yield frozenset({PIECES, VERIFIER}), "§3 bis: action de droit, which is not stated"
    if s.kind("permis") and s.date >= PERMIS_RESTRICTED:
        # « only for jobseekers or with third-party money »: no row says how it is shown.
        yield frozenset({ELIGIBLE, PIECES, VERIFIER}), "§3: permis since February 2026"


def _list(s: Situation) -> Iterator[Finding]:
    """Whether a list can judge the day of the contract."""
    if s.date < s.list_day:
        yield one(VERIFIER, "§3 bis: contract before the first list held")
    if s.date < QUALIOPI:
        yield one(VERIFIER, "§3 bis: contract before 2022")
    amended = s.day("date_avenant")
    if s.cpf and s.date < SUBCONTRACTING and amended and amended > s.date:
        yield one(VERIFIER, "§3 bis: before 1 April 2024 with a later amendment")


def _party(s: Situation) -> Iterator[Finding]:
    """The sub-contractor itself."""
    if s.said("declaration_caduque") == "oui":
        # §2: NDA not lapsed or suspended. No row of §3 bis; an established fact against it.
        yield frozenset({NON, VERIFIER}), "§2: declaration lapsed"
    if not s.who.listed:
        yield _unlisted(s), "§3 bis: in no list held"
    elif s.decree:
        yield _certification(s), "§3: Qualiopi of the sub-contractor, or its waiver"
    if s.decree:
        for fact in ("dereference", "cascade"):
            if s.said(fact) == "oui":
                yield _refused(s), f"§3 bis: declared {fact}"
        if s.kind("certifiante"):
            yield _habilitation(s), "§3: habilitation of the sub-contractor"


def _deemed(s: Situation) -> bool:
    """§3 bis: a table of name patterns, or legal category 7383."""
    return s.who.deemed or s.said("forme_juridique") in DEEMED


def _refused(s: Situation) -> Admitted:
    # « a NON becomes A_VERIFIER »: any, or that for want of Qualiopi, is not said.
    return frozenset({NON, VERIFIER} if _deemed(s) else {NON})


def _waiver(s: Situation) -> Admitted:
    """The micro-social waiver: ELIGIBLE it holds, NON it cannot, else what is missing."""
    micro, form, turnover = s.said("micro"), s.said("forme_juridique"), s.number("ca")
    if micro == "non":
        return frozenset({NON})
    if form in NEVER_MICRO | DEEMED:
        # Declared micro-social, or presumed a person, with the form of a company: contradictory.
        # A public institution is neither company nor association, nor an independent worker.
        doubt = micro or s.who.person or form in DEEMED
        return frozenset({NON, VERIFIER} if doubt else {NON})
    proven = turnover is not None and s.said("attestation_micro") == "oui"
    alone = form in ALONE or (s.who.person and not form)
    if micro == "oui":
        admitted = {ELIGIBLE if proven else PIECES}
    elif form in MAY_BE_MICRO:  # « ask, never refuse »: how it is asked is not said
        admitted = {PIECES, VERIFIER}
    else:
        admitted = {PIECES if alone else VERIFIER}  # the form unknown: A_VERIFIER
    if turnover is None or turnover <= ceiling(s.date.year):
        return frozenset(admitted)
    if turnover > ceiling(s.date.year + 1):
        return frozenset({NON})
    # §3 bis: above the year's, not above another's that may be meant. Whether the year after may
    # be is not said (« the reference year is not specified »); the row is of who is micro-social,
    # and a person of whom that is not said is asked for it.
    return frozenset({NON, VERIFIER} | (admitted - {ELIGIBLE} if not micro else set()))


def _certification(s: Situation) -> Admitted:
    """Qualiopi of a listed sub-contractor under CPF (§3 and the first rows of §3 bis)."""
    flag = s.who.flags.get(s.action) if s.who.known and s.date >= s.list_day else None
    certificate = s.certificate(s.date)
    stale = s.date > s.list_day + STALE
    if flag:
        # §3 bis: expired, PIECES; a certificate of another category, a warning. One that begins
        # later or says no end neither proves nor disproves the flag.
        unsure = frozenset({ELIGIBLE, PIECES})
        shown = {"ended": frozenset({PIECES}), "future": unsure, "undated": unsure}
        admitted = shown.get(certificate, frozenset({ELIGIBLE}))
        if stale:  # on an expired one: both the new certificate and a fresh list
            admitted = admitted - {ELIGIBLE} | _stale(certificate)
        # Where the waiver holds, neither flag nor certificate is needed; no row says which wins.
        return admitted | ({ELIGIBLE} & _waiver(s))
    admitted = _uncertified(s, certificate)
    if not s.who.known:
        admitted |= {VERIFIER}  # a list without flags is in no row
    if NON not in admitted:
        return admitted
    if flag is None or s.said("portage_salarial") == "oui":
        # « A flag left blank is not the same as false » (§1), « no flag » refuses (§3).
        # Portage salarial is no subcontract: « whatever the flags ».
        admitted |= {VERIFIER}
    unknown = not s.who.known or s.date < s.list_day or stale  # a NON that rests on a flag
    if unknown or _deemed(s):
        return admitted - {NON} | {VERIFIER}
    return admitted


def _stale(certificate: str) -> Admitted:
    """§3 bis: older than 7 days, an ELIGIBLE that rests on a flag is A_VERIFIER.

    Whether it rests on the flag when a certificate in date is declared beside it is not said.
    """
    return frozenset({VERIFIER, ELIGIBLE} if certificate == "current" else {VERIFIER})


def _uncertified(s: Situation, certificate: str) -> Admitted:
    """What waiver or certificate there is, of one that the list does not show certified."""
    open_text = set(_waiver(s))
    if s.action == "VAE" or s.kind("permis"):
        # §3, §3 bis: the waiver is doubtful. Permis: « A_VERIFIER unless flagged », though the
        # general row refuses whoever cannot be micro-social.
        open_text = {NON if verdict == NON else VERIFIER for verdict in open_text}
        open_text |= {VERIFIER} if s.kind("permis") else set()
    if certificate == "current" or s.action in s.who.sisters:
        # §3 bis: A_VERIFIER (the list lags; another number is certified). Where the waiver holds,
        # the certificate is not needed: the text does not say which row wins.
        return frozenset({VERIFIER} | (open_text & {ELIGIBLE, PIECES}))
    if certificate == "undated":
        open_text.add(VERIFIER)
    return frozenset(open_text)


def _unlisted(s: Situation) -> Admitted:
    """§3 bis: a number in no list held; a wrong one never does better than a right one."""
    received = s.day("recepisse_nda_date")
    recent = received is not None and received <= s.date < months(received, 2)
    certificate = s.certificate(s.date)
    if not recent:
        # Older, undated or none. NON for want of Qualiopi is open once something is declared.
        asked = s.decree and s.said("recepisse_nda") == "oui" and certificate != "current"
        refused = asked and NON in _waiver(s)
        return frozenset({VERIFIER, NON} if refused else {VERIFIER})
    if not s.decree:  # the row is of CPF; a declaration deemed made is an NDA
        return frozenset({ELIGIBLE, VERIFIER})
    if certificate == "current":
        return frozenset({ELIGIBLE, VERIFIER} if s.date > s.list_day + STALE else {ELIGIBLE})
    # A receipt and no certificate: no row. The certificate is asked for, the waiver decides (§3),
    # or the receipt alone is not enough.
    return _waiver(s) | {PIECES, VERIFIER}


def _habilitation(s: Situation) -> Admitted:
    """§3, certifying training: habilitation, or one of its two waivers."""
    said, part, block = s.said("habilitation"), s.said("partie"), s.said("bloc_complet")
    waiver = _waiver(s)
    if said == "oui" or waiver == {ELIGIBLE}:
        return frozenset({ELIGIBLE})
    if part == "partielle" and block == "non":
        # Whoever is micro-social above the ceiling is neither in one waiver nor in the other.
        over = s.said("micro") == "oui" and NON in waiver
        return frozenset({ELIGIBLE, NON, VERIFIER, PIECES} if over else {ELIGIBLE})
    if said == "":
        return frozenset({PIECES})
    if part != "totale" and block != "oui":  # a condition of the waiver is missing: never a NON
        return frozenset({PIECES, VERIFIER})
    if waiver == {NON}:  # « whatever the flags » may mean the habilitation too
        salaried = {VERIFIER} if s.said("portage_salarial") == "oui" else set()
        return _refused(s) | salaried
    # « no habilitation is NON », though the other waiver may hold, of which nothing is said.
    possible = s.who.person or s.said("micro") == "oui" or s.said("forme_juridique") in ALONE
    refused = NON in waiver or not possible
    return frozenset({PIECES, VERIFIER, NON} if refused else {PIECES, VERIFIER})


def _carrier(s: Situation) -> Iterator[Finding]:
    """The carrier and its operation."""
    share = s.number("part_sous_traitee")
    if s.decree and share is not None and share > 80:
        yield one(VERIFIER, "§3 bis: 80 % exceeded")
    if s.decree and s.said("contrat_communique") != "oui":
        admitted = {VERIFIER} if s.said("contrat_communique") else {ELIGIBLE, PIECES}
        yield frozenset(admitted), "§3 bis: not communicated to the CDC; §3: not declared"
    if s.carrier is None:
        yield from _unnamed(s)
        return
    if s.said("porteur_declaration_caduque") == "oui":
        yield frozenset({NON, VERIFIER}), "§2: the carrier's declaration lapsed"
    if s.carrier.entity == s.who.entity:
        yield one(VERIFIER, "§3 bis: carrier and sub-contractor are the same SIREN")
    if not s.carrier.listed:
        yield one(VERIFIER, "§2: the carrier holds an NDA")
    else:
        yield _carrier_certification(s, s.carrier), "§3: Qualiopi of the carrier"
    if s.decree and s.said("porteur_edof") != "oui":
        # « on EDOF »: no row of §3 bis.
        contrary = {NON, VERIFIER} if s.said("porteur_edof") else {ELIGIBLE, PIECES}
        yield frozenset(contrary), "§3: the carrier is on EDOF"
    if s.decree and s.kind("certifiante"):
        yield from declared(s, "porteur_habilitation", {NON}, "§3: the carrier's habilitation")
    yield from portal_and_school(s, "porteur_")


def _unnamed(s: Situation) -> Iterator[Finding]:
    """A carrier of which something contrary is declared, and which nobody names."""
    why = "a wrong ELIGIBLE is never given: what would stop the operation is asked about"
    if s.said("porteur_declaration_caduque") == "oui":
        yield one(VERIFIER, why)
    contrary = ("edof", "habilitation", "agrement_conduite", "france_vae")
    if s.cpf and any(s.said(f"porteur_{name}") == "non" for name in contrary):
        yield one(VERIFIER, why)
    if s.cpf and (s.number("part_sous_traitee") or 0) > 80:
        yield one(VERIFIER, why)


def _carrier_certification(s: Situation, carrier: Who) -> Admitted:
    """§3, « valid on the day of the convention »; §3 bis, « not certified for the category »."""
    day = s.convention
    if not (s.cpf or s.fundings & {*OF_THE_LAW, "FAF"}) or day < QUALIOPI:
        return frozenset({ELIGIBLE})  # own money: the NDA alone; others: from 1 January 2022
    admitted = _carrier_at(s, carrier, day)
    if not s.cpf and not s.fundings & OF_THE_LAW and admitted != {ELIGIBLE}:
        # FAF: not by law, « by their own criteria », a « parameter ».
        return admitted - {NON} | {ELIGIBLE, VERIFIER}
    return admitted


def _carrier_at(s: Situation, carrier: Who, day: dt.date) -> Admitted:
    flag = carrier.flags.get(s.action) if carrier.known and day >= s.list_day else None
    first = None if flag else _first_cfa(s, day)
    if first or day < s.list_day:
        return first or frozenset({VERIFIER})
    certificate = s.certificate(day, "porteur_")
    stale = day > s.list_day + STALE
    if flag:
        if certificate == "ended":  # as for a sub-contractor, or more
            return frozenset({PIECES, VERIFIER})
        if stale:
            return _stale(certificate)
        unsure = certificate in {"future", "undated"}  # as for a sub-contractor
        return frozenset({ELIGIBLE, PIECES} if unsure else {ELIGIBLE})
    sister = s.action in carrier.sisters
    if certificate == "current" or carrier.deemed or stale or sister or not carrier.known:
        return frozenset({VERIFIER})
    # Before 1 April 2024 the text says so of the other fundings; a blank flag: see above.
    sure = flag is False and (s.decree or not s.cpf) and certificate != "undated"
    return frozenset({NON} if sure else {NON, VERIFIER})


def _first_cfa(s: Situation, day: dt.date) -> Admitted | None:
    """R.6316-9: six months from its first convention, its contract with a certifier sent in two."""
    signed, sent = s.day("porteur_premiere_convention"), s.day("porteur_contrat_certificateur")
    if s.action != "APPRENTISSAGE" or signed is None or day > months(signed, 6):
        return None
    if sent is None:  # the second condition is missing, never a NON
        return frozenset({PIECES, VERIFIER})
    return frozenset({ELIGIBLE}) if sent <= months(signed, 2) else None
