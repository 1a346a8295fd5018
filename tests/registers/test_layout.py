"""Each layout of the list is recognised by its header; anything else is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pipelines.errors import NotTheList
from pipelines.registers.contract import BY_NAME, COLUMNS, FLAGS, MIRROR_UNUSED, NAMES
from pipelines.registers.layout import recognise_header, recognise_names

# The header that the ministry writes, as it is.
HEADER = (
    "numeroDeclarationActivite;numerosDeclarationActivitePrecedent;denomination;siren;"
    "siretEtablissementDeclarant;adressePhysiqueOrganismeFormation.voie;"
    "adressePhysiqueOrganismeFormation.codePostal;adressePhysiqueOrganismeFormation.ville;"
    "adressePhysiqueOrganismeFormation.codeRegion;certifications.actionsDeFormation;"
    "certifications.bilansDeCompetences;certifications.VAE;"
    "certifications.actionsDeFormationParApprentissage;organismeEtrangerRepresente.denomination;"
    "organismeEtrangerRepresente.voie;organismeEtrangerRepresente.codePostal;"
    "organismeEtrangerRepresente.ville;organismeEtrangerRepresente.pays;"
    "informationsDeclarees.dateDerniereDeclaration;informationsDeclarees.debutExercice;"
    "informationsDeclarees.finExercice;"
    "informationsDeclarees.specialitesDeFormation.codeSpecialite1;"
    "informationsDeclarees.specialitesDeFormation.libelleSpecialite1;"
    "informationsDeclarees.specialitesDeFormation.codeSpecialite2;"
    "informationsDeclarees.specialitesDeFormation.libelleSpecialite2;"
    "informationsDeclarees.specialitesDeFormation.codeSpecialite3;"
    "informationsDeclarees.specialitesDeFormation.libelleSpecialite3;"
    "informationsDeclarees.nbStagiaires;informationsDeclarees.nbStagiairesConfiesParUnAutreOF;"
    "informationsDeclarees.effectifFormateurs;"
)
WIRE = [column.wire for column in COLUMNS]
TECHNICAL = [column.technical for column in COLUMNS]
LABELS = [column.label for column in COLUMNS]
NAMES_2021 = [
    "raison_sociale",
    "siren",
    "num_etablissement",
    "num_da",
    "cfa",
    "effectifs",
    "adresse_1",
    "adresse_code_postal",
    "adresse_ville",
    *(
        name
        for rank in range(1, 13)
        for name in (
            f"code_specialite_{rank}",
            f"libelle_specialite_{rank}",
            f"nb_stagiaires_{rank}",
            f"nb_heures_stagiaires_{rank}",
        )
    ),
]
REFUSED = "Les colonnes de la liste ont changé ({}) : rien n'a été publié"


def without(names: list[str], *gone: str) -> list[str]:
    return [name for name in names if name not in gone]


def refusal(names: list[str], delimiter: str = ";") -> str:
    with pytest.raises(NotTheList) as raised:
        recognise_header(delimiter.join(names))
    return str(raised.value)


def test_the_current_header_is_recognised() -> None:
    layout = recognise_header(f"{HEADER}\n")
    assert layout.name == "actuelle"
    assert layout.targets == NAMES
    assert (layout.delimiter, layout.trailing, layout.width) == (";", True, 30)
    assert (layout.absent, layout.new, layout.warnings) == (frozenset(), (), ())


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("\ufeff" + HEADER, id="byte order mark"),
        pytest.param(HEADER + "\r\n", id="CRLF"),
        pytest.param(";".join(f'"{name}"' for name in WIRE) + ";", id="quoted names"),
        pytest.param(
            "\ufeff" + ";".join(f'"{name}"' for name in WIRE) + ";", id="mark, then quotes"
        ),
    ],
)
def test_marks_ends_and_quotes_change_nothing(header: str) -> None:
    assert recognise_header(header) == recognise_header(HEADER)


def test_a_header_without_its_last_delimiter_is_recognised() -> None:
    layout = recognise_header(HEADER.removesuffix(";"))
    assert (layout.name, layout.targets, layout.trailing) == ("actuelle", NAMES, False)


@pytest.mark.parametrize("delimiter", [",", "\t", "|"])
def test_another_delimiter_is_found(delimiter: str) -> None:
    layout = recognise_header(HEADER.replace(";", delimiter))
    assert (layout.delimiter, layout.targets, layout.trailing) == (delimiter, NAMES, True)


def test_columns_may_come_in_another_order() -> None:
    layout = recognise_header(";".join(reversed(WIRE)))
    assert layout.targets == NAMES[::-1]


def test_the_leading_spaces_of_january_2022_are_recognised() -> None:
    layout = recognise_header("; ".join(WIRE) + "; ")
    assert layout.name == "janvier 2022 (espaces en tête)"
    assert (layout.targets, layout.trailing) == (NAMES, True)
    quoted = recognise_header("; ".join(f'"{name}"' for name in WIRE))
    assert quoted.targets == NAMES


@pytest.mark.parametrize(
    ("names", "title"),
    [
        (TECHNICAL, "opendatasoft (noms techniques)"),
        (LABELS, "opendatasoft (libellés)"),
    ],
)
def test_the_mirror_is_recognised_with_the_columns_it_adds(names: list[str], title: str) -> None:
    added = sorted(MIRROR_UNUSED)
    for layout in (
        recognise_header(";".join(names + added)),
        recognise_header(",".join(names + added)),
        recognise_names(names + added),
    ):
        assert layout.name == title
        assert layout.targets == (*NAMES, *[None] * len(added))
        assert (layout.new, layout.warnings, layout.absent) == ((), (), frozenset())


def test_the_technical_names_of_the_mirror() -> None:
    by_name = {column.name: column.technical for column in COLUMNS}
    assert by_name["code_postal"] == "adressephysiqueorganismeformation_codepostal"
    assert by_name["certifie_vae"] == "certifications_vae"
    assert (
        by_name["nb_stagiaires_confies"] == "informationsdeclarees_nbstagiairesconfiesparunautreof"
    )


@pytest.mark.parametrize("separator", [";", "; "])
def test_the_layout_of_2021_is_recognised(separator: str) -> None:
    layout = recognise_header(separator.join(NAMES_2021))
    assert layout.name == "2021 (public_ofs)"
    targets = dict(zip(NAMES_2021, layout.targets, strict=True))
    assert targets["num_da"] == "nda"
    assert targets["raison_sociale"] == "denomination"
    assert targets["num_etablissement"] == "nic"
    assert targets["effectifs"] == "effectif_formateurs"
    assert targets["code_specialite_3"] == "code_specialite_3"
    assert targets["code_specialite_4"] is None
    assert targets["nb_stagiaires_12"] == "nb_stagiaires_12"
    assert targets["nb_heures_stagiaires_1"] is None
    # A CFA is not a certification: nothing is made of it.
    assert targets["cfa"] is None
    assert layout.warnings == ()


def test_the_layout_of_2021_says_what_it_never_had() -> None:
    layout = recognise_header(";".join(NAMES_2021))
    assert set(FLAGS) < layout.absent
    assert {"code_region", "date_derniere_declaration", "nb_stagiaires_confies"} < layout.absent
    read = {"nda", "denomination", "siren", "siret_declarant", "effectif_formateurs"}
    read |= {"nb_stagiaires", "adresse_voie", "code_postal", "ville", "code_specialite_1"}
    assert not layout.absent & read
    bare = recognise_header(";".join(n for n in NAMES_2021 if not n.startswith("adresse_")))
    assert bare.absent - layout.absent == {"adresse_voie", "code_postal", "ville"}


def test_a_new_column_of_2021_is_a_warning() -> None:
    layout = recognise_header(";".join([*NAMES_2021, "site_web"]))
    assert layout.new == ("site_web",)
    assert layout.warnings == ("Colonnes nouvelles dans la liste, non lues : site_web.",)


@pytest.mark.parametrize("names", [WIRE, TECHNICAL, LABELS])
def test_a_new_column_is_a_warning_that_names_it(names: list[str]) -> None:
    layout = recognise_header(";".join([*names[:3], "telephone", *names[3:], "courriel", ""]))
    assert layout.new == ("telephone", "courriel")
    assert layout.warnings == ("Colonnes nouvelles dans la liste, non lues : telephone, courriel.",)
    assert layout.targets == (*NAMES[:3], None, *NAMES[3:], None)


def test_missing_columns_are_named() -> None:
    told = refusal(without(WIRE, "siren", "certifications.VAE"))
    assert told.startswith(REFUSED.format("manquantes : siren, certifications.VAE"))
    assert told.endswith("après vérification auprès de la source.")
    assert "renommées" not in told
    assert "nouvelles" not in told


def test_a_renamed_column_is_named_with_its_new_name() -> None:
    names = ["denominationSociale" if name == "denomination" else name for name in WIRE]
    assert refusal(names).startswith(
        REFUSED.format("renommées : « denomination » semble devenue « denominationSociale »")
    )


def test_missing_renamed_and_new_columns_are_told_apart() -> None:
    names = without(WIRE, "siren")
    names[names.index("certifications.VAE")] = "certifications.vae2"
    told = refusal([*names, "xyz"])
    assert told.startswith(
        REFUSED.format(
            "manquantes : siren ; renommées : « certifications.VAE » semble devenue "
            "« certifications.vae2 » ; nouvelles : xyz"
        )
    )


def test_columns_given_twice_are_named() -> None:
    told = refusal([*WIRE, "siren", "denomination"])
    assert told == (
        "L'en-tête donne plusieurs fois les mêmes colonnes (denomination, siren) : redemandez le "
        "fichier, il a été abîmé."
    )


@pytest.mark.parametrize("missing", ["nbStagiaires", "VAE"])
def test_a_missing_column_of_the_mirror_is_named_as_the_mirror_does(missing: str) -> None:
    column = next(c for c in COLUMNS if c.wire.endswith(missing))
    assert f"manquantes : {column.technical})" in refusal(without(TECHNICAL, column.technical))
    assert f"manquantes : {column.label})" in refusal(without(LABELS, column.label))


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ("nom;prenom;age", "« nom, prenom, age »"),
        ("nom,prenom,age", "« nom,prenom,age »"),
        ('{"a": 1}', '« {"a": 1} »'),
        ("<!doctype html><html><head>", "« <!doctype html><html><head> »"),
        ("", "«  »"),
        ("siren;denomination", "« siren, denomination »"),
        ("x" * 5_000, f"« {'x' * 100}… »"),
        ("siren;denomination\rabc;def", "« siren;denomination\rabc;def »"),
    ],
)
def test_another_file_is_refused_and_its_header_shown(header: str, shown: str) -> None:
    told = refusal([header])
    assert told.startswith("Le fichier n'a pas les colonnes de la liste publique des organismes")
    assert shown in told
    assert told.endswith("vérifiez que c'est le bon fichier.")


@pytest.mark.parametrize(
    ("keep", "told"), [(12, "ont changé"), (11, "n'a pas les colonnes de la liste")]
)
def test_below_two_columns_in_five_it_is_another_file(keep: int, told: str) -> None:
    assert told in refusal(WIRE[:keep])


@pytest.mark.parametrize("naming", [lambda c: c.wire, lambda c: c.technical, lambda c: c.label])
def test_names_tell_columns_apart(naming: Callable[[object], str]) -> None:
    assert len({naming(column) for column in COLUMNS}) == len(COLUMNS) == 30


def test_a_whole_number_and_nothing_else_has_a_plausible_maximum() -> None:
    for name, most in (("nb_stagiaires", 0), ("ville", 10)):
        with pytest.raises(ValueError, match=name):
            replace(BY_NAME[name], most=most)
