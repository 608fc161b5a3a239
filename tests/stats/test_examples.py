from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import icans.stats

MODULES = [f"icans.stats.{module.name}" for module in pkgutil.iter_modules(icans.stats.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
