"""What each sentence of ``portage_motif.csv`` says of the facts declared, by a reader of it.

A sentence is written once and told beside any facts: it must be true of all that lead to it. A
claim takes the facts as they are read (None: not declared), those of the party that it is told of.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.portage.facts import FAITS

Facts = Mapping[str, Any]
Claim = Callable[[Facts], bool]


def yes(*names: str) -> Claim:
    return lambda f: all(f[name] is True for name in names)


def no(name: str) -> Claim:
    return lambda f: f[name] is False


def unsaid(*names: str) -> Claim:
    """Nothing is declared of any."""
    return lambda f: all(f[name] is None for name in names)


def without(name: str) -> Claim:
    """It is not declared held; it may be declared missing."""
    return lambda f: f[name] is not True


def given(*names: str) -> Claim:
    return lambda f: all(f[name] is not None for name in names)


def above(name: str, limit: float) -> Claim:
    return lambda f: f[name] is not None and f[name] > limit


def upto(name: str, limit: float) -> Claim:
    return lambda f: f[name] is not None and f[name] <= limit


def both(*claims: Claim) -> Claim:
    return lambda f: all(claim(f) for claim in claims)


def always(_: Facts) -> bool:
    """It says nothing of what is declared, or asks only."""
    return True


def _certificate(f: Facts) -> bool:
    """A certificate for the action, in date on the day of the contract."""
    begins = f["certificat_debut"] is None or f["certificat_debut"] <= f["jour"]
    ends = f["certificat_fin"] is not None and f["certificat_fin"] >= f["jour"]
    return begins and ends and f["action"] in (f["certificat"] or [])


def _nothing_to_compare(f: Facts) -> bool:
    known = f["certificat_fin"] is not None and f["fin_mission"] is not None
    return not known or f["certificat_fin"] < f["jour"]


def _no_breach(f: Facts) -> bool:
    share = f["juge_porteur"] and f["part_sous_traitee"] is not None and f["part_sous_traitee"] > 80
    kept = ("regularite", "accepte_cgu", "contrat_communique")
    return not (f["cascade"] or f["dereference"] or any(f[name] is False for name in kept) or share)


_MICRO = ("MICRO_ACQUISE", "MICRO_PLAFOND_AUTRE", "MICRO_DEPASSE")
CLAIMS: dict[str, Claim] = {
    "IDENTITE_ABSENTE": always,
    "NDA_RECEPISSE": given("recepisse_nda_date"),
    "NDA_RECEPISSE_ANCIEN": lambda f: (
        bool(f["recepisse_nda"]) or f["recepisse_nda_date"] is not None
    ),
    "NDA_INTROUVABLE": both(without("recepisse_nda"), unsaid("recepisse_nda_date")),
    "NDA_VIGUEUR_RECENTE": both(given("recepisse_nda_date"), without("declaration_caduque")),
    "NDA_VIGUEUR_DECLAREE": no("declaration_caduque"),
    "NDA_CADUC": yes("declaration_caduque"),
    "NDA_VIGUEUR_INCONNUE": unsaid("declaration_caduque"),
    "NDA_VIGUEUR_INDETERMINEE": without("declaration_caduque"),
    "NDA_A_JOUR": without("declaration_caduque"),
    "NDA_PERIMEE": without("declaration_caduque"),
    "QUALIOPI_LISTE_ET_CERTIFICAT": _certificate,
    "QUALIOPI_CERTIFICAT_SEUL": _certificate,
    "QUALIOPI_CERTIFICAT_NON_LISTE": _certificate,
    "QUALIOPI_CERTIFICAT_FINI": lambda f: f["certificat_fin"] < f["jour"],
    "QUALIOPI_CERTIFICAT_A_VENIR": lambda f: f["certificat_debut"] > f["jour"],
    "QUALIOPI_CERTIFICAT_INCOMPLET": lambda f: (
        f["certificat_declare"] or f["certificat_fin"] is not None
    ),
    "QUALIOPI_NON_CERTIFIE": lambda f: not _certificate(f),
    "QUALIOPI_REPUTE_FORME": given("forme_juridique"),
    "CERTIFICAT_COUVRE": lambda f: f["certificat_fin"] >= f["fin_mission"],
    "CERTIFICAT_AVANT_FIN": lambda f: f["certificat_fin"] < f["fin_mission"],
    "CERTIFICAT_AVANT_CONTRAT": given("certificat_fin"),
    "CERTIFICAT_NON_DIT": _nothing_to_compare,
    "CERTIFICAT_AUTRE_CATEGORIE": lambda f: f["action"] not in f["certificat"],
    "CERTIFICAT_MEME_CATEGORIE": always,
    **{name: given("ca") for name in _MICRO},
    "MICRO_CA_INCONNU": both(yes("micro"), unsaid("ca")),
    "MICRO_CA_ANCIEN": given("ca", "annee_ca"),
    "MICRO_NON": no("micro"),
    "MICRO_FORME_IMPOSSIBLE": given("forme_juridique"),
    "MICRO_CONTRADICTOIRE": both(yes("micro"), given("forme_juridique")),
    "MICRO_PRESUMEE": lambda f: f["micro"] is None or f["ca"] is None,
    "MICRO_FORME_INCONNUE": unsaid("forme_juridique"),
    "MICRO_FORME_A_DEMANDER": given("forme_juridique"),
    "PLAFOND_NON_LU": given("ca"),
    "BLOC_MOINS": lambda f: f["bloc_complet"] is False and f["partie"] == "partielle",
    "BLOC_COMPLET": yes("bloc_complet"),
    "BLOC_ACTION_ENTIERE": lambda f: f["partie"] == "totale",
    "PORTAGE_SALARIAL_DISPENSE": yes("portage_salarial"),
    "CFA_NON_DIT": unsaid("porteur_premiere_convention"),
    "CFA_A_VENIR": given("porteur_premiere_convention"),
    "HABILITATION_TENUE": yes("habilitation"),
    "HABILITATION_ABSENTE": no("habilitation"),
    "HABILITATION_MANQUANTE": unsaid("habilitation"),
    "HABILITATION_NATURE_INCONNUE": unsaid("type_formation"),
    "HABILITATION_SANS_OBJET": lambda f: f["type_formation"] not in (None, "certifiante"),
    "HABILITATION_HORS_CPF_ABSENTE": no("habilitation"),
    "HABILITATION_HORS_CPF_SANS_OBJET": lambda f: (
        f["habilitation"] is not False or (f["role"] != "porteur" and f["bloc_complet"] is False)
    ),
    "MICRO_PREUVE_TENUE": yes("attestation_micro"),
    "MICRO_PREUVE_MANQUANTE": both(given("ca"), without("attestation_micro")),
    "DEREFERENCE_SATISFAIT": no("dereference"),
    "DEREFERENCE_NON_SATISFAIT": yes("dereference"),
    "DEREFERENCE_NON_DIT": unsaid("dereference"),
    "CASCADE_SATISFAIT": no("cascade"),
    "CASCADE_NON_SATISFAIT": yes("cascade"),
    "CASCADE_NON_DIT": unsaid("cascade"),
    "PROCEDURE_COLLECTIVE_SATISFAIT": no("procedure_collective"),
    "PROCEDURE_COLLECTIVE_NON_SATISFAIT": yes("procedure_collective"),
    "PROCEDURE_COLLECTIVE_NON_DIT": unsaid("procedure_collective"),
    **{
        f"{name.upper()}_{word}": claim
        for name in ("accepte_cgu", "regularite", "probite", "unite_active", "rc_pro")
        for word, claim in (
            ("SATISFAIT", yes(name)),
            ("NON_SATISFAIT", no(name)),
            ("NON_DIT", unsaid(name)),
        )
    },
    "PORTEUR_EDOF_SATISFAIT": yes("porteur_edof"),
    "PORTEUR_EDOF_NON_SATISFAIT": no("porteur_edof"),
    "PORTEUR_EDOF_NON_DIT": unsaid("porteur_edof"),
    "TITRES_SATISFAIT": yes("titres"),
    "TITRES_NON_DIT": without("titres"),
    "VIGILANCE_A_JOUR": given("attestation_vigilance"),
    "VIGILANCE_EXPIREE": given("attestation_vigilance"),
    "VIGILANCE_POSTERIEURE": lambda f: f["attestation_vigilance"] > f["jour"],
    "VIGILANCE_MANQUANTE": unsaid("attestation_vigilance"),
    "IMMATRICULATION_TENUE": yes("immatriculation"),
    "IMMATRICULATION_MANQUANTE": without("immatriculation"),
    "IMMATRICULATION_NON_OBLIGATOIRE": given("forme_juridique"),
    **{
        f"{name}_SOUS_SEUIL": lambda f: f["montant"] < 5000
        for name in ("VIGILANCE", "IMMATRICULATION", "ETRANGERS", "ETRANGER")
    },
    "VIGILANCE_ETRANGER": yes("etabli_etranger"),
    "IMMATRICULATION_ETRANGER": yes("etabli_etranger"),
    "ETRANGERS_AUCUN": no("salaries_etrangers"),
    "ETRANGERS_NON_DIT": unsaid("salaries_etrangers"),
    "ETRANGERS_LISTE_TENUE": yes("liste_salaries_etrangers"),
    "ETRANGERS_LISTE_MANQUANTE": both(
        yes("salaries_etrangers"), without("liste_salaries_etrangers")
    ),
    "ETRANGER_NON": without("etabli_etranger"),
    "ETRANGER_DOCUMENTS_TENUS": yes("etabli_etranger", "documents_etranger"),
    "ETRANGER_DOCUMENTS_MANQUANTS": both(yes("etabli_etranger"), without("documents_etranger")),
    "PORTEUR_TU": lambda f: not f["juge_porteur"] and f["faits_du_porteur"],
    "PORTEUR_TU_CONTRAIRE": lambda f: not f["juge_porteur"] and f["faits_du_porteur"],
    "PORTEUR_NOMME": lambda f: f["juge_porteur"] or not f["faits_du_porteur"],
    "AVENANT_NON_DIT": unsaid("date_avenant"),
    "CONTRAT_TENU": yes("contrat_ecrit"),
    "CONTRAT_MANQUANT": without("contrat_ecrit"),
    "NATURE_NON_DITE": unsaid("type_formation"),
    "NATURE_DITE": given("type_formation"),
    "PORTAGE_SALARIAL": yes("portage_salarial"),
    "PORTAGE_SALARIAL_NON": no("portage_salarial"),
    "PORTAGE_SALARIAL_NON_DIT": unsaid("portage_salarial"),
    "HEURES_ADMISES": upto("heures", 24),
    "HEURES_DEPASSEES": above("heures", 24),
    "HEURES_NON_DITES": unsaid("heures"),
    "PARTIE_TOTALE": lambda f: f["partie"] == "totale",
    "PARTIE_PARTIELLE": lambda f: f["partie"] == "partielle",
    "PARTIE_NON_DITE": unsaid("partie"),
    "CONSENTEMENT_OUI": yes("consentement"),
    "CONSENTEMENT_REFUSE": no("consentement"),
    "CONSENTEMENT_NON_DIT": unsaid("consentement"),
    "BILAN_DONNEES_TENU": yes("bilan_donnees"),
    "BILAN_DONNEES_NON": no("bilan_donnees"),
    "BILAN_DONNEES_NON_DIT": unsaid("bilan_donnees"),
    "BILAN_5_ANS_NON": no("bilan_5_ans"),
    "BILAN_5_ANS_OUI": yes("bilan_5_ans"),
    "BILAN_5_ANS_NON_DIT": unsaid("bilan_5_ans"),
    "BILAN_PLAFOND_NON_DIT": unsaid("montant"),
    "PART_NON_DITE": unsaid("part_sous_traitee"),
    "PART_TENUE": upto("part_sous_traitee", 80),
    "PART_DEPASSEE": above("part_sous_traitee", 80),
    "CONTRAT_COMMUNIQUE_OUI": yes("contrat_communique"),
    "CONTRAT_COMMUNIQUE_NON_DIT": unsaid("contrat_communique"),
    "CONTRAT_COMMUNIQUE_NON": no("contrat_communique"),
    "BPF_DECLARE": given("bpf"),
    "BPF_INCONNU": unsaid("bpf"),
    "BPF_NON_DU": given("recepisse_nda_date"),
    "EXIGENCES_RNQ_NOMMEES": yes("exigences_rnq"),
    "DECLARATION_ANNUELLE_OUI": yes("declaration_annuelle"),
    "DECLARATION_ANNUELLE_NON": no("declaration_annuelle"),
    "DECLARATION_ANNUELLE_NON_DIT": unsaid("declaration_annuelle"),
    "SANCTIONS_ENCOURUES": lambda f: not _no_breach(f),
    "SANCTIONS_SANS_OBJET": _no_breach,
    "FRANCE_VAE_OUI": yes("france_vae"),
    "FRANCE_VAE_NON": no("france_vae"),
    "FRANCE_VAE_NON_DIT": unsaid("france_vae"),
    "AGREMENT_TENU": yes("agrement_conduite"),
    "AGREMENT_ABSENT": no("agrement_conduite"),
    "AGREMENT_NON_DIT": unsaid("agrement_conduite"),
}
# They speak of the list, of the law, or of how facts are read: other tests hold them.
ELSEWHERE = {
    *("QUALIOPI_DRAPEAU_INCONNU", "QUALIOPI_INDETERMINE", "NDA_INDETERMINE", "NDA_SORTI"),
    *("QUALIOPI_NON_LISTE", "BPF_PERIME", "NDA_PARU_DEPUIS", "DEPUIS_SANS_OBJET"),
    *("NDA_PROFIL", "DATE_PROFIL"),
    *("MICRO_PREUVE_SANS_OBJET", "FAITS_LISIBLES", "FAITS_COHERENTS", "PLAFOND_LU"),
}


def of_party(row: Mapping[str, Any], role: str, day: dt.date, action: str | None) -> Facts:
    """The facts of one party, under the names that the sub-contractor's have."""
    found = {**row, "jour": day, "role": role, "action": action}
    if role == "porteur":
        twins = {fact.pareil: row[fact.nom] for fact in FAITS if fact.pareil}
        found |= {**dict.fromkeys(twins), **twins, "bpf": None}
        found["certificat_declare"] = row["porteur_certificat_declare"]
    begins = found["certificat_debut"]
    if begins and not found["certificat_fin"]:  # three years, less a day (R.6316-2)
        ends = begins.replace(year=begins.year + 3) - dt.timedelta(days=1)
        found["certificat_fin"] = ends
    return found
