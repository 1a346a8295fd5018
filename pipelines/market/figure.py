"""What the report is made of: figures, each with its sentence, its drawing and its table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from pipelines import french

if TYPE_CHECKING:
    import altair as alt

# Beside a figure that rests on fewer than five organisations.
SMALL = "*"
# Beside a département of a region where many organisations have none: its figures are too low.
PARTIAL = "†"


class Kind(Enum):
    """How the values of a column are written."""

    TEXT = "texte"
    COUNT = "nombre"
    DECIMAL = "decimal"
    PERCENT = "part"
    SIGNED = "ecart"
    SIGNED_PERCENT = "ecart_part"


@dataclass(frozen=True)
class Column:
    """One column of a table: its title, where its values are in a row, how they are written."""

    title: str
    name: str
    kind: Kind = Kind.TEXT
    decimals: int = 1

    def cell(self, value: Any) -> str:
        """Write one value."""
        if value is None:
            return french.ABSENT
        if self.kind is Kind.TEXT:
            return str(value)
        writers: dict[Kind, Callable[[], str]] = {
            Kind.COUNT: lambda: french.entier(value),
            Kind.DECIMAL: lambda: french.decimal(value, self.decimals),
            Kind.PERCENT: lambda: french.pourcent(value, self.decimals),
            Kind.SIGNED: lambda: french.signed(value),
            Kind.SIGNED_PERCENT: lambda: french.signed_percent(value, self.decimals),
        }
        return writers[self.kind]()


Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """Rows as they were read, and the columns to show of them.

    Beside their first column, rows where ``petit_effectif`` is true get the sign of small cells,
    and rows where ``incomplet`` is true that of figures that leave organisations out.
    """

    columns: Sequence[Column]
    rows: Sequence[Row]

    def head(self) -> list[tuple[str, bool]]:
        """Give the titles, and whether each heads figures."""
        return [(column.title, column.kind is not Kind.TEXT) for column in self.columns]

    def body(self) -> list[list[str]]:
        """Give the cells as they are written."""
        return [
            [
                column.cell(row[column.name]) + (signs(row) if position == 0 else "")
                for position, column in enumerate(self.columns)
            ]
            for row in self.rows
        ]

    @property
    def small(self) -> bool:
        """Whether some row rests on too few organisations."""
        return any(row.get("petit_effectif") for row in self.rows)

    @property
    def partial(self) -> bool:
        """Whether some row leaves organisations out."""
        return any(row.get("incomplet") for row in self.rows)


def signs(row: Row) -> str:
    """Give the signs that go beside the name of a row."""
    return (SMALL if row.get("petit_effectif") else "") + (PARTIAL if row.get("incomplet") else "")


@dataclass(frozen=True)
class Figure:
    """One figure. Without a drawing, ``absence`` says why there is none."""

    slug: str
    title: str
    summary: str
    sources: Sequence[str]
    table: Table
    chart: alt.TopLevelMixin | None = None
    absence: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        """See that a figure shows something or says why not."""
        if (self.chart is None) == (not self.absence):
            raise ValueError(self.slug)


@dataclass(frozen=True)
class Listing:
    """A table that has no drawing, and what is to be known to read it."""

    slug: str
    title: str
    sources: Sequence[str]
    table: Table
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A chapter: sentences that lead in, figures, tables that stand alone."""

    slug: str
    title: str
    lead: str
    figures: Sequence[Figure]
    listings: Sequence[Listing] = field(default_factory=tuple)
