"""What ``opac plafond`` tells beside its figures: how amounts were taken, what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipelines.french import combien, liste, verb
from pipelines.portage.cap.headers import COST, PRICE

if TYPE_CHECKING:
    from pipelines.portage.cap.shares import Shares

Found = dict[str, Any]


def notes(found: Found, shares: Shares, remarks: Sequence[str]) -> list[str]:
    """Tell, in French, what a reader must know of an answer.

    ``found`` is the answer without them, ``remarks`` those on the file.
    """
    headers = found["colonnes"]
    told = _basis(found, shares)
    if "financeur" not in headers:
        told.append(
            "Aucune colonne ne dit le financeur : toutes les factures sont prises pour du CPF."
        )
    elif count := found["lignes_autres_financeurs"]:
        lines = combien(count, "ligne payée", "lignes payées")
        told.append(f"{lines} par un autre financeur : hors du calcul.")
    if found["taxes"]:
        told.append(found["taxes"])
    if count := found["avoirs"]:
        told.append(f"{combien(count, 'avoir retranché', 'avoirs retranchés')}.")
    if count := found["lignes_sans_sous_traitance"]:
        told.append(f"{combien(count, 'facture')} sans montant sous-traité : compté pour zéro.")
    told += _doubts(shares)
    if found["sous_traitants"] is None:
        told.append("Aucune colonne ne dit le sous-traitant : pas de détail par sous-traitant.")
    told += remarks
    if bases := dict.fromkeys(year["base_legale"] for year in found["annees"]):
        told.append(
            f"Limite : {' ; '.join(bases)}. Elle porte sur le chiffre d'affaires CPF de l'année "
            "civile : le fichier doit donner toutes les factures CPF, sous-traitées ou non."
        )
    return told


def _basis(found: Found, shares: Shares) -> list[str]:
    """Tell what the subcontracted amount is taken for, and what else it could be."""
    headers, basis = found["colonnes"], found["sous_traite_selon"]
    if basis == "FACTURE_SOUS_TRAITANT":
        return [
            f"Sous-traité : d'après « {headers[COST]} », ce que le sous-traitant facture, faute du "
            "prix CPF de ce qu'il fait. La limite porte sur ce prix : la part est un minimum, sauf "
            "où la facture du sous-traitant égale celle du CPF."
        ]
    price = f"Sous-traité : d'après « {headers[PRICE]} »"
    if basis == "PRIX_CPF_SUPPOSE":
        other = "la part serait un minimum, sans changer la conclusion d'aucune année"
        if turned := found["annees_a_confirmer"]:
            change = verb(len(turned), "ne se conclurait", "ne se concluraient")
            other = f"{liste([str(year) for year in turned])} {change} pas de même"
        return [
            f"{price}, pris pour le prix CPF de ce qui est sous-traité : l'en-tête ne le dit pas. "
            f"Si c'est ce que le sous-traitant facture, {other} : --colonne "
            f"« {headers[PRICE]}={COST} » le calcule."
        ]
    told = [f"{price}, le prix CPF de ce qui est sous-traité."]
    if COST in headers:
        count = sum(one.amounts.billed for one in shares.counted)
        used = (
            f"a servi où ce prix manque ({combien(count, 'facture')})"
            if count
            else "n'a pas eu à servir"
        )
        told.append(f"« {headers[COST]} », ce que le sous-traitant facture, {used}.")
    return told


def _doubts(shares: Shares) -> list[str]:
    told = []
    if count := sum(one.amounts.unpriced for one in shares.counted):
        lines = combien(count, "facture nomme", "factures nomment")
        told.append(
            f"{lines} un sous-traitant sans dire de montant sous-traité : compté pour zéro, et au "
            "plus pour tout le montant ; écrivez 0 si rien n'est sous-traité."
        )
    if count := sum(one.amounts.loss for one in shares.counted):
        lines = combien(count, "facture")
        told.append(
            f"{lines} où le sous-traitant facture plus que le prix CPF de ce qu'il fait : vérifiez."
        )
    return told
