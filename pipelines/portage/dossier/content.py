"""What a dossier says: the proof that a porteur files for indicator 27, in French, in full.

:func:`content` is what the page sets out (``templates/dossier.typ``), nothing but sentences ready
to be read; :func:`sheet` is the JSON that goes with it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from pipelines.french import date_longue, entier, euros, nombre
from pipelines.portage.dossier.inventory import attachments
from pipelines.portage.dossier.key import Seal, grouped, short
from pipelines.portage.dossier.numbers import Number
from pipelines.portage.dossier.quality import mastery
from pipelines.portage.dossier.seen import Review
from pipelines.portage.dossier.source import Source
from pipelines.portage.facts import PAR_NOM, Groupe
from pipelines.portage.verdict import NO_ADVICE_OF_A_DOSSIER, Verdict

Answer = Mapping[str, Any]
Lines = list[tuple[str, str]]

_STATUSES = {
    "SATISFAIT": ("satisfait", "✓"),
    "NON_SATISFAIT": ("non satisfait", "✗"),
    "INCONNU": ("non établi", "?"),
    "SANS_OBJET": ("sans objet", "–"),
    "AVERTISSEMENT": ("avertissement", "!"),
}
_CONFIDENCES = {
    "CODE": "lu dans le Code",
    "SOURCE": "dit par une source publique",
    "DEDUIT": "déduit",
    "INCERTAIN": "incertain",
}
_ROLES = {"sous_traitant": "sous-traitant", "porteur": "porteur", "contrat": "contrat"}
_PARTIES = (("organisme", "sous_traitant"), ("porteur", "porteur"))
_FOUND = {
    "EXACT": "trouvé dans la liste par le numéro donné",
    "ANCIEN_NDA": "trouvé dans la liste par un ancien numéro de déclaration",
    "REPARE": "trouvé dans la liste après réparation du numéro donné",
    "NOM": "trouvé dans la liste par le nom",
    "ABSENT": "absent de la liste, d'après le numéro donné",
    "AMBIGU": "non retenu : aucun organisme de la liste ne s'impose",
    "AUCUN_PROCHE": "non trouvé : aucun organisme de la liste ne porte un nom assez proche",
    "CLE_FAUSSE": "non cherché : la clé du numéro donné est fausse",
    "DISCORDANT": "non retenu : les numéros donnés désignent des entités différentes",
    "ILLISIBLE": "non cherché : ce qui a été donné n'est pas un numéro",
    "VIDE": "non cherché : rien n'a été donné pour l'identifier",
}
# Said elsewhere in the dossier.
_SAID = {
    *("financement", "action", "date", "date_convention", "porteur"),
    *("montant", "heures", "partie", "type_formation", "fin_mission"),
}
_PARTS = {"totale": "l'action entière", "partielle": "une partie de l'action"}
_UNSAID = "non déclaré"
# How a control weighs, by the rules of ``Source``, and the words for it.
_DECISIVE, _REQUIRED, _OPTIONAL = "décisif", "exigé", "conseil"
# The rule that makes the eight items of article R.6333-6-2 of the Code du travail binding.
_CONTRACT_RULE = "CT_ECRIT_CPF"
CONTRACT_BASIS = "R.6333-6-2 du Code du travail"
CONTRACT_ITEMS = (
    "Les missions confiées au sous-traitant",
    "Le contenu de l'action",
    "La sanction de l'action",
    "Les moyens mobilisés",
    "La conduite et le suivi",
    "La durée de l'action",
    "La période de réalisation",
    "Le montant de la prestation",
)
_VIGILANCE = (
    "Attestation de vigilance de l'URSSAF",
    "due ici ; à redemander tous les six mois jusqu'à la fin du contrat",
    "R.8222-1, D.8222-5 1°",
)
REMINDERS = (
    (
        "Certificat Qualiopi",
        "valable trois ans, pour qui en a un ; audit de surveillance entre le 14e et le 22e mois "
        "après son début",
        "R.6316-2 ; arrêté du 6 juin 2019",
    ),
    (
        "Liste publique",
        "à consulter de nouveau avant chaque nouveau contrat : un certificat modifié y paraît sous "
        "48 heures environ, et un organisme peut la quitter sans perdre son certificat",
        "L.6351-7-1",
    ),
)


def content(
    answer: Answer, source: Source, number: Number, review: Review, seal: Seal
) -> dict[str, Any]:
    """Give what the page sets out.

    Every leaf is a sentence or a label in French, a number of ``date`` (UTC, for the metadata of
    the PDF), or a tick.
    """
    answer = trimmed(answer, source)
    verdict = Verdict(answer["verdict"])
    local, utc = review.local, review.moment.astimezone(dt.UTC)
    carrier = answer["porteur"]
    documents = attachments(answer, source, review)
    return {
        "numero": number.numero,
        "marque": number.mark,
        "empreinte": short(seal.json),
        "sha256_json": seal.json,
        "cle": grouped(seal.cle),
        "date": [utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second],
        "date_dite": f"{date_longue(local.date())} à {local:%H h %M} (heure de Paris)",
        "contrat_dit": _contract_day(answer, local.date()),
        "par": {"nom": review.par, "fonction": review.fonction, "le": date_longue(local.date())},
        "portee": "Sous-traitant et porteur" if carrier else "Sous-traitant seulement",
        "portee_dite": ""
        if carrier
        else "Les conditions que le porteur doit remplir lui-même n'ont pas été contrôlées.",
        "verdict": {
            "code": verdict.value,
            "titre": verdict.words.title,
            "signe": verdict.words.sign,
            "sens": verdict.words.meaning,
            "couleurs": list(verdict.words.colours.page),
        },
        "raisons": _reasons(answer, source),
        "mission": _mission(answer, source),
        "parties": [
            {"titre": f"Le {_ROLES[role]}", "lignes": _party(answer[key], source)}
            for key, role in _PARTIES
            if answer[key]
        ],
        "bases": _bases(answer),
        "controles": [
            {"titre": f"Le {_ROLES[role]}", "lignes": [_control(one, source) for one in group]}
            for role, group in groupby(answer["controles"], key=itemgetter("role"))
        ],
        "precisions": _notes(answer, source),
        "documents": documents,
        "maitrise": mastery(answer, source, documents, local.date()),
        "mentions_contrat": list(CONTRACT_ITEMS),
        "mentions_base": _contract_basis(answer),
        "avertissements": [_warning(warning) for warning in answer["avertissements"]],
        "echeances": _deadlines(answer),
        "reperes": [list(reminder) for reminder in _reminders(answer)],
        "declare": _declared(answer),
        "origine": _origin(answer["instantane"]),
        "avis": NO_ADVICE_OF_A_DOSSIER,
    }


def sheet(answer: Answer, source: Source, number: Number, review: Review) -> str:
    """Write the JSON of the dossier: the answer itself, and what the page adds to it."""
    answer = trimmed(answer, source)
    documents = attachments(answer, source, review)
    value = {
        "numero": number.numero,
        "journal": number.journal,
        "date_emission": review.local.isoformat(timespec="seconds"),
        "portee": "sous-traitant et porteur" if answer["porteur"] else "sous-traitant seulement",
        "raisons": _reasons(answer, source),
        "reponse": answer,
        "precisions": [{"regle": rule, "note": note} for rule, note in _notes(answer, source)],
        "controle_par": {"nom": review.par or None, "fonction": review.fonction or None},
        "documents": documents,
        "indicateur_27": mastery(answer, source, documents, review.local.date()),
        "mentions_contrat": {"base_legale": CONTRACT_BASIS, "mentions": CONTRACT_ITEMS},
        "reperes": [
            dict(zip(("sujet", "rappel", "base_legale"), reminder, strict=True))
            for reminder in _reminders(answer)
        ],
        "avis": NO_ADVICE_OF_A_DOSSIER,
    }
    return json.dumps(value, ensure_ascii=False, indent=2, default=_plain) + "\n"


def trimmed(answer: Answer, source: Source) -> dict[str, Any]:
    """Leave out what the proof does not need: the other organisations that a name resembled, and
    where a natural person lives.
    """
    kept = dict(answer)
    for key, role in _PARTIES:
        if answer[key] is None:
            continue
        party = dict(answer[key])
        found = party["rapprochement"]
        party["rapprochement"] = {name: found[name] for name in found if name != "proches"}
        if role in source.personnes:
            places = {"ville", "code_postal"}
            party = {name: party[name] for name in party if name not in places}
            party["faits"] = {
                name: text for name, text in party["faits"].items() if name not in places
            }
        kept[key] = party
    return kept


def _reasons(answer: Answer, source: Source) -> list[str]:
    """Say what decided: the documents that are missing, or what was found."""
    if answer["verdict"] == Verdict.PIECES_MANQUANTES:
        return list(dict.fromkeys(piece["libelle"] for piece in answer["pieces_manquantes"]))
    return list(dict.fromkeys(source.raisons))


def _notes(answer: Answer, source: Source) -> Lines:
    """Give what is to be known of the rules applied, divergent readings among them."""
    return [
        (control["regle"], source.notes[control["regle"]])
        for control in answer["controles"]
        if control["statut"] != "SANS_OBJET" and control["regle"] in source.notes
    ]


def _mission(answer: Answer, source: Source) -> Lines:
    rules, said = answer["regles"], source.declares
    fundings = " + ".join(source.financements[name] for name in rules["financement"])
    part = (said.get("partie") or [""])[0]
    nature = (said.get("type_formation") or [""])[0]
    told = ("fin_mission", "montant", "heures", "date_convention")
    end, amount, hours, agreed = (said.get(name) for name in told)
    day = date_longue(answer["date_evaluation"])
    return _filled(
        ("Financement", fundings),
        ("Catégorie d'action", source.actions[rules["action"]]),
        ("Contrat du", day if "date" in said else f"{_UNSAID} : contrôlé à la date du {day}"),
        ("Convention du", date_longue(agreed) if agreed else None),
        ("Montant HT", _UNSAID if amount is None else euros(amount)),
        ("Durée", _UNSAID if hours is None else f"{nombre(hours)} h"),
        ("Part confiée", _PARTS.get(part, _UNSAID)),
        ("Nature", nature.replace("_", " ")),
        ("Fin de la mission", date_longue(end) if end else _UNSAID),
    )


def _contract_day(answer: Answer, issued: dt.date) -> str:
    """Say of which contract it is, when it is issued more than a day from it."""
    day = dt.date.fromisoformat(str(answer["date_evaluation"]))
    return f"pour un contrat du {date_longue(day)}" if abs((issued - day).days) > 1 else ""


def _party(party: Answer, source: Source) -> Lines:
    found = party["rapprochement"]
    by, given = found["demande_par"], found["identifiant"]
    if by == "NOM":
        by, given = "nom", party["faits"].get("nom")
    asked = " ".join(text for text in (by, given) if text)
    told = _FOUND[found["qualite"]]
    if found["score"] is not None:
        told += f" (ressemblance {found['score']:.0f} sur 100)"
    place = " ".join(text for name in ("code_postal", "ville") if (text := party.get(name)))
    return _filled(
        ("Dénomination", party["denomination"] or "inconnue de la liste"),
        ("Numéro (NDA)", party["nda"] or "aucun dans la liste"),
        ("SIREN", party["siren"]),
        ("Commune", place),
        ("Demandé par", asked),
        ("Rapprochement", f"{told}. {found['message'] or ''}".strip()),
        ("Certifié d'après la liste", _flags(party, source) if party["dans_la_liste"] else None),
    )


def _flags(party: Answer, source: Source) -> str:
    words = {True: "oui", False: "non", None: "rien d'indiqué"}
    flags = party["certifications"]
    if all(flag is None for flag in flags.values()):
        return "aucune certification n'est indiquée"
    told = (f"{source.actions[name]} : {words[flags[name]]}" for name in flags)
    return " · ".join(text.replace(" ", "\u00a0") for text in told)


def _bases(answer: Answer) -> Lines:
    register, rules = answer["instantane"], answer["regles"]
    return _filled(
        ("Registre", "liste publique des organismes de formation (article L.6351-7-1)"),
        ("Liste du", date_longue(register["date_contenu"])),
        ("Revue inchangée le", _seen_again(register)),
        ("Origine", register["origine"]),
        ("Lignes de la liste", entier(register["lignes_liste"])),
        ("SHA-256 de la liste", register["sha256"]),
        *_other_lists(answer),
        ("Version de la base", register["version"]),
        ("SHA-256 des règles", rules["empreinte"]),
        ("Nombre de règles", str(rules["nombre"])),
    )


def _other_lists(answer: Answer) -> Lines:
    """Give the list on which the porteur's certificate is judged, and that of the release."""
    convention = (answer["porteur"] or {}).get("liste_convention") or {}
    published = answer["instantane"].get("publiee") or {}
    day = convention.get("date_liste")
    return _filled(
        ("Liste de la convention", date_longue(day) if day else None),
        ("SHA-256 de cette liste", convention.get("sha256")),
        ("Liste publiée depuis", date_longue(published["date_contenu"]) if published else None),
        ("SHA-256 de celle-ci", published.get("sha256")),
    )


