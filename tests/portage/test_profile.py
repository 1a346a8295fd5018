"""``portage.profil``: what the list establishes of an organisation."""

from __future__ import annotations

import pytest

from tests.portage.demands import ORGANISATIONS, SISTER, SISTER_CERTIFIED
from tests.warehouse.frames import built, dicts, flags, organisme, rows

DEEMED = {
    "Université de Démonstration": True,
    "ÉCOLE CENTRALE D'EXEMPLE": True,
    "INSA EXEMPLE": True,
    "I.U.T. DE FICTION": False,
    "IUT DE FICTION": True,
    "CNAM FICTIF": True,
    "UNIVERSITE POPULAIRE D'EXEMPLE": False,
    "Université d'été fictive": False,
    "Auto-École Centrale Fictive": False,
    "AUTO ECOLE AVENIR UNIVERSITE": False,
    "DIVERSITE CONSEIL": False,
    "UNIVERSITAIREMENT VOTRE": False,
}


def test_a_name_makes_presume_what_is_deemed_certified() -> None:
    named = [organisme(f"9313{rank:05}13", denomination=name) for rank, name in enumerate(DEEMED)]
    with built(
        [*named, organisme("93139999913")], of=["portage.profil"], real_references=True
    ) as con:
        found = rows(
            con,
            "select o.denomination, p.repute_certifie from portage.profil as p "
            "inner join socle.organisme as o on p.nda = o.nda order by p.nda",
        )
    assert found == [*DEEMED.items(), (None, False)]


def test_a_sister_certified_for_the_category_is_named() -> None:
    with built(ORGANISATIONS, of=["portage.profil"], real_references=True) as con:
        [sister] = dicts(con, f"from portage.profil where nda = '{SISTER}'")
    assert sister["autre_nda_bilan_competences"] == SISTER_CERTIFIED
    assert sister["autre_nda_vae"] is None


@pytest.mark.parametrize(
    ("values", "known", "state"),
    [
        ((True, False, None, None), True, ("CERTIFIE", "NON_CERTIFIE", "INCONNU", "INCONNU")),
        ((None, None, None, None), True, ("NON_CERTIFIE",) * 4),
        ((None, None, None, None), False, ("INCONNU",) * 4),
        ((False, None, False, False), True, ("NON_CERTIFIE",) * 4),
    ],
)
def test_a_flag_is_certified_not_certified_or_unknown(
    values: tuple[bool | None, ...], known: bool, state: tuple[str, ...]
) -> None:
    one = organisme("93130000113", certification_connue=known, **flags(*values))
    with built([one], of=["portage.profil"], real_references=True) as con:
        [found] = rows(
            con,
            "select etat_action_formation, etat_bilan_competences, etat_vae, etat_apprentissage "
            "from portage.profil",
        )
    assert found == state


def test_the_same_facts_make_the_same_profile() -> None:
    twins = [organisme(f"9313{rank:05}13", denomination=f"FICTIF {rank}") for rank in range(3)]
    other = organisme("93130000913", **flags(True, False, False, False))
    with built([*twins, other], of=["portage.profil"], real_references=True) as con:
        assert rows(
            con, "select count(distinct profil) from portage.profil where nda <> '93130000913'"
        ) == [(1,)]
        assert rows(con, "select count(distinct profil) from portage.profil") == [(2,)]
