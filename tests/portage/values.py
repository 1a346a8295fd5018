"""The values of facts whose combinations are asked, the organisations and the days of lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from tests.portage import demands
from tests.portage.demands import ABSENT, DAY, LIST_DAY, SIRENS, number
from tests.portage.situation import Who, months
from tests.warehouse.frames import flags, organisme

ACTIONS = {
    "ACTION_FORMATION": "certifie_action_formation",
    "BILAN_COMPETENCES": "certifie_bilan_competences",
    "VAE": "certifie_vae",
    "APPRENTISSAGE": "certifie_apprentissage",
}
# Two that are certified for nothing, flags « false », and a carrier certified for everything.
COMPANY, ALONE, CARRIER = number(20), number(21), number(22)
ORGANISATIONS = [
    *demands.ORGANISATIONS,
    organisme(
        COMPANY,
        denomination="COMPAGNIE FICTIVE",
        siren="900000068",
        **flags(False, False, False, False),
    ),
    organisme(
        ALONE,
        denomination="Monsieur FICTIF",
        personne_physique_presumee=True,
        **flags(False, False, False, False),
    ),
    organisme(
        CARRIER, denomination="PORTEUR FICTIF", siren="900000076", **flags(True, True, True, True)
    ),
]


def listed(identifier: str) -> Who:
    """What the list says of a number of declaration, or of a SIREN."""
    same = [row for row in ORGANISATIONS if identifier in (row["nda"], row["siren"])]
    if not same:
        return Who(identifier, listed=False)
    row = same[0]
    entity = row["siren"] or row["nda"]
    certified = {action: row[flag] for action, flag in ACTIONS.items() if row[flag] is not None}
    sisters = frozenset(
        action
        for other in ORGANISATIONS
        for action, flag in ACTIONS.items()
        if other["siren"] == entity and other is not row and other[flag]
    )
    if identifier == row["siren"]:  # §3 bis: judged on the certified number
        certified, sisters = certified | dict.fromkeys(sisters, True), frozenset()
    return Who(
        entity,
        flags=certified,
        known=row["certification_connue"],
        person=row["personne_physique_presumee"],
        deemed="Université" in row["denomination"],
        sisters=sisters,
    )


@dataclass(frozen=True)
class On:
    """A date some months and days from that of the contract."""

    months: int = 0
    days: int = 0

    def text(self, contract: dt.date) -> str:
        """The date, as files have it."""
        return (months(contract, self.months) + dt.timedelta(self.days)).isoformat()


Patch = Mapping[str, str | On]
Dimension = Mapping[str, Patch]

WHO = {
    "certified": demands.CERTIFIED,
    "false": COMPANY,
    "person, false": ALONE,
    "person, blank": demands.PERSON,
    "blank": demands.BLANK,
    "formation alone": demands.FALSE,
    "unlisted": ABSENT,
    "university": demands.UNIVERSITY,
    "another number certified": demands.SISTER,
    "by SIREN": SIRENS[3],
    "list without flags": demands.UNKNOWN,
}
CARRIERS = {
    "certified": CARRIER,
    "none": "",
    "false": COMPANY,
    "blank": demands.BLANK,
    "same": "",
    "unlisted": number(998),
    "university": demands.UNIVERSITY,
    "sister": demands.SISTER_CERTIFIED,
    "apprentissage alone": demands.CFA,
}
# The days of lists, so that both sides of each date of the law are judged on a list of that week.
MOMENTS: dict[str, tuple[str, str, str]] = {
    "day of the list + 1": (LIST_DAY.isoformat(), DAY.isoformat(), ""),
    "before the list": (LIST_DAY.isoformat(), "2026-01-14", ""),
    "list of 7 days": (LIST_DAY.isoformat(), "2026-01-22", ""),
    "list of 8 days": (LIST_DAY.isoformat(), "2026-01-23", ""),
    "2021": ("2021-12-28", "2021-12-31", ""),
    "2022": ("2021-12-28", "2022-01-01", ""),
    "before the decree": ("2024-03-28", "2024-03-31", ""),
    "before the decree, amended": ("2024-03-28", "2024-03-31", "2024-04-02"),
    "decree": ("2024-03-28", "2024-04-01", ""),
    "last day of creation": ("2025-02-12", "2025-02-15", ""),
    "creation left": ("2025-02-12", "2025-02-16", ""),
    "before France VAE": ("2025-07-28", "2025-07-31", ""),
    "France VAE": ("2025-07-28", "2025-08-01", ""),
    "last day of 2025": ("2025-12-28", "2025-12-31", ""),
    "first day of 2026": ("2025-12-28", "2026-01-01", ""),
    "law of June 2026": ("2026-06-25", "2026-06-28", ""),
    "RNQ of November 2026": ("2026-10-29", "2026-11-01", ""),
}


def _facts(**values: str | On) -> Patch:
    return values


def _choices(fact: str, *values: str) -> Dimension:
    """A fact under each of its values; an empty one is not declared."""
    return {value or "not said": {fact: value} for value in values}


def _certificate(prefix: str) -> Dimension:
    def of(categories: str, start: On, end: On) -> Patch:
        names = (f"{prefix}certificat", f"{prefix}certificat_debut", f"{prefix}certificat_fin")
        return dict(zip(names, (categories, start, end), strict=True))

    every, past, soon = "+".join(ACTIONS), On(months=-12), On(months=24)
    return {
        "none": {},
        "in date": of(every, past, soon),
        "ends that day": of(every, past, On()),
        "ended": of(every, past, On(days=-1)),
        "begins later": of(every, On(days=1), soon),
        "of another category": of("APPRENTISSAGE", past, soon),
        "undated": _facts(**{f"{prefix}certificat": every}),
    }


DIMENSIONS: dict[str, Dimension] = {
    "who": {name: {} for name in WHO},
    "funding": _choices(
        "financement",
        "CPF",
        "CPF+FONDS_PROPRES",
        "OPCO",
        "FRANCE_TRAVAIL",
        "FAF",
        "FONDS_PROPRES",
        "OPCO+FONDS_PROPRES",
    ),
    "action": _choices("action", *ACTIONS),
    "moment": {name: {} for name in MOMENTS},
    "type": _choices(
        "type_formation", "certifiante", "permis", "creation_entreprise", "action_de_droit", ""
    ),
    "micro": _choices("micro", "", "oui", "non"),
    "turnover": _choices("ca", "", "42000", "77700", "77700.01", "83600", "83600.01"),
    "form": _choices("forme_juridique", "", "EI", "5499", "SASU", "5710", "9220", "7383"),
    "certificate": _certificate(""),
    "carrier": {name: {} for name in CARRIERS},
    "carrier's certificate": _certificate("porteur_"),
    "convention": {
        "day of the contract": {},
        "before": _facts(date_convention=On(days=-3)),
        "after": _facts(date_convention=On(days=2)),
    },
    "habilitation": _choices("habilitation", "oui", "", "non"),
    "part": _choices("partie", "totale", "partielle", ""),
    "block": _choices("bloc_complet", "oui", "non", ""),
    "receipt": {
        "none": _facts(recepisse_nda=""),
        "recent": _facts(recepisse_nda="oui", recepisse_nda_date=On(days=-30)),
        "of two months": _facts(recepisse_nda="oui", recepisse_nda_date=On(months=-2)),
        "a day under two months": _facts(
            recepisse_nda="oui", recepisse_nda_date=On(months=-2, days=1)
        ),
        "undated": _facts(recepisse_nda="oui"),
        "of tomorrow": _facts(recepisse_nda="oui", recepisse_nda_date=On(days=1)),
    },
    "amount": _choices("montant", "5000", "4999.99", ""),
    "vigilance": {
        "in date": _facts(attestation_vigilance=On(days=-30)),
        "missing": {},
        "six months": _facts(attestation_vigilance=On(months=-6)),
        "a day under six months": _facts(attestation_vigilance=On(months=-6, days=1)),
        "after the contract": _facts(attestation_vigilance=On(days=1)),
    },
    "share": _choices("part_sous_traitee", "", "80", "80.01"),
    "first convention": {
        "none": {},
        "last day": _facts(
            porteur_premiere_convention=On(months=-6), porteur_contrat_certificateur=On(months=-5)
        ),
        "a day late": _facts(
            porteur_premiere_convention=On(months=-6, days=-1),
            porteur_contrat_certificateur=On(months=-5),
        ),
        "not sent": _facts(porteur_premiere_convention=On(months=-3)),
        "sent at two months": _facts(
            porteur_premiere_convention=On(months=-4), porteur_contrat_certificateur=On(months=-2)
        ),
        "sent late": _facts(
            porteur_premiere_convention=On(months=-4),
            porteur_contrat_certificateur=On(months=-2, days=1),
        ),
    },
    "portage salarial": _choices("portage_salarial", "", "oui"),
    "lapsed": _choices("declaration_caduque", "", "oui"),
    "carrier lapsed": _choices("porteur_declaration_caduque", "", "oui"),
    "hours": _choices("heures", "24", "24.01", ""),
    "abroad": {
        "no": _facts(etabli_etranger="non", salaries_etrangers="non"),
        "staff, listed": _facts(salaries_etrangers="oui", liste_salaries_etrangers="oui"),
        "staff, not listed": _facts(salaries_etrangers="oui"),
        "established, documents": _facts(etabli_etranger="oui", documents_etranger="oui"),
        "established": _facts(etabli_etranger="oui"),
    },
    **{
        fact: _choices(fact, good, "", "oui" if good == "non" else "non")
        for fact, good in {
            "dereference": "non",
            "cascade": "non",
            "bilan_5_ans": "non",
            "consentement": "oui",
            "exigences_rnq": "oui",
            "accepte_cgu": "oui",
            "regularite": "oui",
            "probite": "oui",
            "titres": "oui",
            "immatriculation": "oui",
            "contrat_ecrit": "oui",
            "contrat_communique": "oui",
            "attestation_micro": "oui",
            "bilan_donnees": "oui",
            "france_vae": "oui",
            "agrement_conduite": "oui",
            "porteur_edof": "oui",
            "porteur_habilitation": "oui",
            "porteur_france_vae": "oui",
            "porteur_agrement_conduite": "oui",
        }.items()
    },
}
# What all situations say alike.
SAID: Patch = _facts(declaration_annuelle="oui", bpf=On(days=-200))
# What decides together: all triples of each group are met too (or all its choices), all else being
# in order, since what is refused for one fact says nothing of others.
GROUPS = {
    ("who", "funding", "action", "moment"): 3,
    ("who", "action", "micro", "turnover"): 4,
    ("who", "action", "micro", "certificate"): 3,
    ("who", "micro", "turnover", "moment"): 3,
    ("who", "micro", "turnover", "form", "certificate", "receipt"): 3,
    ("who", "type", "micro", "turnover", "form", "habilitation", "part", "block"): 3,
    ("action", "funding", "type", "moment", "carrier"): 3,
    ("moment", "certificate", "carrier", "carrier's certificate", "convention"): 3,
    ("action", "funding", "carrier", "carrier's certificate", "convention", "first convention"): 3,
}
