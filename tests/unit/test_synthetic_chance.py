"""Chance by name: always the same, about its level, as far as so many events lie."""

from __future__ import annotations

from statistics import fmean, pstdev

import pytest

from sources.synthetic.chance import normal_of, unit_of, varied_count, varied_share

NAMES = [f"name {number}" for number in range(4_000)]


def test_a_number_belongs_to_its_name() -> None:
    assert unit_of("a") == unit_of("a") != unit_of("b")
    assert all(0 <= unit_of(name) < 1 for name in NAMES)
    assert fmean(map(unit_of, NAMES)) == pytest.approx(0.5, abs=0.02)


def test_the_normal_numbers_are_normal_within_two_and_a_half() -> None:
    found = [normal_of(name) for name in NAMES]
    assert fmean(found) == pytest.approx(0, abs=0.05)
    assert pstdev(found) == pytest.approx(0.95, abs=0.05)
    assert max(map(abs, found)) <= 2.5


def test_a_count_varies_by_its_root_and_a_share_by_its_patients() -> None:
    assert pstdev(varied_count(400, name) for name in NAMES) == pytest.approx(19, abs=1)
    assert pstdev(varied_share(0.9, 100, name) for name in NAMES) == pytest.approx(0.0285, abs=0.0015)
    assert min(varied_count(1, name) for name in NAMES) == 0
    assert max(varied_share(0.99, 20, name) for name in NAMES) == 1
    assert varied_share(0.9, 0, "nobody") == 0.9 and varied_count(0, "nothing") == 0
