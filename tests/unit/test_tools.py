"""Every pure module: imports without Odoo, and its examples are true."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = sorted(ROOT.glob("addons/*/tools/*.py"))


@pytest.mark.parametrize(
    "path", TOOLS, ids=lambda path: f"{path.parts[-3]}.{path.stem}"
)
def test_examples_of_a_tool_are_true(path):
    package = f"odoo.addons.{path.parts[-3]}.tools"
    name = package if path.stem == "__init__" else f"{package}.{path.stem}"
    assert not doctest.testmod(import_module(name)).failed


def test_examples_of_the_log_reader_are_true():
    assert not doctest.testmod(import_module("odoo_test_log")).failed