def _seen_again(register: Answer) -> str | None:
    """Give the last day on which the source gave this very list, if that is later than its date."""
    seen = register["revue_le"]
    return date_longue(seen) if seen and seen > register["date_contenu"] else None


def _control(control: Answer, source: Source) -> dict[str, str]:
    word, sign = _STATUSES[control["statut"]]
    sure = control["confiance"]
    return {
        "regle": control["regle"],
        "exigence": source.exigences[control["regle"]],
        "statut": word,
        "signe": sign,
        "poids": _weight(control["regle"], source),
        "constat": control["constat"] or "",
        "preuve": control["preuve"] or "",
        "base_legale": control["base_legale"] or "",
        "confiance": _CONFIDENCES.get(sure, sure or ""),
    }


def _weight(rule: str, source: Source) -> str:
    if rule in source.decisifs:
        return _DECISIVE
    return _REQUIRED if rule in source.exiges else _OPTIONAL


def _warning(warning: Answer) -> dict[str, str]:
    return {name: warning[name] or "" for name in ("regle", "message", "base_legale")}


def _contract_basis(answer: Answer) -> str:
    applied = {control["regle"]: control for control in answer["controles"]}
    written = applied.get(_CONTRACT_RULE)
    if written is None:
        told = (
            f"L'article {CONTRACT_BASIS} les exige des contrats payés par le CPF depuis le 1er "
            "avril 2024 ; ici, elles prouvent à l'auditeur que la prestation confiée est maîtrisée "
            "(indicateur 27)."
        )
    else:
        told = f"Obligatoires : article {CONTRACT_BASIS}."
    declared = any(
        control["regle"].startswith("CT_ECRIT") and control["statut"] == "SATISFAIT"
        for control in answer["controles"]
    )
    read = "Le contrat est déclaré écrit et complet : cochez" if declared else "Cochez"
    return f"{told} {read} chaque mention lue dans le contrat."


