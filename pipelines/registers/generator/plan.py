"""What each row of a list will be, so that the published margins come out exact."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from math import sqrt

from pipelines.registers.generator.calibration import Calibration, TraineesClass, TrainersClass
from pipelines.registers.generator.chance import Uniform, share_out, shuffle

YEARS = 4
# Trainers of the open class, 101 and more: a long tail, under the 5,000 that reading finds absurd.
_TAIL_TRAINERS, _TAIL_CUT = 169.0, 841
# How much being certified goes with trainees and with having trainers (70 % among 3 to 10).
_BY_TRAINEES, _BY_TRAINERS = 1.0, 0.4


@dataclass
class Plan:
    """One value a row: region (rank in the calibration), trainers, trainees and so on."""

    regions: bytearray
    formateurs: array[int]
    stagiaires: array[int]
    certifies: bytearray
    specialites: bytearray
    annees: bytearray
    # Certified rows of each region, and those certified for training actions among them.
    certifies_par_region: list[int]
    actions_par_region: list[int]


def make(calibration: Calibration, lignes: int, uniform: Uniform) -> Plan:
    """Share ``lignes`` out among all classes, and join the classes as the list joins them."""
    liste = calibration.liste
    regions = _shuffled(lignes, [region.organismes for region in calibration.regions], uniform)
    specialites = _shuffled(lignes, [liste[f"specialites_{n}"] for n in range(4)], uniform)
    annees = _shuffled(lignes, [liste[f"declares_annee_{n}"] for n in range(YEARS)], uniform)
    formateurs, scores = _trainers(calibration.formateurs, lignes, uniform)
    order = sorted(range(lignes), key=scores.__getitem__)
    stagiaires = _trainees(calibration.stagiaires, order, formateurs)

    certified = [region.certifies for region in calibration.regions]
    actions = share_out(_part(lignes, sum(certified), calibration), certified)
    others = _part(lignes, liste["certification_renseignee"], calibration) - sum(actions)
    wanted = [a + b for a, b in zip(actions, share_out(others, certified), strict=True)]
    return Plan(
        regions,
        formateurs,
        stagiaires,
        _certified(order, formateurs, regions, wanted, uniform),
        specialites,
        annees,
        wanted,
        actions,
    )


def _part(lignes: int, organismes: int, calibration: Calibration) -> int:
    return share_out(lignes, [organismes, calibration.liste["organismes"] - organismes])[0]


def _shuffled(lignes: int, weights: list[int], uniform: Uniform) -> bytearray:
    values = bytearray()
    for value, count in enumerate(share_out(lignes, weights)):
        values.extend(bytes([value]) * count)
    shuffle(values, uniform)
    return values


def _trainers(
    classes: tuple[TrainersClass, ...], lignes: int, uniform: Uniform
) -> tuple[array[int], array[float]]:
    """Give trainers row by row, and a score by which rows are ranked for their trainees."""
    values: array[int] = array("l")
    for group, count in zip(
        classes, share_out(lignes, [c.organismes for c in classes]), strict=True
    ):
        if group.effectifs:
            inside = share_out(count, [organismes for _, organismes in group.effectifs])
            for (effectif, _), share in zip(group.effectifs, inside, strict=True):
                values.extend([effectif] * share)
        else:
            values.extend(_tail_trainers(int(group.classe.rstrip("+")), count))
    shuffle(values, uniform)
    score_of = _scores(classes)
    # Three uniforms make a bell of deviation 1/2 without any transcendental function.
    scores = array(
        "d",
        [
            score_of[value if value < len(score_of) else -1]
            + 2 * (uniform() + uniform() + uniform())
            for value in values
        ],
    )
    return values, scores


def _scores(classes: tuple[TrainersClass, ...]) -> list[float]:
    """Score by number of trainers; the last one stands for all above."""
    scores = [group.score for group in classes for _ in group.effectifs]
    return [*scores, classes[-1].score]


def _tail_trainers(first: int, count: int) -> list[int]:
    cut = 1 - 1 / _TAIL_CUT
    chances = [(place + 0.5) / count * cut for place in range(count)]
    return [first + int(_TAIL_TRAINERS * (1 / sqrt(1 - chance) - 1)) for chance in chances]


def _trainees(
    classes: tuple[TraineesClass, ...], order: list[int], formateurs: array[int]
) -> array[int]:
    """Give trainees row by row: the higher a row ranks, the more it has."""
    values: array[int] = array("l", [0]) * len(order)
    start = 0
    for group, count in zip(
        classes, share_out(len(order), [c.organismes for c in classes]), strict=True
    ):
        for place in range(count):
            row = order[start + place]
            value = _quantile(group, (place + 0.5) / count)
            if value == formateurs[row] and value >= 100:
                value += 1 if value == group.minimum else -1
            values[row] = value
        start += count
    return values


def _quantile(group: TraineesClass, chance: float) -> int:
    """Give the value of a class below which lies the share ``chance``; its mean is as published."""
    mean = group.stagiaires / group.organismes
    if group.maximum is None:
        return group.minimum + int((mean - group.minimum) * (1 / sqrt(1 - chance) - 1))
    width = group.maximum - group.minimum + 1
    # x = s·u + (1 - s)·u² has mean s/2 + (1 - s)/3.
    slope = min(1.0, max(0.0, 6 * ((mean - group.minimum + 0.5) / width - 1 / 3)))
    return group.minimum + int(width * chance * (slope + (1 - slope) * chance))


def _certified(
    order: list[int],
    formateurs: array[int],
    regions: bytearray,
    wanted: list[int],
    uniform: Uniform,
) -> bytearray:
    """Choose the certified rows of each region, the more active the more likely."""
    keys = array("d", [0.0]) * len(order)
    for rank, row in enumerate(order):
        active = _BY_TRAINERS if formateurs[row] > 1 else 0.0
        keys[row] = uniform() + active + _BY_TRAINEES * rank / len(order)
    left = list(wanted)
    chosen = bytearray(len(order))
    for row in sorted(order, key=keys.__getitem__, reverse=True):
        region = regions[row]
        if left[region] > 0:
            left[region] -= 1
            chosen[row] = 1
    return chosen
