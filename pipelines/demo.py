"""``make run``: build and release from the embedded lists, in a home of its own, and show it."""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape
from rich.table import Table

from pipelines.cli.common import OUT
from pipelines.home import Home
from pipelines.refresh import refresh
from pipelines.settings import ROOT, SAMPLE, Settings
from pipelines.warehouse.release import open_readonly

# Sample and real lists must never meet in one history.
HOME = ROOT / "data" / "demo"

_MARKET = """
select
    region,
    count(*) as organismes,
    count(*) filter (where est_certifie) as certifies,
    round(100.0 * count(*) filter (where est_certifie) / count(*), 1) as part,
    count(*) filter (where certifie_bilan_competences) as bilans,
    sum(nb_stagiaires)::bigint as stagiaires
from socle.organisme
group by region
order by organismes desc
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
        for region, *figures, trainees in con.sql(_MARKET).fetchall():
            count, certified, share, bilans = figures
            table.add_row(
                region or "inconnue",
                _figure(count),
                _figure(certified),
                f"{share:.1f} %".replace(".", ","),
                _figure(bilans),
                _figure(trainees),
            )
    return table


def _figure(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


if __name__ == "__main__":
    from pipelines.cli.main import run

    run(main)
