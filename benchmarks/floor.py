"""The floor: what plain DuckDB needs to read the list, type it and count three ways."""

from __future__ import annotations

import sys

import duckdb


def main(source: str, target: str) -> None:
    with duckdb.connect(target) as con:
        con.execute(f"create table texte as from read_csv('{source}', all_varchar=true, delim=';')")
        con.execute(
            """
            create table organisme as select
                numeroDeclarationActivite as nda,
                denomination,
                siren,
                "adressePhysiqueOrganismeFormation.codePostal" as code_postal,
                "adressePhysiqueOrganismeFormation.codeRegion" as code_region,
                try_cast("certifications.actionsDeFormation" as boolean) as action_formation,
                try_cast("certifications.bilansDeCompetences" as boolean) as bilan,
                try_cast("certifications.VAE" as boolean) as vae,
                try_cast("certifications.actionsDeFormationParApprentissage" as boolean) as cfa,
                try_strptime(
                    "informationsDeclarees.dateDerniereDeclaration", '%d/%m/%Y'
                )::date as jour,
                try_cast("informationsDeclarees.nbStagiaires" as bigint) as nb_stagiaires,
                try_cast("informationsDeclarees.effectifFormateurs" as bigint) as formateurs
            from texte
            """
        )
        for key in ("code_region", "action_formation", "formateurs"):
            con.execute(
                f"select {key}, count(*), sum(nb_stagiaires) from organisme group by 1"
            ).fetchall()
        con.execute("drop table texte")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
