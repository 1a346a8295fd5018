"""``make run``: build and release from the embedded lists, in a home of its own, and show it."""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape
from rich.table import Table

from pipelines.cli.common import OUT
from pipelines.french import entier, pourcent
from pipelines.home import Home
from pipelines.refresh import refresh
from pipelines.settings import ROOT, SAMPLE, Settings
from pipelines.warehouse.release import open_readonly

# Sample and real lists must never meet in one history.
HOME = ROOT / "data" / "demo"

_MARKET = """
select
    region,
    nb_organismes,
    nb_certifies,
    part_certifies_pct,
    nb_certifies_bilan_competences,
    nb_stagiaires
from marche.par_region
where nb_organismes > 0
order by nb_organismes desc, region
limit 8
"""


def main() -> None:
    """Refresh the demonstration home and print what was released, where, and what to try."""
    settings = Settings.load(HOME)
    OUT.print("Construction de la base de démonstration à partir de data/sample (fictive)…")
    outcome = refresh(settings, source=SAMPLE)
    database = Home(settings.home).database
    meta = outcome.release.meta
    OUT.print(f"[bold green]✓[/] {escape(outcome.message)}", soft_wrap=True, highlight=False)
    OUT.print(f"  base      : {escape(str(database))}", soft_wrap=True, highlight=False)
    OUT.print(
        f"  liste     : {meta['date_contenu']}, {meta['lignes']} lignes dont "
        f"{meta['mises_a_part']} mises à part, sha256 {meta['sha256'][:12]}…",
        soft_wrap=True,
        highlight=False,
    )
    OUT.print(
        f"  contrôles : {escape(str(Home(settings.home).root / meta['rapport'] / 'rapport.html'))}",
        soft_wrap=True,
        highlight=False,
    )
    OUT.print(_market_table(outcome.release.path))
    home = HOME.relative_to(ROOT)
    OUT.print("\nÀ essayer :", highlight=False)
    doubts = "select regle, count(*) from qualite.anomalie group by all"
    for command in (
        f'.venv/bin/opac query "from marche.synthese" --home {home}',
        f'.venv/bin/opac query "{doubts}" --home {home}',
        ".venv/bin/opac refresh        # la vraie liste publique, dans data/home",
    ):
        OUT.print(f"  {escape(command)}", soft_wrap=True, highlight=False)


def _market_table(path: Path) -> Table:
    table = Table(title="Le marché par région (liste fictive)", title_justify="left")
    table.add_column("région")
    for name in ("organismes", "certifiés", "part", "bilans", "stagiaires"):
        table.add_column(name, justify="right")
    with open_readonly(path) as con:
        for region, count, certified, share, bilans, trainees in con.sql(_MARKET).fetchall():
            table.add_row(
                region or "inconnue",
                entier(count),
                entier(certified),
                pourcent(share),
                entier(bilans),
                entier(trainees),
            )
    return table


if __name__ == "__main__":
    from pipelines.cli.main import run

    run(main)