def _reminders(answer: Answer) -> tuple[tuple[str, str, str], ...]:
    """Give what is to be done again; the attestation, only where it is due."""
    due = any(
        control["regle"] == "ST_VIGILANCE" and control["statut"] != "SANS_OBJET"
        for control in answer["controles"]
    )
    return (_VIGILANCE, *REMINDERS) if due else REMINDERS


def _deadlines(answer: Answer) -> Lines:
    """Give the dates to watch, nearest first; their sentence says of whom."""
    parties = [answer[key] for key, _ in _PARTIES if answer[key]]
    dated = sorted(
        (str(one["date"]), one["libelle"]) for party in parties for one in party["echeances"]
    )
    return [(date_longue(date), label) for date, label in dated]


def _declared(answer: Answer) -> Lines:
    parties = [answer[key] for key, _ in _PARTIES if answer[key]]
    facts = {name: text for party in parties for name, text in party["faits"].items()}
    return [
        (fact.libelle, facts[name])
        for name, fact in PAR_NOM.items()
        if facts.get(name) and fact.groupe is not Groupe.CANDIDAT and name not in _SAID
    ]


def _origin(register: Answer) -> str:
    said = register["attribution"] or "Liste publique des organismes de formation"
    return f"{said}. Licence : {register['licence']}."


def _filled(*lines: tuple[str, str | None]) -> Lines:
    return [(label, text) for label, text in lines if text]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)
