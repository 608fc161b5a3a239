"""Colours: read by everyone, and in grey print."""

import numpy as np
import pytest

from icans.figures.theme import BLUE, GRADES, GREEN, INK, LETTERS, MUTED, ORANGE, PAPER, PURPLE, SKY, VERMILLION

# Machado, Oliveira and Fernandes 2009, doi:10.1109/TVCG.2009.113, severity 1.0: linear RGB as a dichromat sees it.
DEUTERANOPIA = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
PROTANOPIA = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
SIGHT = {"all colours": np.eye(3), "deuteranopia": np.array(DEUTERANOPIA), "protanopia": np.array(PROTANOPIA)}


def luminance_of(colour: str, sight: np.ndarray) -> float:
    parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(np.clip(sight @ linear, 0, 1) @ [0.2126, 0.7152, 0.0722])


def lightness(colour: str, sight: np.ndarray) -> float:
    """CIE L* of a colour as seen, which is also its grey in print."""
    luminance = luminance_of(colour, sight)
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


@pytest.mark.parametrize("sight", SIGHT.values(), ids=SIGHT)
def test_each_grade_is_clearly_darker_than_the_one_before(sight):
    steps = -np.diff([lightness(colour, sight) for colour in GRADES.values()])
    assert (steps >= 7).all()


@pytest.mark.parametrize("sight", SIGHT.values(), ids=SIGHT)
def test_grade_0_is_not_the_paper_on_which_a_day_was_not_observed(sight):
    assert lightness(PAPER, sight) - lightness(GRADES[0], sight) >= 5


def test_every_grade_has_a_colour():
    assert list(GRADES) == [0, 1, 2, 3, 4, 5]


def test_categories_are_those_of_okabe_and_ito():
    published = {"#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"}
    assert {BLUE, VERMILLION, GREEN, PURPLE, SKY, ORANGE} == published


@pytest.mark.parametrize("colour", [INK, MUTED, *LETTERS.values()])
def test_letters_stand_out_from_the_paper_as_wcag_asks_of_small_text(colour):
    assert (1 + 0.05) / (luminance_of(colour, np.eye(3)) + 0.05) >= 4.5
