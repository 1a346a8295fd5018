"""How a line of ``cas.csv`` becomes organisations of a list and the facts of a question.

The table is for lawyers: its columns speak of situations (« inscrit », « autre NDA certifié »,
« tous sauf titres »), and what each means for the software is said here, once.
"""

from __future__ import annotations

import calendar
import csv
import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stdnum import luhn

from pipelines.portage.facts import PAR_NOM
from pipelines.portage.session import PROFILE
from pipelines.registers.contract import FLAGS
from pipelines.registers.normalise import TITLES
from tests.warehouse.frames import Row, organisme

TABLE = Path(__file__).with_name("cas.csv")
COLUMNS = (
    *("numero", "titre", "source", "date_liste", "date", "financement", "action"),
    *("demande_par", "nom", "inscrit", "certifie", "drapeaux", "autre_nda_certifie"),
    *("porteur_nom", "porteur_inscrit", "porteur_certifie", "porteur_drapeaux"),
    *("documents", "porteur_documents", "faits", "verdict_attendu"),
    *("mot_attendu", "mot_exclu", "base_legale", "explication"),
)
# When those that left the list were seen last, and the first list without them.
SEEN_LAST, ABSENT_SINCE = "2025-12-01", "2025-12-15"
TOWN, POSTCODE = "Exempleville", "13001"
# The organisations of a case; each has a number of its own.
CANDIDATE, OTHER_NDA, STRANGER, CARRIER, CARRIER_OTHER_NDA = range(1, 6)
# The second number of an entity bears the SIREN of the first.
_ENTITY = {OTHER_NDA: CANDIDATE, CARRIER_OTHER_NDA: CARRIER}
_DOCUMENTS = {
    "dereference": "non",
    "accepte_cgu": "oui",
    "cascade": "non",
    "regularite": "oui",
    "probite": "oui",
    "immatriculation": "oui",
    "titres": "oui",
    "contrat_ecrit": "oui",
}
_CARRIER_DOCUMENTS = {"porteur_edof": "oui", "contrat_communique": "oui", "part_sous_traitee": "50"}


@dataclass(frozen=True)
class Case:
    """One line of the table; ``values`` is its text, by column."""

    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    @property
    def number(self) -> int:
        return int(self["numero"])

    @property
    def stated(self) -> dict[str, str]:
        """Give the facts written out in the column « faits »."""
        pairs = [part.split("=", 1) for part in self["faits"].split(" ; ") if part]
        return {name.strip(): value.strip() for name, value in pairs}

    def nda(self, part: int) -> str:
        return f"9313{self.number * 10 + part:05d}13"

    def siren(self, part: int) -> str:
        digits = f"8{self.number * 10 + _ENTITY.get(part, part):07d}"
        return digits + str(luhn.calc_check_digit(digits))

    def siret(self, part: int) -> str:
        digits = self.siren(part) + f"{part:04d}"
        return digits + str(luhn.calc_check_digit(digits))


def load() -> list[Case]:
    """Read the table; a mark at its head tells spreadsheets that it is UTF-8."""
    with TABLE.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter=";", strict=True)
        assert tuple(reader.fieldnames or ()) == COLUMNS
        return [Case(row) for row in reader]


def listed(case: Case) -> list[Row]:
    """Give the organisations that the list of this case holds."""
    found = []
    asked_by = case["demande_par"]
    if case["inscrit"] == "oui":
        previous = [f"7213{case.number:05d}13"] if asked_by == "ancien NDA" else None
        own = _organisme(case, CANDIDATE, case["nom"], case["certifie"], case["drapeaux"])
        found.append({**own, "ndas_precedents": previous})
    if case["autre_nda_certifie"]:
        found.append(_organisme(case, OTHER_NDA, case["nom"], case["autre_nda_certifie"], ""))
    if asked_by == "nom homonyme":
        found.append(_organisme(case, STRANGER, case["nom"], case["certifie"], ""))
    if asked_by == "NDA et SIREN discordants":
        found.append(_organisme(case, STRANGER, "Comptoir Inventé", case["certifie"], ""))
    if case["porteur_inscrit"].startswith("oui"):
        flags = case["porteur_certifie"], case["porteur_drapeaux"]
        found.append(_organisme(case, CARRIER, case["porteur_nom"], *flags))
    if case["porteur_inscrit"] == "oui, autre NDA certifié":
        found.append(_organisme(case, CARRIER_OTHER_NDA, "Porteur Exemple", case["action"], ""))
    return found


def _organisme(case: Case, part: int, name: str, certified: str, flags: str) -> Row:
    categories = certified.split("+") if certified else []
    # As in the list: blank when nothing is certified, false beside a category that is.
    absent = None if flags in ("vide", "illisible") else False
    values = {flag: _category(flag) in categories or absent for flag in FLAGS}
    return organisme(
        case.nda(part),
        siren=case.siren(part),
        siret_declarant=case.siret(part),
        siret_valide=True,
        denomination=name,
        ville=TOWN,
        code_postal=POSTCODE,
        code_departement="13",
        code_region="93",
        certification_connue=flags != "illisible",
        personne_physique_presumee=bool(re.match(TITLES, name)),
        **values,
    )


