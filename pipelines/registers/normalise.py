"""From text to types: each column by its kind, each doubt as a line of ``anomalie``.

Nothing is mended in silence: a value that was repaired, set to null or looks wrong is reported
with what the list said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from pipelines.registers import identifiers
from pipelines.registers.anomalies import RULES
from pipelines.registers.contract import COLUMNS, FLAGS, Kind
from pipelines.registers.flags import flag_words
from pipelines.registers.layout import Layout
from pipelines.registers.places import places, postcode_department, region_of
from pipelines.registers.reading import Block

ANOMALY_SCHEMA = {
    "ligne": pl.Int64,
    "nda": pl.String,
    "regle": pl.String,
    "gravite": pl.String,
    "champ": pl.String,
    "valeur": pl.String,
    "message": pl.String,
}
TITLES = r"(?i)^(monsieur|madame|mademoiselle|mme|mlle|m\.)\s"
_ABSURD_TRAINERS = 5_000
_EQUAL_FROM = 100
_YEARS = (1950, 2100)
# No organisation has more trainees; sums of larger numbers would not fit.
_LARGEST = 1_000_000_000


@dataclass(frozen=True)
class Normalised:
    """Typed rows of a block, and the doubts they raise."""

    rows: pl.DataFrame
    anomalies: pl.DataFrame
    without_nda: pl.DataFrame


def normalise(block: Block, list_date: dt.date, layout: Layout) -> Normalised:
    """Type the rows of ``block``; rows without an NDA have no key and are given back apart.

    The mirror keeps postcodes as integers: a lost zero is its format there, not damage. A layout
    without certifications leaves them unknown.
    """
    from_mirror = layout.name.startswith("opendatasoft")
    known = pl.lit(not layout.absent.intersection(FLAGS))
    text = block.rows.select("ligne", pl.exclude("ligne").name.prefix("lu_"))
    typed = text.with_columns(_mended(text)).with_columns(_typed())
    typed = typed.join(_previous_ndas(typed), on="ligne", how="left", maintain_order="left")
    keyed = typed.filter(pl.col("nda").is_not_null())
    rows = (
        keyed.with_columns(_postcodes(keyed, from_mirror))
        .with_columns(_derived())
        .with_columns([*_department(), (known & _flags_readable()).alias("certification_connue")])
    )
    anomalies = _anomalies(rows, block.repaired, list_date, from_mirror)
    names = [column.name for column in COLUMNS]
    extra = [
        "nda_valide",
        "siren_valide",
        "siret_valide",
        "code_departement",
        "departement_source",
        "personne_physique_presumee",
        "certification_connue",
    ]
    return Normalised(
        rows.select("ligne", *names, *extra),
        anomalies,
        typed.filter(pl.col("nda").is_null()).select("ligne", pl.col("^lu_.*$")),
    )


# What the text of a kind looks like when nothing is wrong with it, and what undoes the rest.
_REGULAR: dict[Kind, tuple[str, Callable[[pl.Expr], pl.Expr]]] = {
    Kind.NDA: (identifiers.NDA_SHAPE, identifiers.nda_repaired),
    Kind.SIREN: (r"^\d{9}$", identifiers.siren_repaired),
    Kind.SIRET: (r"^\d{14}$", identifiers.siret_repaired),
    Kind.REGION: (r"^\d{2,}$", lambda text: identifiers.compact(text).str.zfill(2)),
    Kind.NSF: (r"^\d{3}$", identifiers.compact),
    Kind.INTEGER: (r"^\d+$", identifiers.compact),
    Kind.TEXT: (r"^\S+(?: \S+)*$", lambda text: text.str.replace_all(r"\s+", " ")),
}


def _mended(text: pl.DataFrame) -> list[pl.Series]:
    """Put the text of each column in its regular form."""
    made = []
    for column in COLUMNS:
        read = text[f"lu_{column.name}"]
        if column.kind in _REGULAR:
            regular, mend = _REGULAR[column.kind]
            read = _mend_odd(text, read, regular, mend(pl.col(read.name)))
        if column.kind is not Kind.NDA_LIST:  # a list, made apart
            made.append(read.alias(column.name))
    return made


def _mend_odd(rows: pl.DataFrame, read: pl.Series, regular: str, mend: pl.Expr) -> pl.Series:
    """Mend the values that are not ``regular``: they are few, and mending all costs seconds."""
    odd = (~read.str.contains(regular)).fill_null(value=False)
    if not odd.any():
        return read
    return read.scatter(odd.arg_true(), rows.filter(odd).select(mend).to_series())


def _typed() -> list[pl.Expr]:
    types: dict[Kind, Callable[[pl.Expr], pl.Expr]] = {
        Kind.FLAG: _flag,
        Kind.DATE: _date,
        Kind.INTEGER: _integer,
    }
    return [
        types[column.kind](pl.col(column.name)).alias(column.name)
        for column in COLUMNS
        if column.kind in types
    ]


def _previous_ndas(typed: pl.DataFrame) -> pl.DataFrame:
    """Split the previous numbers, by line; the current one is not a previous one of itself."""
    read = pl.col("lu_ndas_precedents")
    others = (
        typed.filter(read != pl.col("nda"))
        .select("ligne", "nda", precedent=read.str.replace_all(r"\s", "").str.split(","))
        .explode("precedent")
        .filter((pl.col("precedent") != "") & (pl.col("precedent") != pl.col("nda")))
    )
    return others.group_by("ligne").agg(
        pl.col("precedent").unique().sort().alias("ndas_precedents")
    )


def _flag(read: pl.Expr) -> pl.Expr:
    return read.str.to_lowercase().replace_strict(
        flag_words(), default=None, return_dtype=pl.Boolean
    )


def _flags_readable() -> pl.Expr:
    return ~pl.any_horizontal(
        pl.col(f"lu_{flag}").is_not_null() & pl.col(flag).is_null() for flag in FLAGS
    )


def _date(read: pl.Expr) -> pl.Expr:
    found = pl.coalesce(
        read.str.to_date("%d/%m/%Y", strict=False),
        read.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False),
    )
    return pl.when(found.dt.year().is_between(*_YEARS)).then(found)


def _integer(read: pl.Expr) -> pl.Expr:
    number = read.cast(pl.Int64, strict=False)
    return pl.when(number.is_between(0, _LARGEST)).then(number)


def _postcodes(rows: pl.DataFrame, from_mirror: bool) -> pl.Series:
    read = rows["lu_code_postal"]
    return _mend_odd(rows, read, r"^\d{5}$", _postcode(from_mirror)).alias("code_postal")


def _postcode(from_mirror: bool) -> pl.Expr:
    """Five digits; four are given their zero when they come from the mirror or fit the region."""
    small = identifiers.compact(pl.col("lu_code_postal"))
    full = small.str.zfill(5)
    fits = region_of(postcode_department(full, pl.col("code_region"))) == pl.col("code_region")
    padded = small.str.contains(r"^\d{4}$") & (pl.lit(from_mirror) | fits)
    return (
        pl.when(small.str.contains(r"^\d{5}$"))
        .then(small)
        .when(padded)
        .then(full)
        .alias("code_postal")
    )


def _derived() -> list[pl.Expr]:
    table = places()
    region = pl.col("code_region")
    return [
        pl.col("nda").str.contains(identifiers.NDA_SHAPE).alias("nda_valide"),
        identifiers.siren_valid(pl.col("siren")).alias("siren_valide"),
        identifiers.siret_valid(pl.col("siret_declarant")).alias("siret_valide"),
        pl.col("denomination")
        .str.contains(TITLES)
        .fill_null(value=False)
        .alias("personne_physique_presumee"),
        postcode_department(pl.col("code_postal"), region).alias("dep_adresse"),
        identifiers.nda_department(
            pl.col("nda"), table.overseas_prefix, sorted(table.region_of)
        ).alias("dep_nda"),
    ]


def _department() -> list[pl.Expr]:
    """Take the department of the address, or else of the NDA.

    Where the address is not in the stated region and the NDA is, the NDA is believed.
    """
    address, nda = pl.col("dep_adresse"), pl.col("dep_nda")
    region = pl.col("code_region")
    doubtful = (region_of(address) != region) & (region_of(nda) == region)
    use_nda = address.is_null() | doubtful.fill_null(value=False)
    return [
        pl.when(use_nda).then(nda).otherwise(address).alias("code_departement"),
        pl.when(~use_nda)
        .then(pl.lit("adresse"))
        .when(nda.is_not_null())
        .then(pl.lit("nda"))
        .alias("departement_source"),
    ]


def _anomalies(
    rows: pl.DataFrame, repaired: list[int], list_date: dt.date, from_mirror: bool
) -> pl.DataFrame:
    frames = [pl.DataFrame(schema=ANOMALY_SCHEMA)]
    for rule, mask, value in _doubts(repaired, list_date, from_mirror):
        frames.append(_raised(rows, rule, RULES[rule].champ, mask, value))
    for name, rule in _unreadable():
        read = pl.col(f"lu_{name}")
        mask = read.is_not_null() & pl.col(name).is_null()
        frames.append(_raised(rows, rule, name, mask, read))
    for name in (column.name for column in COLUMNS if column.kind is Kind.NSF):
        mask = ~pl.col(name).str.contains(r"^\d{3}$")
        frames.append(_raised(rows, "SPECIALITE_FORME", name, mask, pl.col(name)))
    return pl.concat(frames)


def _raised(
    rows: pl.DataFrame, rule: str, champ: str, mask: pl.Expr, value: pl.Expr
) -> pl.DataFrame:
    _, gravite, message = RULES[rule]
    return rows.filter(mask).select(
        "ligne",
        "nda",
        pl.lit(rule).alias("regle"),
        pl.lit(gravite).alias("gravite"),
        pl.lit(champ).alias("champ"),
        value.cast(pl.String).alias("valeur"),
        pl.lit(message).alias("message"),
    )


def _unreadable() -> list[tuple[str, str]]:
    """List the columns whose text may fail to type, each with the rule that says so."""
    rules = {
        Kind.FLAG: "DRAPEAU_ILLISIBLE",
        Kind.DATE: "DATE_ILLISIBLE",
        Kind.INTEGER: "NOMBRE_ILLISIBLE",
        Kind.POSTCODE: "CODE_POSTAL_FORME",
    }
    return [(column.name, rules[column.kind]) for column in COLUMNS if column.kind in rules]


Doubt = tuple[str, pl.Expr, pl.Expr]


def _doubts(repaired: list[int], list_date: dt.date, from_mirror: bool) -> list[Doubt]:
    return [
        ("GUILLEMET_ERRANT", pl.col("ligne").is_in(repaired), pl.col("denomination")),
        *_identifier_doubts(),
        *_place_doubts(from_mirror),
        *_certification_doubts(),
        *_declaration_doubts(list_date),
    ]


def _identifier_doubts() -> list[Doubt]:
    nda, siren, siret = pl.col("nda"), pl.col("siren"), pl.col("siret_declarant")
    read_siren, read_siret = pl.col("lu_siren"), pl.col("lu_siret_declarant")
    previous = pl.col("ndas_precedents")
    odd_previous = previous.list.eval(~pl.element().str.contains(identifiers.NDA_SHAPE)).list.any()
    prefix_known = nda.str.slice(0, 2).is_in(sorted(places().prefixes))
    other = pl.col("siret_valide") & pl.col("siren_valide") & (siret.str.slice(0, 9) != siren)
    return [
        ("NDA_TABLEUR", nda != pl.col("lu_nda"), pl.col("lu_nda")),
        ("NDA_FORME", ~pl.col("nda_valide"), nda),
        ("NDA_PREFIXE", pl.col("nda_valide") & ~prefix_known, nda),
        ("NDA_PRECEDENT_FORME", odd_previous.fill_null(value=False), previous.list.join(",")),
        ("SIREN_ABSENT", siren.is_null(), siren),
        ("SIREN_TABLEUR", siren != read_siren, read_siren),
        ("SIREN_INVALIDE", siren.is_not_null() & ~pl.col("siren_valide"), siren),
        ("SIRET_TABLEUR", siret != read_siret, read_siret),
        ("SIRET_INVALIDE", siret.is_not_null() & ~pl.col("siret_valide"), siret),
        ("SIRET_AUTRE_SIREN", other, siret),
        ("DENOMINATION_ABSENTE", pl.col("denomination").is_null(), pl.col("denomination")),
    ]


def _place_doubts(from_mirror: bool) -> list[Doubt]:
    region, postcode = pl.col("code_region"), pl.col("code_postal")
    department = pl.col("code_departement")
    known = region.is_in(sorted(places().regions))
    elsewhere = (
        known
        & postcode.is_not_null()
        & (region_of(pl.col("dep_adresse")) != region).fill_null(value=True)
    )
    moved = known & (pl.col("departement_source") == "nda") & (region_of(department) != region)
    short = postcode.is_not_null() & (postcode != pl.col("lu_code_postal"))
    return [
        (
            "CODE_POSTAL_TABLEUR",
            short & ~pl.lit(from_mirror),
            pl.col("lu_code_postal"),
        ),
        ("CODE_POSTAL_REGION", elsewhere, postcode),
        ("REGION_INCONNUE", region.is_not_null() & ~known, region),
        ("DEPARTEMENT_INDETERMINE", department.is_null(), pl.lit(None, pl.String)),
        ("DEPARTEMENT_REGION", moved, department),
    ]


def _certification_doubts() -> list[Doubt]:
    values = pl.concat_str([pl.col(f"lu_{flag}").fill_null("") for flag in FLAGS], separator=";")
    filled = pl.sum_horizontal(pl.col(f"lu_{flag}").is_not_null() for flag in FLAGS)
    all_false = pl.all_horizontal(
        pl.col(flag).eq(other=False).fill_null(value=False) for flag in FLAGS
    )
    return [
        ("DRAPEAUX_TOUS_FAUX", all_false, values),
        ("DRAPEAUX_PARTIELS", filled.is_between(1, len(FLAGS) - 1), values),
    ]


def _declaration_doubts(list_date: dt.date) -> list[Doubt]:
    declared = pl.col("date_derniere_declaration")
    start, end = pl.col("debut_exercice"), pl.col("fin_exercice")
    trainees, entrusted = pl.col("nb_stagiaires"), pl.col("nb_stagiaires_confies")
    trainers = pl.col("effectif_formateurs")
    return [
        ("DATE_FUTURE", declared > list_date, declared),
        ("EXERCICE_INVERSE", end < start, end),
        ("EFFECTIF_ABSURDE", trainers > _ABSURD_TRAINERS, trainers),
        (
            "FORMATEURS_EGAL_STAGIAIRES",
            (trainers == trainees) & (trainers >= _EQUAL_FROM),
            trainers,
        ),
        ("CONFIES_SANS_STAGIAIRES", (trainees == 0) & (entrusted > 0), entrusted),
    ]


def latest_declaration(rows: pl.DataFrame) -> dt.date | None:
    """Give the latest declaration date of text rows, for ordering lists of the same day."""
    found = rows.select(_date(pl.col("date_derniere_declaration")).max()).item()
    return found if isinstance(found, dt.date) else None
