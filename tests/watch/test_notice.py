"""How a notice is written, from changes made by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pipelines.watch.differences import Cause, Change
from pipelines.watch.lookup import Event, Found
from pipelines.watch.notice import compose
from pipelines.watch.store import Deadline, Told, Watched

BEFORE, NOW = dt.date(2026, 6, 1), dt.date(2026, 6, 2)
ACTIONS = {"VAE": "VAE", "BILAN_COMPETENCES": "bilans de compétences"}


def told(day: dt.date, verdict: str | None) -> Told:
    return Told(day, "a" * 64, "v", "r", day, False, verdict, None, ("Une raison.",), (), ())


def event(kind: str, **more: Any) -> Event:
    blank = dict.fromkeys(("categorie", "nda", "avant", "apres"))
    return {
        "type": kind,
        **blank,
        **{"instantane_avant": BEFORE, "date_constat": NOW, "campagne_bpf": False},
        **more,
    }


def change(
    number: int,
    before: str | None = None,
    after: str | None = None,
    action: str = "VAE",
    **more: Any,
) -> Change:
    nda = f"9313{number:05}13"
    facts = {"financement": "CPF+OPCO", "action": action} if before else {}
    found = Found(
        maintenant=told(NOW, after),
        evenements=(),
        pieces=(),
        ndas=(nda,),
        nda=nda,
        dernier_nda=nda,
        denomination=f"ORGANISME {number:02}",
        ville=None,
        absent_depuis=None,
    )
    causes = (Cause.LISTE,) if before != after else ()
    blank: dict[str, Any] = {"causes": causes, "evenements": (), "a_venir": (), "passees": ()}
    line = Watched("local", nda, facts, BEFORE, dit=told(BEFORE, before))
    return Change(line, found, **{**blank, **more})


def test_the_worst_comes_first() -> None:
    date = Deadline(NOW, "Fin du certificat.")
    notice = compose(
        "local",
        [
            change(1, evenements=(event("CHANGEMENT_SIREN", avant="1", apres="2"),)),
            change(2, "NON_ELIGIBLE", "ELIGIBLE"),
            change(3, a_venir=(date,)),
            change(4, evenements=(event("DISPARITION", campagne_bpf=True),)),
            change(5, "ELIGIBLE", "A_VERIFIER"),
            change(6, "A_VERIFIER", "NON_ELIGIBLE"),
        ],
        ACTIONS,
    )
    text = notice.texte
    places = [text.index(f"ORGANISME 0{number}") for number in (6, 5, 4, 3, 2, 1)]
    assert places == sorted(places)
    assert notice.objet == (
        "Veille : le verdict de 2 sous-traitants se dégrade, 1 sous-traitant quitte la liste ou "
        "perd une certification"
    )
    assert "CPF + OPCO, VAE : À vérifier → Non éligible le 02/06/2026" in text
    assert "campagne des bilans pédagogiques, un retour est attendu" in text
    assert "02/06/2026 : Fin du certificat." in text
    assert [one["nda"][4:9] for one in notice.donnees["changements"]] == [
        *("00005", "00006", "00004", "00003", "00002", "00001")
    ]


def test_missions_of_one_organisation_are_one_block() -> None:
    lost = (event("CERTIFICATION_PERDUE", categorie="VAE"),)
    notice = compose(
        "local",
        [
            change(1, "ELIGIBLE", "NON_ELIGIBLE", evenements=lost),
            change(1, "ELIGIBLE", "NON_ELIGIBLE", "BILAN_COMPETENCES", evenements=lost),
        ],
        ACTIONS,
    )
    assert notice.objet == "Veille : le verdict d'un sous-traitant se dégrade"
    for once in ("ORGANISME 01", "certification perdue", "À faire", "VAE : Éligible"):
        assert notice.texte.count(once) == 1, once
    assert "bilans de compétences : Éligible → Non éligible" in notice.texte
    assert len(notice.donnees["changements"]) == 2


def test_a_long_notice_is_cut_and_its_data_are_not() -> None:
    notice = compose("local", [change(n, "ELIGIBLE", "A_VERIFIER") for n in range(60)], ACTIONS)
    assert notice.texte.count("• ORGANISME") == 50
    assert "… et 10 de plus : « opac veille liste » dit où en est chacun." in notice.texte
    assert len(notice.donnees["changements"]) == 60
