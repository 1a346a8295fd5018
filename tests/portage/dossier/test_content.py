"""What a dossier says, sentence by sentence."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pipelines.french import date_longue
from pipelines.portage.dossier.content import CONTRACT_ITEMS, content
from pipelines.portage.dossier.content import sheet as written
from pipelines.portage.dossier.inventory import attachments
from pipelines.portage.dossier.quality import _rows
from pipelines.portage.dossier.seen import Review
from pipelines.portage.dossier.source import Held
from pipelines.portage.verdict import NO_ADVICE_OF_A_DOSSIER
from tests.portage.dossier.dossiers import (
    CARRIER,
    MOMENT,
    NDA,
    NUMBER,
    REVIEW,
    SEAL,
    SIREN,
    SOURCE,
    answer,
    control,
    missing,
    party,
    with_carrier,
)


def said(found: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return content(found, replace(SOURCE, **changes), NUMBER, REVIEW, SEAL)


def sheet(found: dict[str, Any], **changes: Any) -> dict[str, Any]:
    text = written(found, replace(SOURCE, **changes), NUMBER, REVIEW)
    assert text.endswith("}\n")
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def found_by(**values: Any) -> dict[str, str]:
    """What is told of a sub-contractor found in this way."""
    rapprochement = {**party()["rapprochement"], **values.pop("rapprochement", {})}
    told = said(answer(organisme=party(rapprochement=rapprochement, **values)))
    return dict(told["parties"][0]["lignes"])


@pytest.mark.parametrize(
    ("date", "text"),
    [
        ("2026-03-01", "1er mars 2026"),
        ("2026-08-31", "31 août 2026"),
        (dt.date(2025, 12, 11), "11 décembre 2025"),
        ("2026-03-02T09:05:07+01:00", "2 mars 2026"),
    ],
)
def test_a_day_in_french(date: Any, text: str) -> None:
    assert date_longue(date) == text


def test_the_moment_is_that_of_paris() -> None:
    night = dt.datetime(2026, 6, 30, 22, 30, tzinfo=dt.UTC)
    told = content(answer(), SOURCE, NUMBER, Review(night), SEAL)
    assert told["date_dite"] == "1er juillet 2026 à 00 h 30 (heure de Paris)"
    assert told["date"] == [2026, 6, 30, 22, 30, 0]
    text = written(answer(), SOURCE, NUMBER, Review(night))
    assert json.loads(text)["date_emission"] == "2026-07-01T00:30:00+02:00"


def test_how_the_organisation_was_found() -> None:
    assert found_by()["Demandé par"] == f"NDA {NDA}"
    told = found_by(
        rapprochement={
            "qualite": "NOM",
            "demande_par": "NOM",
            "identifiant": None,
            "score": 93.4,
            "message": "Le nom est proche de celui de la liste.",
        },
        faits={"nom": "Atelier fictif"},
    )
    assert told["Demandé par"] == "nom Atelier fictif"
    assert told["Rapprochement"] == (
        "trouvé dans la liste par le nom (ressemblance 93 sur 100). Le nom est proche de celui "
        "de la liste."
    )
    told = found_by(rapprochement={"qualite": "REPARE", "message": "Un zéro a été remis."})
    assert told["Rapprochement"] == (
        "trouvé dans la liste après réparation du numéro donné. Un zéro a été remis."
    )


def test_an_organisation_that_the_list_lacks() -> None:
    values = {"dans_la_liste": False, "denomination": None, "ville": None, "code_postal": None}
    told = found_by(**values, nda=NDA, rapprochement={"qualite": "ABSENT"})
    assert told["Dénomination"] == "inconnue de la liste"
    assert told["Numéro (NDA)"] == NDA
    assert told["Rapprochement"] == "absent de la liste, d'après le numéro donné."
    assert "Certifié d'après la liste" not in told, "the list says nothing of it"
    assert "Commune" not in told
    by_siren = {"demande_par": "SIREN", "identifiant": SIREN, "qualite": "ABSENT"}
    told = found_by(**values, nda=None, rapprochement=by_siren)
    assert told["Numéro (NDA)"] == "aucun dans la liste", "a SIREN is no NDA"


def test_a_flag_left_blank_is_not_a_no() -> None:
    flags = found_by()["Certifié d'après la liste"].replace("\u00a0", " ")
    assert flags == (
        "actions de formation : oui · bilans de compétences : oui · VAE : non · "
        "apprentissage : rien d'indiqué"
    )


def test_no_flag_at_all() -> None:
    told = found_by(certifications=dict.fromkeys(party()["certifications"]))
    assert told["Certifié d'après la liste"] == "aucune certification n'est indiquée"


def test_of_a_natural_person_the_name_and_no_place() -> None:
    found = answer()
    found["organisme"]["faits"] |= {"ville": "MARSEILLE", "code_postal": "13001", "nom": "Fictif"}
    people = frozenset({"sous_traitant"})
    told = said(found, personnes=people)
    assert dict(told["parties"][0]["lignes"])["Dénomination"] == "ATELIER FICTIF"
    for text in (json.dumps(told), json.dumps(sheet(found, personnes=people))):
        assert "MARSEILLE" not in text
        assert "13001" not in text
    carried = with_carrier()
    text = json.dumps(sheet(carried, personnes=people))
    assert text.count("MARSEILLE") == 1, "the carrier is no natural person"
    assert "MARSEILLE" in json.dumps(sheet(found))


def test_other_organisations_are_no_part_of_the_proof() -> None:
    near = {"proches": [{"nda": CARRIER, "denomination": "AUTRE", "ville": "LYON", "score": 80.0}]}
    found = answer()
    found["organisme"]["rapprochement"] |= near
    for text in (json.dumps(said(found)), json.dumps(sheet(found))):
        assert "AUTRE" not in text
    assert found["organisme"]["rapprochement"]["proches"], "the answer itself is left as it was"


def test_documents_missing_then_held() -> None:
    found = answer(pieces_manquantes=[missing("recepisse", "ST_NDA")])
    assert [
        (item["libelle"], item["etat"], item["detail"]) for item in said(found)["documents"]
    ] == [
        ("Pièce nommée recepisse", "à réunir", "Écarte la solidarité du donneur d'ordre."),
        (
            "Attestation de vigilance de l'URSSAF",
            "déclaré, non vu",
            "« 15/01/2026 » · code de sécurité : …………………… · vérifié sur urssaf.fr le : ……………",
        ),
        ("CV, titres et qualifications", "déclaré, non vu", ""),
    ]


def test_a_document_declared_and_yet_missing_is_missing() -> None:
    found = answer(pieces_manquantes=[missing()])  # an attestation out of date
    told = [(item["libelle"], item["etat"]) for item in attachments(found, SOURCE, REVIEW)]
    assert told == [
        ("Pièce nommée vigilance", "à réunir"),
        ("CV, titres et qualifications", "déclaré, non vu"),
    ]


def test_the_receipt_of_one_party_is_not_that_of_the_other() -> None:
    held = (
        Held("recepisse_nda", "Récépissé du sous-traitant", ""),
        Held("porteur_recepisse_nda", "Récépissé du porteur", ""),
    )
    found = with_carrier(
        pieces_manquantes=[missing("recepisse", "PO_NDA")],
        controles=[control("PO_NDA", "INCONNU", role="porteur")],
    )
    told = [item["libelle"] for item in attachments(found, replace(SOURCE, tenues=held), REVIEW)]
    assert told == ["Pièce nommée recepisse (porteur)", "Récépissé du sous-traitant"]


def test_what_decided() -> None:
    why = ("Il n'est pas certifié.", "Il n'est pas certifié.")
    assert said(answer("NON_ELIGIBLE"), raisons=why)["raisons"] == ["Il n'est pas certifié."]
    twice = [missing("recepisse", "ST_NDA"), missing("recepisse", "PO_NDA"), missing("titres")]
    told = said(answer("PIECES_MANQUANTES", pieces_manquantes=twice), raisons=why)
    assert told["raisons"] == ["Pièce nommée recepisse", "Pièce nommée titres"]


def test_controls_come_role_by_role_each_whole() -> None:
    controls = [
        control("ST_NDA", "NON_SATISFAIT", confiance="INCERTAIN"),
        control("ST_VIGILANCE", "SANS_OBJET", preuve=None),
        control("ST_QUALIOPI", "AVERTISSEMENT", role="porteur"),
    ]
    told = said(answer(controles=controls))["controles"]
    assert [(group["titre"], len(group["lignes"])) for group in told] == [
        ("Le sous-traitant", 2),
        ("Le porteur", 1),
    ]
    assert told[0]["lignes"][0] == {
        "regle": "ST_NDA",
        "exigence": "Le sous-traitant a un numéro de déclaration d'activité.",
        "statut": "non satisfait",
        "signe": "✗",
        "poids": "exigé",
        "constat": "Dans la liste du 15 janvier 2026.",
        "preuve": "Liste publique du 15 janvier 2026",
        "base_legale": "L.6351-1",
        "confiance": "incertain",
    }
    assert told[0]["lignes"][1]["preuve"] == ""


def test_divergent_readings_are_told_where_the_rule_applies() -> None:
    told = said(answer())["precisions"]
    assert told == [("ST_QUALIOPI", "Un prestataire soutient l'inverse ; le Code tranche.")]
    assert said(answer(controles=[control("ST_QUALIOPI", "SANS_OBJET")]))["precisions"] == []


def test_the_contract_items_bind_where_their_rule_applies() -> None:
    """Under CPF since April 2024, and not for apprentissage."""
    assert len(CONTRACT_ITEMS) == 8
    exigences = {"CT_ECRIT_CPF": "Un contrat écrit.", "CT_ECRIT_FINANCEURS": "Un contrat écrit."}
    bound = said(answer(controles=[control("CT_ECRIT_CPF", "INCONNU")]), exigences=exigences)
    assert bound["mentions_base"] == (
        "Obligatoires : article R.6333-6-2 du Code du travail. Cochez chaque mention lue dans le "
        "contrat."
    )
    other = answer(controles=[control("CT_ECRIT_FINANCEURS")])
    other["regles"]["financement"] = ["OPCO"]
    told = said(other, exigences=exigences)
    assert told["mentions_base"].startswith("L'article R.6333-6-2 du Code du travail les exige des")
    assert "indicateur 27" in told["mentions_base"]
    assert "Le contrat est déclaré écrit et complet : cochez" in told["mentions_base"]
    assert told["mission"][0] == ("Financement", "Opérateur de compétences")


def test_controls_that_decide_are_not_like_the_others() -> None:
    controls = [control("ST_NDA"), control("ST_QUALIOPI"), control("ST_VIGILANCE")]
    (group,) = said(answer(controles=controls), decisifs=frozenset({"ST_VIGILANCE"}))["controles"]
    assert [one["poids"] for one in group["lignes"]] == ["exigé", "conseil", "décisif"]


def test_the_mission_as_it_is_read() -> None:
    declares = {
        **{"date": dt.date(2026, 3, 1), "montant": Decimal("3000.5"), "heures": Decimal(24)},
        **{"partie": ["partielle"], "type_formation": ["creation_entreprise"]},
        "fin_mission": dt.date(2026, 6, 30),
    }
    told = dict(said(answer(), declares=declares)["mission"])
    assert {
        name: text.replace("\u202f", " ").replace("\u00a0", " ") for name, text in told.items()
    } == {
        "Financement": "Compte personnel de formation",
        "Catégorie d'action": "bilans de compétences",
        "Contrat du": "1er mars 2026",
        "Montant HT": "3 000,50 €",
        "Durée": "24 h",
        "Part confiée": "une partie de l'action",
        "Nature": "creation entreprise",
        "Fin de la mission": "30 juin 2026",
    }
    bare = dict(said(answer(), declares={})["mission"])
    assert bare["Contrat du"] == "non déclaré : contrôlé à la date du 1er mars 2026"
    assert bare["Montant HT"] == bare["Durée"] == bare["Fin de la mission"] == "non déclaré"


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2026-03-02", ""),
        ("2026-03-01", ""),
        ("2026-02-28", "pour un contrat du 28 février 2026"),
        ("2026-03-04", "pour un contrat du 4 mars 2026"),
    ],
)
def test_it_says_of_which_contract_when_it_comes_late(day: str, told: str) -> None:
    assert said(answer(date_evaluation=day))["contrat_dit"] == told


def test_who_checked() -> None:
    review = Review(MOMENT, "A. Fictive", "Responsable qualité")
    told = content(answer(), SOURCE, NUMBER, review, SEAL)["par"]
    assert told == {"nom": "A. Fictive", "fonction": "Responsable qualité", "le": "2 mars 2026"}
    text = written(answer(), SOURCE, NUMBER, review)
    by = {"nom": "A. Fictive", "fonction": "Responsable qualité"}
    assert json.loads(text)["controle_par"] == by


# --- Indicator 27 ---------------------------------------------------------------------------


def mastered(end: dt.date | None, moment: dt.datetime = MOMENT, **facts: Any) -> dict[str, Any]:
    source = replace(SOURCE, declares={"fin_mission": end, **facts})
    found: dict[str, Any] = content(answer(), source, NUMBER, Review(moment), SEAL)["maitrise"]
    return found


def test_the_referentiel_is_that_of_the_audits_to_come() -> None:
    old, new = "Guide de lecture V9", "Référentiel du 1er novembre 2026"
    assert mastered(None)["version"] == old
    assert mastered(dt.date(2026, 10, 31))["version"] == old
    assert mastered(dt.date(2026, 11, 1))["version"] == new
    late = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    assert mastered(dt.date(2026, 3, 31), late)["version"] == new, "issued under it"


def test_what_is_known_of_it_is_filled_in() -> None:
    lines = {row["rubrique"]: row for row in mastered(None)["lignes"]}
    assert len(lines) == 8
    assert "2 contrôles, verdict ÉLIGIBLE" in lines["Critères de choix du sous-traitant"]["dit"]
    titles = "Titres et qualifications des intervenants vérifiés"
    assert lines[titles]["dit"] == "Déclaré, non vu."
    assert lines["Exigences du référentiel confiées"]["dit"] == "", "nothing is said of it"
    assert lines["Suivi pendant la mission"]["dit"] == ""
    assert all(row["a_ecrire"] and row["base"] and row["source"] for row in lines.values())
    named = mastered(dt.date(2026, 12, 1), exigences_rnq=True)["lignes"][2]
    assert named["rubrique"] == "Exigences du référentiel tracées dans le contrat"
    assert named["dit"] == "Déclaré : le contrat les nomme."
    assert "2026-728" in named["base"]
    unnamed = mastered(dt.date(2026, 12, 1), exigences_rnq=False)["lignes"][2]
    assert unnamed["dit"] == "Déclaré : il ne les nomme pas."
    course = mastered(dt.date(2026, 6, 30), heures=Decimal("24.0000"))["lignes"][4]
    assert course["dit"] == "Mission déclarée : 24 h, jusqu'au 30 juin 2026."


def test_every_day_has_its_version_and_its_eight_lines() -> None:
    rows = [_rows(dt.date(year, 11, day)) for year in (2025, 2026) for day in (1, 30)]
    rows += [_rows(dt.date(2026, 10, 31))]
    for found in rows:
        assert len({row["version"] for row in found}) == 1
        assert [row["ordre"] for row in found] == list("12345678")


def test_dates_come_nearest_first() -> None:
    assert said(answer())["echeances"] == [
        ("1er juillet 2026", "Fin du certificat"),
        ("15 juillet 2026", "Renouveler l'attestation"),
    ]
    found = with_carrier()
    found["porteur"]["echeances"] = [{"date": "2026-07-10", "libelle": "Fin pour le porteur"}]
    both = [label for _, label in said(found)["echeances"]]
    assert both == ["Fin du certificat", "Fin pour le porteur", "Renouveler l'attestation"]


def test_what_was_declared_is_told_as_it_was_written() -> None:
    found = with_carrier()
    found["porteur"]["faits"] = {"porteur": CARRIER, "porteur_edof": "oui"}
    assert said(found)["declare"] == [
        ("Date de l'attestation de vigilance", "15/01/2026"),
        ("Porteur référencé sur EDOF", "oui"),
    ]


def test_the_attestation_is_asked_for_again_only_where_it_is_due() -> None:
    due = answer(controles=[control("ST_VIGILANCE")])
    assert said(due)["reperes"][0][0] == "Attestation de vigilance de l'URSSAF"
    aside = answer(controles=[control("ST_VIGILANCE", "SANS_OBJET")])
    assert said(aside)["reperes"][0][0] == "Certificat Qualiopi"


def test_a_list_without_attribution() -> None:
    found = answer()
    found["instantane"] |= {"attribution": "", "licence": "inconnue"}
    assert said(found)["origine"] == (
        "Liste publique des organismes de formation. Licence : inconnue."
    )


def test_the_json_holds_the_answer_and_what_the_page_adds() -> None:
    found = answer(pieces_manquantes=[missing()])
    found["date_evaluation"] = dt.date(2026, 3, 1)
    found["organisme"]["rapprochement"]["score"] = Decimal("93.40")
    told = sheet(found)
    assert told["numero"] == "OPAC-2026-000123"
    assert told["journal"] == "3f9a1c2b"
    assert told["date_emission"] == "2026-03-02T09:05:07+01:00"
    assert told["portee"] == "sous-traitant seulement"
    assert told["avis"] == NO_ADVICE_OF_A_DOSSIER
    assert told["reponse"].keys() == found.keys()
    assert told["reponse"]["date_evaluation"] == "2026-03-01"
    assert told["reponse"]["organisme"]["rapprochement"]["score"] == 93.4
    assert told["mentions_contrat"]["mentions"] == list(CONTRACT_ITEMS)
    states = [item["etat"] for item in told["documents"]]
    assert states == ["à réunir", "déclaré, non vu"]
    assert told["precisions"][0]["regle"] == "ST_QUALIOPI"
    assert [one["sujet"] for one in told["reperes"]] == ["Certificat Qualiopi", "Liste publique"]
    assert sheet(with_carrier())["portee"] == "sous-traitant et porteur"


def test_a_rule_without_its_sentence_is_a_defect_never_a_blank() -> None:
    with pytest.raises(KeyError):
        said(answer(), exigences={})
