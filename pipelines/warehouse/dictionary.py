"""The data dictionary, from the headers of the models."""

from __future__ import annotations

from pipelines.warehouse.models import SCHEMAS, Model, load_models


def dictionary_text() -> str:
    """Write ``docs/dictionnaire.md``: every schema, table and column of a release."""
    parts = [
        "# Dictionnaire des données",
        "",
        "Ce document est produit par `opac dictionnaire` à partir des modèles SQL et du contrat ; "
        "les mêmes descriptions sont dans la base, en commentaires des tables et des colonnes.",
        "",
    ]
    models = load_models()
    for schema, description in SCHEMAS.items():
        own = sorted((m for m in models if m.schema == schema), key=lambda m: m.name)
        if own:
            parts += [f"## {schema}", "", description, ""]
            for model in own:
                parts += _table(model)
    return "\n".join(parts).rstrip("\n") + "\n"


def _table(model: Model) -> list[str]:
    kind = "Vue" if model.is_view else "Table"
    return [
        f"### {model.full_name}",
        "",
        model.description,
        "",
        f"{kind} ; grain : {model.grain}.",
        "",
        "| colonne | description |",
        "|---|---|",
        *(f"| `{name}` | {text} |" for name, text in model.columns.items()),
        "",
    ]