def _category(flag: str) -> str:
    return flag.removeprefix("certifie_").upper()


def left(cases: Iterable[Case]) -> Iterator[str]:
    """Write what history says of those that left the list, « sorti »: seen, then absent."""
    for case in cases:
        if case["inscrit"] == "sorti":
            nda, siren = case.nda(CANDIDATE), case.siren(CANDIDATE)
            yield (
                "insert into historique.organisme_version by name select "
                f"'{nda}' as nda, '{nda}' as lignee, '{siren}' as siren, false as listee, "
                f"date '{ABSENT_SINCE}' as valide_du, null::date as valide_au"
            )
    for day in (SEEN_LAST, ABSENT_SINCE):
        yield (
            "insert into historique.instantane by name "
            f"select date '{day}' as date_instantane, '' as sha256"
        )


def facts(case: Case) -> dict[str, str]:
    """Give what is declared: who, the mission, the documents, then the facts written out."""
    mission = {name: case[name] for name in ("date", "financement", "action")}
    said = {**_identity(case), **_carrier(case), **mission, **_papers(case), **case.stated}
    unknown = said.keys() - PAR_NOM.keys() - {PROFILE}
    assert not unknown, (case.number, unknown)
    return said


def _identity(case: Case) -> dict[str, str]:
    name = {"nom": case["nom"], "ville": TOWN, "code_postal": POSTCODE}
    siren = case.siren(CANDIDATE)
    wrong_key = siren[:-1] + str((int(siren[-1]) + 1) % 10)
    ways = {
        "NDA": {"nda": case.nda(CANDIDATE)},
        "ancien NDA": {"nda": f"7213{case.number:05d}13"},
        "SIREN": {"siren": siren},
        "NDA et SIREN": {"nda": case.nda(CANDIDATE), "siren": siren},
        "SIRET": {"siret": case.siret(CANDIDATE)},
        "SIREN à clé fausse": {"siren": wrong_key},
        "NDA et SIREN discordants": {"nda": case.nda(CANDIDATE), "siren": case.siren(STRANGER)},
        "nom": name,
        "nom homonyme": name,
        "nom inconnu": {"nom": "Zéphyr Introuvable", "ville": TOWN, "code_postal": POSTCODE},
        "illisible": {"identifiant": "à compléter"},
        "profil": {PROFILE: "oui"},
    }
    return ways[case["demande_par"]]


def _carrier(case: Case) -> dict[str, str]:
    ways = {
        "": {},
        "oui": {"porteur": case.nda(CARRIER)},
        "oui, autre NDA certifié": {"porteur": case.nda(CARRIER)},
        "non": {"porteur": case.nda(CARRIER)},
        "non, par SIREN": {"porteur": case.siren(CARRIER)},
        "même NDA": {"porteur": case.nda(CANDIDATE)},
        "autre NDA": {"porteur": case.nda(OTHER_NDA)},
        "illisible": {"porteur": "à compléter"},
    }
    return ways[case["porteur_inscrit"]]


def _papers(case: Case) -> dict[str, str]:
    enabled = "CPF" in case["financement"] and case.stated.get("type_formation") == "certifiante"
    own = {**_DOCUMENTS, "attestation_vigilance": _month_before(case["date"])}
    carrier = dict(_CARRIER_DOCUMENTS)
    if enabled:
        own["habilitation"] = "oui"
        carrier["porteur_habilitation"] = "oui"
    if "CPF" in case["financement"] and case.stated.get("type_formation") == "permis":
        own["agrement_conduite"] = carrier["porteur_agrement_conduite"] = "oui"
    if "BILAN_COMPETENCES" in case["action"]:
        own["bilan_donnees"] = "oui"
    if "CPF" in case["financement"] and case["action"] == "VAE":
        own["france_vae"] = carrier["porteur_france_vae"] = "oui"
    return {**_held(own, case["documents"]), **_held(carrier, case["porteur_documents"])}


def _held(papers: dict[str, str], said: str) -> dict[str, str]:
    """Read « tous », « tous sauf … + … », « aucun » (or nothing, where nobody was asked)."""
    if said in ("aucun", ""):
        return {}
    head, _, listed_out = said.partition(" sauf ")
    missing = set(listed_out.split(" + ")) if listed_out else set()
    assert head == "tous", said
    assert missing <= papers.keys(), said
    return {name: value for name, value in papers.items() if name not in missing}


def _month_before(date: str) -> str:
    day = dt.date.fromisoformat(date)
    year, month = (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
    last = calendar.monthrange(year, month)[1]
    return dt.date(year, month, min(day.day, last)).isoformat()
