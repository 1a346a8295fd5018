"""Where generated organisations are: departments, their NDA prefixes, postcodes, invented towns."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.registers.generator.calibration import Calibration, table
from pipelines.registers.generator.chance import Uniform, Weighted
from pipelines.registers.generator.identifiers import Numbers

AUTRE = "905"
CORSE = "94"
# Share of rows that hold a number of a public body (fifth character P); seen on a sample.
_PUBLIC = 0.001

_TOWNS = (
    "SAINT-EXEMPLE",
    "VILLEFICTIVE",
    "BOURG-MODELE",
    "MONT-SPECIMEN",
    "CHATEAU-TEMOIN",
    "Port-Imaginaire",
    "LA FACTICE",
    "Essai-le-Grand",
    "VAL D'EXEMPLE",
    "PONT-SIMULE",
)
_SUITES = ("", "-LES-BAINS", "-SUR-DEMO", "-EN-ESSAI", "-LA-FORET", "-SOUS-BOIS", " CEDEX")
_STREETS = (
    "RUE DE L'EXEMPLE",
    "AVENUE DU MODELE",
    "Boulevard de la Démonstration",
    "PLACE DE L'ESSAI",
    "Chemin du Spécimen",
    "IMPASSE FICTIVE",
    "Allée des Témoins",
    "ZA DE LA SIMULATION",
    "ROUTE IMAGINAIRE",
    "Quai du Jeu-d'Essai",
    "COURS DE LA FICTION, BATIMENT A",
    "Rue du Général Factice",
)


@dataclass(frozen=True)
class Department:
    """A department (or the list's region 905, which has none): how its numbers start."""

    code: str
    region: str
    nda: str
    prefix: str
    old_prefix: str
    old_share: float
    postcodes: tuple[str, ...]


class Geography:
    """Departments by region, drawn as often as the published list has them."""

    def __init__(self, calibration: Calibration) -> None:
        old = {code: (p.prefixe, p.part) for p in calibration.prefixes for code in p.departements}
        current = _current_prefixes()
        crossed = frozenset(row["code_postal"] for row in table("code_postal_exception"))
        weights = calibration.adresses
        self.region_of = {
            row["code_departement"]: row["code_region"] for row in table("departement")
        }
        self._by_region: dict[str, list[Department]] = {AUTRE: [_elsewhere(current[AUTRE])]}
        for code, region in self.region_of.items():
            if code not in weights:
                continue  # communities overseas whose organisations the list puts under 905
            number = "20" if region == CORSE else code[:2]
            codes = tuple(cp for cp in _postcodes(code) if cp not in crossed)
            department = Department(
                code, region, number, current[region], *old.get(code, ("", 0.0)), codes
            )
            self._by_region.setdefault(region, []).append(department)
        self._weighted = {
            region: Weighted(inside, [weights.get(d.code, 1) for d in inside])
            for region, inside in self._by_region.items()
        }
        self._all = tuple(d for inside in self._by_region.values() for d in inside if d.code)

    def draw(self, region: str, uniform: Uniform) -> Department:
        """Draw a department of a region."""
        return self._weighted[region].draw(uniform())

    def anywhere(self, uniform: Uniform, outside: str = "", start: str = "") -> Department:
        """Draw a department of the mainland, out of one region, its code starting so."""
        while True:
            found = self._all[int(uniform() * len(self._all))]
            mainland = found.region not in (outside, CORSE) and len(found.code) == 2
            if mainland and found.code.startswith(start):
                return found

    def nda(self, department: Department, numbers: Numbers, uniform: Uniform) -> str | None:
        """Give an NDA of the department, old prefix or new, or None when its region is full."""
        public = uniform() < _PUBLIC
        prefix = department.old_prefix if uniform() < department.old_share else department.prefix
        return numbers.nda(prefix, department.nda, public) or self._spare(department, numbers)

    def _spare(self, department: Department, numbers: Numbers) -> str | None:
        """Give a number of the region when the department's own series is used up."""
        for place in (department, *self._by_region[department.region]):
            for prefix in (place.prefix, place.old_prefix):
                number = numbers.nda(prefix, place.nda) if prefix else None
                if number is not None:
                    return number
        return None

    def postcode_region(self, postcode: str) -> str | None:
        """Give the region of a postcode outside Corsica."""
        code = postcode[:3] if postcode.startswith("97") else postcode[:2]
        return self.region_of.get(code)


def address(department: Department, uniform: Uniform) -> tuple[str, str, str]:
    """Draw street, postcode and town."""
    chance = uniform()
    postcode = department.postcodes[int(chance * chance * len(department.postcodes))]
    street = _STREETS[int(uniform() * len(_STREETS))]
    return f"{1 + int(uniform() * 150)} {street}", postcode, town(postcode)


def town(postcode: str) -> str:
    """Give the invented town of a postcode."""
    number = int(postcode)
    return _TOWNS[number // 10 % len(_TOWNS)] + _SUITES[number // 7 % len(_SUITES)]


def _current_prefixes() -> dict[str, str]:
    return {
        row["code_region"]: row["prefixe"]
        for row in table("prefixe_nda")
        if row["periode"] == "actuel"
    }


def _elsewhere(prefix: str) -> Department:
    return Department("", AUTRE, "97", prefix, "", 0.0, ())


def _postcodes(department: str) -> list[str]:
    if department == "75":
        return [f"750{number:02d}" for number in range(1, 21)]
    if department in ("2A", "2B"):
        starts = ["200", "201"] if department == "2A" else ["202", "206"]
    elif len(department) == 3:
        starts = [department]
    else:
        starts = [f"{department}{hundreds}" for hundreds in range(10)]
    return [f"{start}{tens}0" for start in starts for tens in range(10)]
