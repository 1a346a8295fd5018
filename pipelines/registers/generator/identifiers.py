"""Numbers of organisations: NDA, SIREN and SIRET, each given once and valid."""

from __future__ import annotations

from pipelines.registers.generator.chance import Uniform

# Steps through all numbers of a size without repeating one: coprime with those sizes.
_STEP = 38_177
_SIREN_STEP = 38_196_601
_FIRST_SIREN, _SIRENS = 10_000_000, 90_000_000
_FIRST_WITH_ZERO, _SIRENS_WITH_ZERO = 1_000_000, 9_000_000
LA_POSTE = "356000000"


def _luhn_sums(doubled: tuple[int, int]) -> list[int]:
    """Luhn sums of the 10,000 groups of four digits, those at ``doubled`` counted twice."""
    sums = []
    for number in range(10_000):
        total = 0
        for place, digit in enumerate(f"{number:04d}"):
            value = int(digit) * (2 if place in doubled else 1)
            total += value - 9 if value > 9 else value
        sums.append(total)
    return sums


_EVEN, _ODD = _luhn_sums((1, 3)), _luhn_sums((0, 2))
_DOUBLE = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def siren_from(base: int) -> str:
    """Give the SIREN made of eight digits and their key."""
    key = -(_EVEN[base // 10_000] + _EVEN[base % 10_000]) % 10
    return f"{base:08d}{key}"


def siret_from(siren: str, establishment: int) -> str:
    """Give the SIRET of an establishment (1 to 9999) of ``siren``."""
    base, key = int(siren[:8]), int(siren[8])
    total = _ODD[base // 10_000] + _ODD[base % 10_000] + _DOUBLE[key] + _EVEN[establishment]
    return f"{siren}{establishment:04d}{-total % 10}"


def la_poste_siret(rank: int) -> str:
    """Give a SIRET of La Poste: its digits add up to a multiple of five, Luhn does not hold."""
    found = 0
    for establishment in range(1, 10_000):
        luhn = siret_from(LA_POSTE, establishment)
        start = f"{LA_POSTE}{establishment:04d}"
        key = -sum(map(int, start)) % 5
        if f"{start}{key}" != luhn:
            if found == rank:
                return f"{start}{key}"
            found += 1
    raise ValueError(f"no establishment of rank {rank}")


class Numbers:
    """Gives numbers that it never gave before."""

    def __init__(self, uniform: Uniform) -> None:
        self._uniform = uniform
        self._series: dict[str, tuple[int, int]] = {}
        self._sirens = int(uniform() * _SIRENS)
        self._zeros = int(uniform() * _SIRENS_WITH_ZERO)

    def _next(self, series: str, size: int) -> int | None:
        start, given = self._series.get(series) or (int(self._uniform() * size), 0)
        if given == size:
            return None
        self._series[series] = (start, given + 1)
        return (start + given * _STEP) % size

    def nda(self, prefix: str, department: str, public: bool = False) -> str | None:
        """Give an NDA of a prefix and department (two digits), or None when none is left."""
        if public:
            number = self._next(f"P{prefix}{department}", 10_000)
            if number is not None:
                return f"{prefix}{department}P{number:04d}{department}"
        number = self._next(prefix + department, 100_000)
        return None if number is None else f"{prefix}{department}{number:05d}{department}"

    def siren(self) -> str:
        """Give a SIREN that does not start with zero."""
        while True:
            self._sirens = (self._sirens + _SIREN_STEP) % _SIRENS
            siren = siren_from(_FIRST_SIREN + self._sirens)
            if siren != LA_POSTE:
                return siren

    def siren_with_zero(self) -> str:
        """Give a SIREN that starts with one zero, as those of a few old companies do."""
        self._zeros = (self._zeros + _STEP) % _SIRENS_WITH_ZERO
        return siren_from(_FIRST_WITH_ZERO + self._zeros)
