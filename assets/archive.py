"""First layer: the list, received and archived as it came."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
from pydantic import Field

from pipelines.orchestration.keys import LIST, OWNERS, RECEPTION, SEEN
from pipelines.orchestration.resources import HomeResource
from pipelines.publication.publish import is_current
from pipelines.quality.gate import check_acceptations, row_floor
from pipelines.registers.archive import OFFICIAL, Archive, Sighting
from pipelines.registers.sources import Request, acquire, known_list
from pipelines.warehouse.build import open_build, reset
from pipelines.warehouse.release import current


class RefreshConfig(dg.Config):
    """What to read: nothing for the official list."""

    source: str = Field("", description="Fichier ou dossier à lire ; vide : la liste officielle.")
    date: str = Field("", description="Date du contenu, AAAA-MM-JJ ; vide : celle de la source.")
    accepter: dict[str, str] = Field(
        default={}, description="Écarts de comparaison acceptés pour cette liste : règle → motif."
    )
    contenu: str = Field(
        "", description="Liste déjà archivée à reprendre (SHA-256), au lieu d'en recevoir une."
    )
    refaire_historique: bool = Field(
        False, description="Refaire l'historique depuis l'archive, au lieu de le continuer."
    )
    progression: bool = Field(False, description="Montrer l'avancement de la réception.")


@dg.multi_asset(
    name=RECEPTION,
    specs=[
        dg.AssetSpec(
            SEEN,
            group_name="archive",
            owners=OWNERS,
            kinds={"file"},
            skippable=True,
            # A night that fails leaves the next one time to come.
            freshness_policy=dg.FreshnessPolicy.time_window(fail_window=dt.timedelta(hours=36)),
            description="Le registre a été vu : la source a donné une liste, ou dit que la "
            "dernière n'a pas changé. Renouvelé à chaque actualisation, même sans nouveauté.",
        ),
        dg.AssetSpec(
            LIST,
            deps=[SEEN],
            group_name="archive",
            owners=OWNERS,
            kinds={"csv", "file"},
            skippable=True,
            description="La liste publique des organismes de formation, telle que reçue, archivée "
            "par empreinte. Si la version courante vient déjà de ce contenu, par ce code et ces "
            "règles, la suite est sautée.",
        ),
    ],
)
def reception(
    context: dg.AssetExecutionContext, config: RefreshConfig, home: HomeResource
) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Receive the list, archive it, start a build; end here when nothing changed."""
    reset(home.paths)
    if config.contenu:
        yield _begun(home, config, known_list(home.paths, config.contenu))
        return
    request = Request(
        Path(config.source) if config.source else None,
        dt.date.fromisoformat(config.date) if config.date else None,
        config.progression,
    )
    sighting = acquire(home.settings, request)
    for warning in sighting.avertissements:
        context.log.warning(warning)
    yield _seen(sighting)
    if _is_older(home, sighting):
        context.log.warning("La liste reçue est plus ancienne que celle de la version publiée.")
        if (reason := _unfit(sighting)) is None:
            Archive(home.paths).admit(sighting.sha256)
        else:
            context.log.warning(f"Elle n'entre pas dans l'historique : {reason}.")
        return
    if is_current(home.paths, sighting.sha256) and not config.accepter:
        context.log.info("Inchangé : la version courante vient de cette liste.")
        return
    if config.accepter:
        check_acceptations(home.paths, sighting.sha256, list(config.accepter))
    yield _begun(home, config, sighting)


def _is_older(home: HomeResource, sighting: Sighting) -> bool:
    """Tell whether the source gave a list older than the one released."""
    released = current(home.paths)
    return (
        released is not None
        and sighting.origine == OFFICIAL
        and sighting.date_contenu < released.meta["date_contenu"]
    )


def _unfit(sighting: Sighting) -> str | None:
    """Say why history cannot be made from a list that no gate will judge, None if it can."""
    if sighting.doublon is not None:
        return "un numéro y porte deux lignes différentes"
    floor = row_floor(sighting)
    if floor is not None and sighting.lignes < floor:
        return f"{sighting.lignes} lignes, au moins {floor} attendues"
    return None


def _seen(sighting: Sighting) -> dg.MaterializeResult:  # type: ignore[type-arg]
    return dg.MaterializeResult(asset_key=SEEN, metadata=_figures(sighting))


def _figures(sighting: Sighting) -> dict[str, str | int]:
    return {
        "sha256": sighting.sha256,
        "date_contenu": sighting.date_contenu,
        "adresse": sighting.adresse_finale,
        "dagster/row_count": sighting.lignes,
    }


def _begun(home: HomeResource, config: RefreshConfig, sighting: Sighting) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Start a build from an archived list."""
    build = open_build(
        home.paths,
        sighting,
        config.accepter,
        refaire_historique=config.refaire_historique,
    )
    return dg.MaterializeResult(
        asset_key=LIST,
        metadata={
            "version": build.version,
            **_figures(sighting),
            "mise_en_page": sighting.mise_en_page,
            "octets": sighting.octets,
        },
    )
