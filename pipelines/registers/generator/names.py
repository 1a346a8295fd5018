"""Names that are plainly made up: organisations, natural persons, foreign organisations."""

from __future__ import annotations

from pipelines.registers.generator.chance import Uniform, Weighted

_STEMS = (
    "Fictu",
    "Exempla",
    "Démon",
    "Factu",
    "Simula",
    "Témoi",
    "Spéci",
    "Modélo",
    "Imagi",
    "Essa",
)
_ENDS = ("lune", "nor", "tis", "dine", "vaque", "brelle", "gard", "phone", "mire", "stelle", "rude")
_WORDS = tuple(stem + end for stem in _STEMS for end in _ENDS)
_FORMS: Weighted[str] = Weighted(
    (
        "{word} FORMATION {number}",
        "{word} Conseil {number}",
        "SARL {word} {number}",
        "INSTITUT {word} {number}",
        "{word}, conseil et formation {number}",
        "Association d'exemple {word} {number}",
        "École {word} n° {number}",
        "CFA {word} {number}",
        "{word} & {other} {number}",
        "GROUPE {word}-{other} ({number})",
        'CENTRE "{word}" {number}',
    ),
    (300, 200, 120, 120, 60, 60, 50, 20, 60, 20, 1),
)
_SURNAMES = ("EXEMPLE", "SPECIMEN", "MODELE", "FACTICE", "TEMOIN")
_CAPITALS = 0.45

# Denomination, street, postcode, town, country.
FOREIGN: tuple[tuple[str, str, str, str, str], ...] = (
    ("Fictional Training Ltd", "1 Example Street", "XX1 1XX", "SAMPLETON", "ROYAUME-UNI"),
    ("Beispiel Akademie GmbH", "Musterweg 12", "00000", "MUSTERSTADT", "ALLEMAGNE"),
    ("Formations Fictives SPRL", "Rue du Modèle 3", "0000", "EXEMPLOUX", "BELGIQUE"),
    ("Institut Imaginaire SA", "Chemin du Spécimen 7", "0000", "FICTIGNY", "SUISSE"),
    ("Academia de Ejemplo SL", "Calle Ficticia 5", "00000", "EJEMPLARES", "ESPAGNE"),
)


def organisation(number: int, uniform: Uniform) -> str:
    """Make a denomination that ``number`` makes unique."""
    word = _WORDS[int(uniform() * len(_WORDS))]
    other = _WORDS[int(uniform() * len(_WORDS))]
    name = _FORMS.draw(uniform()).format(word=word, other=other, number=f"{number:05d}")
    return name.upper() if uniform() < _CAPITALS else name


def person(number: int, uniform: Uniform) -> str:
    """Make the denomination of a natural person."""
    surname = _SURNAMES[int(uniform() * len(_SURNAMES))]
    if uniform() < 0.5:
        return f"Madame {surname} Fictive {number:05d}"
    return f"Monsieur {surname} Fictif {number:05d}"
