"""The price under CPF of what is subcontracted, or what the sub-contractor bills: which counts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import UsageError
from pipelines.portage.candidates.mapping import Said, told
from pipelines.portage.cap.columns import columns_of, fact_named, facts
from pipelines.portage.cap.headers import meaning_of
from pipelines.portage.cap.invoices import Invoices, read_invoices
from pipelines.portage.cap.lines import Line
from pipelines.portage.cap.shares import Shares, shares
from pipelines.portage.cap.year import Cap, Year

TODAY = dt.date(2026, 3, 2)
EIGHTY = Cap(Decimal(80), dt.date(2024, 4, 1), None, "L.6323-9-2")
DAY = "2025-06-15"


@pytest.mark.parametrize(
    ("header", "fact"),
    [
        ("Prix CPF de la part sous-traitée", "sous_traite"),
        ("CA sous-traité", "sous_traite"),
        ("Chiffre d'affaires CPF sous-traité", "sous_traite"),
        ("Montant facturé au titre du CPF pour l'action sous-traitée", "sous_traite"),
        ("Montant payé par le CPF pour la part sous-traitée", "sous_traite"),
        ("Montant CPF confié au sous-traitant", "sous_traite"),
        ("Facture du sous-traitant", "facture_sous_traitant"),
        ("Montant facturé par le sous-traitant HT", "facture_sous_traitant"),
        ("Coût de la sous-traitance", "facture_sous_traitant"),
        ("Achats de sous-traitance", "facture_sous_traitant"),
        ("Montant versé au sous-traitant", "facture_sous_traitant"),
        ("Prix du sous-traitant", "facture_sous_traitant"),
        ("Facture de sous-traitance", "facture_sous_traitant"),
        ("Honoraires", "facture_sous_traitant"),
        ("Montant reversé", "facture_sous_traitant"),
        ("Sous-traitant", "sous_traitant"),
        ("Raison sociale du sous-traitant", "sous_traitant"),
        ("SIRET sous-traitant", "numero_sous_traitant"),
        ("NDA", "numero_sous_traitant"),
        ("N° facture du sous-traitant", None),
        ("Date facture sous-traitant", None),
        ("Courriel du sous-traitant", None),
        ("Part sous-traitée (%)", None),
        ("Part du CA sous-traitée", None),
        ("Taux de sous-traitance", None),
        ("Prix de vente", "montant"),
    ],
)
def test_what_a_header_means(header: str, fact: str | None) -> None:
    meaning = meaning_of(header)
    assert (meaning.fact if meaning else None) == fact
    assert not (meaning and meaning.supposed)


@pytest.mark.parametrize(
    "header",
    ["Dont sous-traité", "Montant sous-traité HT", "Sous-traitance", "Part sous-traitée €"],
)
def test_a_header_that_does_not_tell_which_is_taken_for_the_price(header: str) -> None:
    meaning = meaning_of(header)
    assert meaning is not None
    assert (meaning.fact, meaning.supposed) == ("sous_traite", True)


def test_the_labels_of_the_template_mean_what_they_say() -> None:
    assert columns_of([fact.libelle for fact in facts().values()]) == {
        name: place for place, name in enumerate(facts())
    }


def read(tmp_path: Path, content: str, *options: str) -> Invoices:
    path = tmp_path / "factures.csv"
    path.write_text(content, encoding="utf-8")
    return read_invoices(path, tmp_path, Said(columns=told(options, named=fact_named)))


def test_the_price_goes_before_the_bill_and_the_basis_is_told(tmp_path: Path) -> None:
    row = "15/06/2025;1000;900;700\n"
    header = "Date;Montant;CA sous-traité;Coût du sous-traitant\n"
    both = read(tmp_path, header + row)
    assert both.basis == "PRIX_CPF"
    assert (both.lines[0].subcontracted, both.lines[0].cost) == ("900", "700")
    # Beside a bill, what does not tell is the price.
    assert read(tmp_path, header.replace("CA s", "S") + row).basis == "PRIX_CPF"
    supposed = read(tmp_path, "Date;Montant;Sous-traité\n15/06/2025;1000;900\n")
    assert supposed.basis == "PRIX_CPF_SUPPOSE"
    chosen = "Sous-traité=facture_sous_traitant"
    said = read(tmp_path, "Date;Montant;Sous-traité\n15/06/2025;1000;900\n", chosen)
    assert (said.basis, said.lines[0].cost) == ("FACTURE_SOUS_TRAITANT", "900")


def test_amounts_of_another_tax_do_not_stand_for_a_price(tmp_path: Path) -> None:
    header = "Date;Montant HT;CA sous-traité HT;Coût du sous-traitant TTC\n"
    found = read(tmp_path, f"{header}15/06/2025;1000;;700\n")
    assert (found.lines[0].cost, found.lines[0].subcontracted) == ("", "")
    assert "elle n'a pas servi" in found.read.columns[3].why


def test_values_refuse_a_header(tmp_path: Path) -> None:
    content = "Date;Montant;Sous-traité;Facture du sous-traitant\n15/06/2025;1000;{};F-12\n"
    found = read(tmp_path, content.format("900"))
    assert "facture_sous_traitant" not in found.headers
    assert "Ses valeurs ne sont pas" in found.read.columns[3].why
    with pytest.raises(UsageError, match="Prix CPF de la part sous-traitée"):
        read(tmp_path, content.format("oui"))


def test_what_the_user_says_of_columns_holds(tmp_path: Path) -> None:
    content = "Date;Montant TTC;Montant HT;Sous-traité HT\n15/06/2025;1200;1000;900\n"
    with pytest.raises(UsageError, match="toutes taxes comprises"):
        read(tmp_path, content, "Montant TTC=montant")
    for options, said in (
        (("Absente=montant",), "Aucune colonne ne s'appelle « Absente »"),
        (("Date=ca",), "ne se lit pas comme « ca »"),
        (("Montant HT=date", "Date=date"), "ne peuvent pas être toutes deux « date »"),
    ):
        with pytest.raises(UsageError, match=said):
            read(tmp_path, content, *options)


def of(*lines: Line) -> Shares:
    return shares(lines, [EIGHTY], TODAY)


def billed(amount: str, cost: str, price: str = "", who: str = "", number: int = 2) -> Line:
    return Line(number, DAY, amount, price, cost=cost, who=who, entrusted=True)


def only(*lines: Line) -> Year:
    (year,) = of(*lines).years
    return year


def test_a_share_by_the_bill_is_a_least() -> None:
    year = only(billed("1000", "700"))
    assert (year.share, year.bounds) == (Decimal(70), (Decimal(70), Decimal(100)))
    assert (year.settled, year.billed) == (False, 1)
    # At the full price, it is the share.
    year = only(billed("1000", "1000"), billed("1000", "0"), billed("1000", "-"))
    assert (year.share, year.settled, year.billed) == (Decimal("33.33"), True, 0)
    # Whatever the price is, the cap is kept, or exceeded.
    kept = only(billed("1000", "700"), billed("1000", "0"))
    assert (kept.settled, kept.exceeded, kept.free) == (True, False, Decimal(600))
    beyond = only(billed("1000", "900"))
    assert (beyond.settled, beyond.exceeded, beyond.missing) == (True, True, Decimal(250))


def test_a_price_that_is_said_counts_whatever_is_billed() -> None:
    year = only(billed("1000", "700", "750"))
    assert (year.subcontracted, year.settled, year.free) == (Decimal(750), True, Decimal(50))
    assert of(billed("1000", "700", "650")).counted[0].amounts.loss
    assert only(billed("1000", "bientôt", "750")).subcontracted == 750
    assert not of(billed("-1000", "-650", "-700")).counted[0].amounts.loss
    # Nothing, of what is billed, is no price.
    year = only(billed("1000", "700", "0"))
    assert (year.subcontracted, year.settled) == (Decimal(700), False)


def test_a_bill_that_is_credited_may_be_of_more() -> None:
    year = only(billed("1000", "", "820"), billed("-100", "-10"))
    assert (year.subcontracted, year.below, year.above) == (Decimal(810), Decimal(90), Decimal(0))
    assert (year.exceeded, year.settled, year.bounds) == (True, False, (Decimal(80), Decimal(90)))


def test_a_bill_left_out_may_stand_for_the_whole_amount() -> None:
    left_out = Line(3, "bientôt", "1000", "", cost="100")
    year = only(billed("1000", "", "100"), left_out)
    assert (year.settled, year.bounds) == (True, (Decimal(10), Decimal(55)))
    assert year.free == 500


def test_a_bill_that_does_not_go_with_the_amount_is_left_out() -> None:
    for cost, why in (("1001", "dépasse celui de la facture"), ("-1", "n'a pas le signe")):
        (refused,) = of(billed("1000", cost)).refused
        assert refused.reason.startswith("le montant que le sous-traitant facture ")
        assert why in refused.reason


def test_a_sub_contractor_without_an_amount_is_a_doubt() -> None:
    year = only(billed("1000", "", who="ACME"))
    assert (year.share, year.settled, year.unpriced) == (Decimal(0), False, 1)
    assert year.bounds == (Decimal(0), Decimal(100))
    assert only(billed("1000", "", "0", who="ACME")).settled
    assert only(billed("1000", "", who="-")).settled
    # A number that may be anybody's names no sub-contractor.
    line = Line(2, DAY, "1000", "", whose="732829320")
    assert of(line).counted[0].amounts.unsaid


cents = st.integers(0, 300).map(lambda n: Decimal(n) / 100)
pairs = st.tuples(cents, cents, st.sampled_from(("prix", "facture", "tu", "avoir"))).map(
    lambda one: (max(one[:2]), min(one[:2]), one[2])
)


def _line(pair: tuple[Decimal, Decimal, str]) -> tuple[Line, tuple[Decimal, Decimal]]:
    """Give a line, and between which prices its part lies."""
    amount, part, kind = pair
    if kind == "tu":
        return billed(str(amount), "", who="ACME"), (Decimal(0), amount)
    if kind == "prix":
        return billed(str(amount), str(part / 2), str(part)), (part, part)
    sign = -1 if kind == "avoir" else 1
    ends = sorted((sign * part, sign * amount if part else sign * part))
    return billed(str(sign * amount), str(sign * part)), (ends[0], ends[1])


@given(st.lists(pairs, min_size=1, max_size=5))
def test_what_is_concluded_holds_whatever_the_prices_are(
    drawn: list[tuple[Decimal, Decimal, str]],
) -> None:
    lines, ends = zip(*map(_line, drawn), strict=True)
    year = only(billed("4", "0"), *lines)
    every = [sum(chosen, Decimal(0)) for chosen in product(*ends)]
    assert year.subcontracted - year.below == min(every)
    assert year.subcontracted + year.above == max(every)
    beyond = {100 * part > 80 * year.turnover for part in every}
    if year.turnover > 0:
        assert year.settled == (len(beyond) == 1)
    if year.settled and not year.exceeded:
        assert all(100 * (part + year.free) <= 80 * year.turnover for part in every)
    if year.settled and year.exceeded:
        assert all(100 * part <= 80 * (year.turnover + year.missing) for part in every)
