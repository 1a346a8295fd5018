from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipelines.quality.controls import Control, Gravity, Status
from pipelines.quality.report import Report, render, write_report

SHA = "0123456789abcdef" * 4
GOOD = Control(
    "contrat.organisme.nda.unique",
    "contrat",
    "organisme",
    "nda",
    Gravity.CRITIQUE,
    Status.CONFORME,
    "aucun défaut sur 154 107",
    "aucun doublon",
    "Chaque NDA n'est présent qu'une fois.",
    0,
)
FAILED = replace(
    GOOD,
    regle="contrat.organisme.siren.remplissage",
    statut=Status.NON_CONFORME,
    mesure="12,00 % remplis",
    message="La colonne « siren » s'est vidée.",
)
WARNED = replace(FAILED, regle="modele.alerte", famille="modele", gravite=Gravity.AVERTISSEMENT)
UNKNOWN = replace(FAILED, regle="modele.inconnu", famille="modele", statut=Status.NON_EVALUE)
CHURN = replace(FAILED, regle="comparaison.lignes", famille="comparaison", colonne=None)
SPARED = replace(GOOD, regle="contrat.organisme.vae", statut=Status.SANS_OBJET, mesure="—")


def report(*controls: Control, publishable: bool = False, reason: str = "purge") -> Report:
    return {
        "construction": "20260115-0123456789ab",
        "base": "ab" * 32,
        "publiable": publishable,
        "liste": {
            "sha256": SHA,
            "date_contenu": "2026-01-15",
            "source": "https://exemple.fr/liste.csv",
            "lignes": 154_107,
            "mises_a_part": 3,
            "mise_en_page": "actuelle",
        },
        "code": "0.1.0",
        "controles": [control.as_dict() for control in controls],
        "acceptations": [{"regle": CHURN.regle, "motif": reason, "sha256": SHA}],
        "rejets": [{"motif": "guillemet non fermé", "nombre": 3}],
        "anomalies": [
            {
                "regle": "SIREN_INVALIDE",
                "gravite": "majeure",
                "message": "SIREN invalide.",
                "nombre": 1234,
            }
        ],
        "termine": "2026-01-16T05:12:30+00:00",
    }


class Page(HTMLParser):
    """What a page shows and what it would ask for."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.asked += [value or "" for name, value in attrs if name in ("src", "href", "action")]

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


def section(page: Page, title: str) -> str:
    """Text between a title and the list of all controls, which follows the findings."""
    return page.text.partition(title)[2].partition("Tous les contrôles")[0]


def test_both_files_are_written_and_the_json_is_the_report(tmp_path: Path) -> None:
    content = report(GOOD, FAILED)
    write_report(tmp_path / "rapports" / "r1", content)
    text = (tmp_path / "rapports" / "r1" / "rapport.json").read_text(encoding="utf-8")
    assert json.loads(text) == content
    assert "s'est vidée" in text
    assert Control.from_dict(json.loads(text)["controles"][1]) == FAILED
    page = (tmp_path / "rapports" / "r1" / "rapport.html").read_text(encoding="utf-8")
    assert page == render(content)


def test_a_report_that_cannot_be_rendered_leaves_no_json(tmp_path: Path) -> None:
    broken = report(GOOD)
    broken["liste"]["date_contenu"] = "hier"
    with pytest.raises(ValueError, match="hier"):
        write_report(tmp_path, broken)
    assert not (tmp_path / "rapport.json").exists()


def test_a_refused_page_puts_what_blocks_first() -> None:
    page = Page(render(report(GOOD, SPARED, WARNED, FAILED, UNKNOWN)))
    assert "✕ Refusé 2 contrôles s'opposent à la publication" in page.text
    blocking = section(page, "Ce qui s'oppose à la publication").partition("Avertissements")[0]
    assert FAILED.regle in blocking
    assert UNKNOWN.regle in blocking
    assert WARNED.regle not in blocking
    assert WARNED.regle in section(page, "Avertissements")
    for told in (FAILED.message, "Constaté : 12,00 % remplis", "Attendu : aucun doublon"):
        assert told in blocking
    assert page.text.index("Ce qui s'oppose") < page.text.index("Tous les contrôles")


def test_a_publishable_page_says_so_and_counts_by_word() -> None:
    page = Page(render(report(GOOD, SPARED, publishable=True)))
    assert "✓ Publiable" in page.text
    assert "Ce qui s'oppose" not in page.text
    assert "✓ conforme : 1 ✕ non conforme : 0 ? non évalué : 0 – sans objet : 1" in page.text


def test_a_report_without_control_says_that_nothing_was_checked() -> None:
    assert "Aucun contrôle n'a été fait" in Page(render(report())).text


def test_an_accepted_finding_is_told_with_its_reason() -> None:
    page = Page(render(report(CHURN, publishable=True, reason="purge annoncée")))
    assert "Accepté pour cette liste : « purge annoncée »" in section(page, "Écarts acceptés")
    assert "non conforme (accepté)" in page.text


def test_an_acceptation_given_for_another_list_does_not_count() -> None:
    other = report(CHURN)
    other["acceptations"][0]["sha256"] = "f" * 64
    page = Page(render(other))
    assert CHURN.regle in section(page, "Ce qui s'oppose à la publication")
    assert "Écarts acceptés" not in page.text


def test_the_list_and_its_reading_are_told() -> None:
    text = Page(render(report(GOOD))).text
    for told in ("15/01/2026", SHA, "154 107", "16/01/2026 à 06:12", "20260115-0123456789ab"):
        assert told in text
    assert "guillemet non fermé 3" in text
    assert "SIREN invalide. SIREN_INVALIDE majeure 1 234" in text


def test_every_control_is_listed_under_its_family_and_table() -> None:
    controls = [UNKNOWN, CHURN, GOOD, replace(WARNED, table="socle.entite")]
    text = Page(render(report(*controls))).text.partition("Tous les contrôles")[2]
    titles = [
        "La liste telle que lue · organisme",
        "Les tables construites · organisme",
        "Les tables construites · socle.entite",
        "Comparaison avec la version en place · organisme",
    ]
    places = [text.index(title) for title in titles]
    assert places == sorted(places)
    assert all(text.count(control.regle) == 1 for control in controls)


def test_the_page_asks_nothing_of_anyone() -> None:
    html = render(report(GOOD, FAILED, WARNED, UNKNOWN, CHURN, SPARED))
    page = Page(html)
    assert page.asked == []
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(page.tags)
    assert not re.search(r"@import|url\(|@font-face", html)


def test_what_comes_from_the_list_is_escaped() -> None:
    attack = "<script>alert('x')</script><img src=http://exemple.fr/x>"
    content = report(
        replace(FAILED, message=attack, mesure=attack, attendu=attack),
        replace(CHURN, table=attack, colonne=attack, regle=CHURN.regle),
        reason=attack,
    )
    content["rejets"][0]["motif"] = attack
    content["anomalies"][0]["message"] = attack
    content["liste"]["source"] = attack
    page = Page(render(content))
    assert page.asked == []
    assert not {"script", "img"} & set(page.tags)
    assert page.text.count("alert('x')") >= 9
