"""The e-mail column of a file: the candidate's own, never another person's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.portage.candidates.addresses import hidden, is_address_header, plausible


@pytest.mark.parametrize(
    "header",
    [
        *("Mail", "E-mail", "eMail", "MAILS", "Courriel", "mél", "Adresse e-mail", "adresseMail"),
        *("Email du sous-traitant", "Courriel de l'organisme de formation", "Contact mail"),
        "E-mail de contact (obligatoire)",
    ],
)
def test_the_header_of_their_address(header: str) -> None:
    assert is_address_header(header)


@pytest.mark.parametrize(
    "header",
    [
        *("Mail client", "Mail du stagiaire", "Courriel du porteur", "Ancien mail", "Pas de mail"),
        *("Mail envoyé", "Mail 2", "Adresse", "Contact", "Mailing", "Date du mail", ""),
    ],
)
def test_another_word_is_another_thing(header: str) -> None:
    assert not is_address_header(header)


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        ("contact@exemple.fr", "contact@exemple.fr"),
        (" <Jean.D-b+x@sous.exemple.fr> ", "Jean.D-b+x@sous.exemple.fr"),
        ("mailto:a@exemple.fr", "a@exemple.fr"),
    ],
)
def test_an_address(cell: str, address: str) -> None:
    assert plausible(cell) == address


@pytest.mark.parametrize(
    "cell",
    [
        *("", "NC", "a@exemple", "a b@exemple.fr", "a@exemple.fr;b@exemple.fr", "é@exemple.fr"),
        *("a@exemple.fr\nBcc: b@exemple.fr", "a..b@exemple.fr", ".a@exemple.fr", "a@-x.fr"),
        *("Moi <a@exemple.fr>", '"a"@exemple.fr', "a@exemple.fr\u202e", "x" * 250 + "@exemple.fr"),
    ],
)
def test_what_is_no_plain_address_is_none(cell: str) -> None:
    assert plausible(cell) is None


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_what_is_plausible_is_one_plain_word(text: str) -> None:
    address = plausible(f"a{text}@exemple.fr")
    assert address is None or (address.isascii() and address.isprintable() and " " not in address)


def test_addresses_are_not_shown() -> None:
    assert hidden("a@exemple.fr | <b.c@exemple.fr> | Nom") == "(adresse) | (adresse) | Nom"
