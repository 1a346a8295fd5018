"""Le marché de la formation, lu dans la version publiée : un carnet marimo.

``marimo edit notebooks/marche.py`` l'ouvre ; ``python notebooks/marche.py`` l'exécute.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Le marché de la formation")


@app.cell
def _():
    import os
    from pathlib import Path

    import altair as alt
    import duckdb
    import marimo as mo

    return Path, alt, duckdb, mo, os


@app.cell
def _(Path, duckdb, mo, os):
    home = Path(os.environ.get("OPAC_HOME") or mo.notebook_dir().parent / "data" / "demo")
    if not (home / "opac.duckdb").exists():
        raise FileNotFoundError(
            f"Aucune base dans {home} : lancez « make run », ou dites OPAC_HOME."
        )
    # The link is followed: a session keeps the version that it opened.
    base = duckdb.connect((home / "opac.duckdb").resolve(), read_only=True)
    publication = base.sql("from meta.publication").pl().row(0, named=True)

    def source(*parts):
        """Show parts one above the other, then where their figures come from."""
        told = (
            f"<small>Liste du {publication['date_contenu']:%d/%m/%Y}, "
            f"SHA-256 `{publication['sha256']}`, version {publication['version']}. "
            f"{publication['attribution']}</small>"
        )
        return mo.vstack([*parts, mo.md(told)])

    return base, publication, source


@app.cell
def _(base, mo, source):
    synthese = base.sql("from marche.synthese").pl().row(0, named=True)

    def french(value):
        """Write a figure as French does."""
        return f"{value:,}".replace(",", "\u202f").replace(".", ",")

    source(
        mo.md("# Le marché de la formation\n\n## Synthèse"),
        mo.hstack(
            [
                mo.stat(french(synthese["nb_organismes"]), "organismes"),
                mo.stat(
                    french(synthese["nb_certifies"]),
                    "certifiés",
                    f"{french(synthese['part_certifies_pct'])} % de ceux dont on le sait",
                ),
                mo.stat(
                    french(synthese["nb_actifs"]),
                    "actifs",
                    f"{french(synthese['nb_dormants'])} déclarent zéro stagiaire",
                ),
                mo.stat(
                    french(synthese["nb_stagiaires"]),
                    "stagiaires",
                    f"{french(synthese['nb_stagiaires_bornes'])} une fois bornés",
                ),
            ],
            widths="equal",
        ),
    )
    return (synthese,)


@app.cell
def _(mo):
    measure = mo.ui.dropdown(
        {
            "Organismes pour 100 000 habitants": "nb_organismes_pour_100k",
            "Part de certifiés (%)": "part_certifies_pct",
            "Certifiés bilan de compétences pour 100 000 habitants": "nb_bilan_pour_100k",
            "Part de certifiés parmi les micro-structures (%)": "part_micro_certifiees_pct",
        },
        value="Part de certifiés (%)",
        label="Classer les régions par",
    )
    mo.vstack([mo.md("## Les régions"), measure])
    return (measure,)


@app.cell
def _(alt, base, measure, mo, source):
    # Neither places without a name nor those where a rate would rest on too few.
    regions = base.sql(
        f"""
        from marche.par_region
        select region, nb_organismes, nb_certifies, nb_certifies_bilan_competences, {measure.value}
        where not petit_effectif and {measure.value} is not null
        order by {measure.value} desc, region
        """
    ).pl()
    _bars = (
        alt.Chart(regions, description=f"{measure.selected_key}, par région, en barres")
        .mark_bar(color="#2a6f97")
        .encode(
            alt.X(measure.value, title=measure.selected_key),
            alt.Y("region", sort=None, title=None),
            alt.Tooltip(regions.columns),
        )
        .properties(width="container")
    )
    source(_bars, mo.ui.table(regions, selection=None, page_size=20))
    return (regions,)


@app.cell
def _(alt, base, mo, source):
    lorenz = base.sql(
        """
        from marche.lorenz
        select centile, part_stagiaires_pct, part_stagiaires_bornee_pct
        where perimetre = 'NATION'
        order by centile
        """
    ).pl()
    concentration = base.sql(
        """
        from marche.concentration
        select
            libelle, nb_organismes, part_top_1pct_pct, part_top_10pct_pct,
            part_top_10pct_bornee_pct, gini, gini_borne, hhi, hhi_borne
        where perimetre in ('NATION', 'CATEGORIE') and not petit_effectif
        order by perimetre desc, gini_borne desc
        """
    ).pl()
    _curve = (
        alt.Chart(lorenz, description="Courbe de Lorenz des stagiaires par organisme actif")
        .mark_line(color="#2a6f97")
        .encode(
            alt.X("centile", title="Organismes actifs, du plus petit au plus gros (%)"),
            alt.Y("part_stagiaires_bornee_pct", title="Part des stagiaires, bornés (%)"),
            alt.Tooltip(lorenz.columns),
        )
    )
    _equal = (
        alt.Chart(lorenz)
        .mark_line(color="#888", strokeDash=[4, 4])
        .encode(x="centile", y="centile")
    )
    source(
        mo.md(
            "## La concentration\n\nOrganismes actifs seulement. La diagonale serait l'égalité ; "
            "le Gini en mesure la distance."
        ),
        (_equal + _curve).properties(width="container"),
        mo.ui.table(concentration, selection=None),
    )
    return concentration, lorenz


@app.cell
def _(base, mo):
    category = mo.ui.dropdown(
        dict(base.sql("select libelle, categorie from marche.par_categorie").fetchall()),
        value="bilans de compétences",
        label="Catégorie à porter",
    )
    mo.vstack(
        [
            mo.md(
                "## La tension du portage\n\nCandidats : organismes actifs sans certification. "
                "Porteurs : certifiés pour la catégorie. Les petits effectifs viennent en dernier."
            ),
            category,
        ]
    )
    return (category,)


@app.cell
def _(base, category, mo, source):
    tension = base.sql(
        f"""
        from marche.besoin_portage
        select
            rang, departement, region, nb_candidats, nb_porteurs, candidats_par_porteur,
            indice_tension, sans_porteur, petit_effectif
        where categorie = '{category.value}' and rang is not null
        order by rang
        """
    ).pl()
    source(mo.ui.table(tension, selection=None, page_size=15))
    return (tension,)


@app.cell
def _(base, mo, source):
    dictionary = base.sql(
        """
        from duckdb_columns()
        select table_name, column_name, comment
        where schema_name = 'marche'
        order by table_name, column_index
        """
    ).pl()
    source(
        mo.md("## Le dictionnaire"),
        mo.ui.table(dictionary, selection=None, wrapped_columns=["comment"]),
    )
    return (dictionary,)


if __name__ == "__main__":
    app.run()
