"""Organisations, one after the other, as rows of the list without any trap."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random

from pipelines.errors import UsageError
from pipelines.registers.generator import names, plan
from pipelines.registers.generator.calibration import Calibration, load
from pipelines.registers.generator.chance import Quota, Uniform, Weighted, share_out
from pipelines.registers.generator.declarations import Declarations
from pipelines.registers.generator.geography import AUTRE, Department, Geography, address
from pipelines.registers.generator.identifiers import Numbers, siret_from
from pipelines.registers.generator.wire import Row

MAX_ROWS = 2_000_000
_PERSONS = 0.02
_FOREIGN = 0.0001
# Previous numbers: the current one itself, another one, several.
_SELF, _OTHER, _SEVERAL = 0.333, 0.345, 0.348
_SAME_NAME = 0.003
_SAME_ENTITY = 0.0013
_LARGEST_ENTITY = 7
_ENTRUSTED = 0.15
_NO_ADDRESS = ("", "", "")
_NO_FLAG = ("", "", "", "")


class Population:
    """Makes the rows of a list; the same seed makes the same rows."""

    def __init__(self, lignes: int, graine: int, date: dt.date) -> None:
        if not 1 <= lignes <= MAX_ROWS:
            raise UsageError(
                f"Une liste a de 1 à {MAX_ROWS} lignes, et non {lignes} : donnez un autre nombre."
            )
        if not 2000 <= date.year < 2100:
            raise UsageError(
                f"La date {date:%d/%m/%Y} n'est pas celle d'une liste : donnez une date entre "
                "2000 et 2099."
            )
        self.uniform: Uniform = Random(graine).random  # noqa: S311 -- nothing secret here
        self.calibration = load()
        self.geography = Geography(self.calibration)
        self.numbers = Numbers(self.uniform)
        self.made = 0
        self._declarations = Declarations(date)
        self._plan = plan.make(self.calibration, lignes, self.uniform)
        self._specialities: Weighted[tuple[str, str]] = Weighted(
            [(code, label) for code, label, _ in self.calibration.specialites],
            [organismes for _, _, organismes in self.calibration.specialites],
        )
        self._other_flags = _other_flags(self.calibration)
        self._quotas(lignes)
        self._shared = 0
        self._head = self._latest = ("", "")

    def _quotas(self, lignes: int) -> None:
        """Say how many persons, addresses and foreign ones are to come, among whom."""
        made, liste = self._plan, self.calibration.liste
        elsewhere = [region.code for region in self.calibration.regions].index(AUTRE)
        may_be_person = sum(
            trainers <= 1 and region != elsewhere
            for trainers, region in zip(made.formateurs, made.regions, strict=True)
        )
        persons = min(round(lignes * _PERSONS), may_be_person)
        addresses = share_out(lignes, [liste["adresse"], liste["organismes"] - liste["adresse"]])[0]
        companies = lignes - persons - made.regions.count(elsewhere)
        self._persons = Quota(persons, may_be_person)
        self._addresses = Quota(min(addresses, companies), companies)
        self._foreign = Quota(max(1, round(lignes * _FOREIGN)), lignes)
        self._actions = [
            Quota(actions, certified)
            for actions, certified in zip(
                made.actions_par_region, made.certifies_par_region, strict=True
            )
        ]

    def rows(self) -> Iterator[Row]:
        """Give the rows in order."""
        for row in range(len(self._plan.regions)):
            yield self._row(row)

    def _row(self, row: int) -> Row:
        made, uniform = self._plan, self.uniform
        rank = made.regions[row]
        region = self.calibration.regions[rank].code
        department = self.geography.draw(region, uniform)
        person = region != AUTRE and made.formateurs[row] <= 1 and self._persons.draw(uniform())
        located = not person and region != AUTRE and self._addresses.draw(uniform())
        nda = self.nda(department)
        denomination, siren = self._who(person)
        trainees = made.stagiaires[row]
        return [
            nda,
            self._previous(nda),
            denomination,
            siren,
            siret_from(siren, 1 + int(uniform() * uniform() * 60)),
            *(address(department, uniform) if located else _NO_ADDRESS),
            region,
            *(self._flags(rank) if made.certifies[row] else _NO_FLAG),
            *self._represented(),
            *self._declarations.draw(made.annees[row], uniform),
            *self._taught(made.specialites[row]),
            str(trainees),
            str(self._entrusted(trainees)),
            str(made.formateurs[row]),
        ]

    def nda(self, department: Department) -> str:
        """Give a new NDA of a department."""
        nda = self.geography.nda(department, self.numbers, self.uniform)
        if nda is None:
            raise UsageError(
                "Il n'y a plus de numéro de déclaration libre dans la région "
                f"{department.region} : demandez moins de lignes."
            )
        return nda

    def new_name(self) -> str:
        """Give a new denomination of an organisation."""
        self.made += 1
        return names.organisation(self.made, self.uniform)

    def _who(self, person: bool) -> tuple[str, str]:
        """Give denomination and SIREN; some entities have several NDAs, some names come twice."""
        if person:
            self.made += 1
            return names.person(self.made, self.uniform), self.numbers.siren()
        chance = self.uniform()
        if chance < _SAME_ENTITY and self._latest[0]:
            self._shared += 1
            return self._head if self._shared < _LARGEST_ENTITY else self._latest
        twin = chance < _SAME_ENTITY + _SAME_NAME and self._latest[0]
        found = (twin or self.new_name(), self.numbers.siren())
        self._head = self._head if self._head[0] else found
        self._latest = found
        return found

    def _previous(self, nda: str) -> str:
        chance = self.uniform()
        if chance < _SELF:
            return nda
        if chance >= _SEVERAL:
            return ""
        old = self.nda(self.geography.anywhere(self.uniform))
        if chance < _OTHER:
            return old
        older = self.nda(self.geography.anywhere(self.uniform))
        return f"{older},{old}" if self.uniform() < 0.5 else f"{old},{nda}"

    def _flags(self, rank: int) -> tuple[str, str, str, str]:
        action = self._actions[rank].draw(self.uniform())
        chances = self._other_flags
        bilan, vae, cfa = (self.uniform() < chance for chance in chances)
        if not action:
            only = int(self.uniform() * 3)
            bilan, vae, cfa = (place == only for place in range(3))
        return _flag(action), _flag(bilan), _flag(vae), _flag(cfa)

    def _represented(self) -> tuple[str, str, str, str, str]:
        if not self._foreign.draw(self.uniform()):
            return ("", "", "", "", "")
        return names.FOREIGN[int(self.uniform() * len(names.FOREIGN))]

    def _taught(self, count: int) -> list[str]:
        """Give three codes and labels, all different, the last ones empty."""
        codes: list[str] = []
        while len(codes) < 2 * count:
            code, label = self._specialities.draw(self.uniform())
            if code not in codes:
                codes += (code, label)
        return codes + [""] * (6 - len(codes))

    def _entrusted(self, trainees: int) -> int:
        if self.uniform() >= _ENTRUSTED:
            return 0
        chance = self.uniform()
        return int(trainees * 4 * chance * chance)


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _other_flags(calibration: Calibration) -> tuple[float, ...]:
    """Chances of each other category where training actions are certified.

    Rows certified for another category only (a third of them for each) bring their part.
    """
    liste = calibration.liste
    certified = liste["certification_renseignee"]
    actions = sum(region.certifies for region in calibration.regions)
    return tuple(
        (liste[key] / liste["certifies_2024"] * certified - (certified - actions) / 3) / actions
        for key in ("bilan_2024", "vae_2024", "apprentissage_2024")
    )
