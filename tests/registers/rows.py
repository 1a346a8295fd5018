"""Small fictitious lists: valid rows, in the layout of the ministry and in that of the mirror."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pipelines.registers.contract import COLUMNS, FLAGS, NAMES, Kind

Row = dict[str, str | None]
Override = str | None | Callable[[int], str | None]

# Which categories are certified, in the order of FLAGS; action de formation first.
_CERTIFIED = ("1000", "1100", "1010", "1001")
_BARE = {Kind.FLAG, Kind.DATE, Kind.INTEGER}
_MIRROR_MORE = ("toutes_specialites", "certifications", "random_id")


def with_luhn(digits: str) -> str:
    """Add the control digit of a SIREN or a SIRET."""
    doubled = [int(d) * (2 - rank % 2) for rank, d in enumerate(reversed(digits))]
    return digits + str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


def row(number: int, **overrides: Override) -> Row:
    """Make the row of one organisation; three in ten are certified. ``None``: an empty field."""
    if not 1 <= number <= 99_999:
        raise ValueError("a NDA holds five digits of sequence")
    unknown = overrides.keys() - set(NAMES)
    if unknown:
        raise ValueError(f"not columns of the contract: {sorted(unknown)}")
    siren = with_luhn(f"001{number:05d}")
    values: Row = dict.fromkeys(NAMES)
    values |= {
        "nda": f"1175{number:05d}75",
        "ndas_precedents": "",
        "denomination": f"ORGANISME FICTIF {number:05d}",
        "siren": siren,
        "siret_declarant": with_luhn(f"{siren}0001"),
        "adresse_voie": f"{number} RUE DE LA FICTION",
        "code_postal": "75011",
        "ville": "PARIS",
        "code_region": "11",
        "etranger_voie": "",
        "etranger_code_postal": "",
        "etranger_ville": "",
        "pays_organisme_represente": "",
        "date_derniere_declaration": f"{number % 28 + 1:02d}/05/2024",
        "debut_exercice": "01/01/2023",
        "fin_exercice": "31/12/2023",
        "code_specialite_1": "413",
        "libelle_specialite_1": "Développement des capacités comportementales et relationnelles",
        "nb_stagiaires": str(40 + number % 50),
        "nb_stagiaires_confies": str(number % 5),
        "effectif_formateurs": str(1 + number % 4),
    }
    tens, unit = divmod(number, 10)
    if unit in {1, 2, 3}:
        marks = _CERTIFIED[(tens + unit - 1) % len(_CERTIFIED)]
        values |= {flag: str(mark == "1").lower() for flag, mark in zip(FLAGS, marks, strict=True)}
    for name, value in overrides.items():
        values[name] = value(number) if callable(value) else value
    return values


def rows(count: int, **overrides: Override) -> list[Row]:
    """Make the rows 1 to ``count``; an override is a value, or a function of the row's number."""
    return [row(number, **overrides) for number in range(1, count + 1)]


def wire(lines: Iterable[Row]) -> bytes:
    """Lay rows out as the ministry does: text quoted, the rest bare, ``;`` after each field."""
    text = ["".join(f"{column.wire};" for column in COLUMNS)]
    for line in lines:
        fields = ((line[column.name], column.kind) for column in COLUMNS)
        text.append("".join(f"{_wire_field(value, kind)};" for value, kind in fields))
    return "".join(f"{line}\n" for line in text).encode()


def _wire_field(value: str | None, kind: Kind) -> str:
    if value is None or kind in _BARE:
        return value or ""
    return _quoted(value)


def wire_rows(count: int, **overrides: Override) -> bytes:
    """Make a list of ``count`` valid rows in the layout of the ministry."""
    return wire(rows(count, **overrides))


def mirror(lines: Iterable[Row]) -> bytes:
    """Lay rows out as the mirror's CSV export does, technical names and changed shapes included."""
    text = [";".join([*(column.technical for column in COLUMNS), *_MIRROR_MORE])]
    for rank, line in enumerate(lines):
        fields = [_mirror_field(column.name, line[column.name]) for column in COLUMNS]
        certified = "/".join(c.label for c in COLUMNS if c.name in FLAGS and line[c.name] == "true")
        more = [line["libelle_specialite_1"] or "", certified, f"0.{rank + 1:06d}"]
        text.append(";".join(_quoted(f) if set(f) & set(';"\n') else f for f in fields + more))
    return "".join(f"{line}\r\n" for line in text).encode()


def _mirror_field(name: str, value: str | None) -> str:
    if not value:
        return ""
    if name == "code_postal":
        return str(int(value))
    if name == "fin_exercice":
        return "-".join(reversed(value.split("/")))
    return value


def mirror_rows(count: int, **overrides: Override) -> bytes:
    """Make the same list as :func:`wire_rows`, in the layout of the mirror's CSV export."""
    return mirror(rows(count, **overrides))


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
