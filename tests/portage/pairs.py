"""Situations that combine values of facts: a greedy cover of all pairs, or of all triples."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

Row = tuple[int, ...]


def cover(sizes: Sequence[int], strength: int) -> Iterator[Row]:
    """Give rows such that each choice of ``strength`` values of different dimensions is in one.

    ``sizes``: how many values each dimension has; a row has the rank of one value of each. Each
    row begins with the first choice not yet met, then takes, dimension by dimension, the value
    that meets the most of the others (the first, where none does). Always the same rows.
    """
    values = [[(one, rank) for rank in range(size)] for one, size in enumerate(sizes)]
    missing = dict.fromkeys(
        choice
        for of in itertools.combinations(values, strength)
        for choice in itertools.product(*of)
    )
    # What is missing, by all its values but one: counting looks at nothing else.
    beside: dict[tuple[tuple[int, int], ...], set[tuple[int, int]]] = defaultdict(set)
    for choice in missing:
        for place in range(strength):
            beside[choice[:place] + choice[place + 1 :]].add(choice[place])
    while missing:
        row = sorted(next(iter(missing)))
        for dimension in set(range(len(sizes))) - {one for one, _ in row}:
            gain = Counter(
                value
                for group in itertools.combinations(row, strength - 1)
                for value in beside[group]
                if value[0] == dimension
            )
            best = max(gain, key=lambda value: (gain[value], -value[1])) if gain else None
            row = sorted([*row, best or (dimension, 0)])
        for choice in itertools.combinations(row, strength):
            missing.pop(choice, None)
            for place in range(strength):
                beside[choice[:place] + choice[place + 1 :]].discard(choice[place])
        yield tuple(rank for _, rank in row)


def isolated(sizes: Sequence[int]) -> Iterator[Row]:
    """Give each pair of values alone: everywhere else the first value of its dimension.

    In the rows of ``cover`` a refusal of one fact hides what two others give.
    """
    seen = set()
    for one, other in itertools.combinations(range(len(sizes)), 2):
        for values in itertools.product(range(sizes[one]), range(sizes[other])):
            row = [0] * len(sizes)
            row[one], row[other] = values
            if tuple(row) not in seen:
                seen.add(tuple(row))
                yield tuple(row)
