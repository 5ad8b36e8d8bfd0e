"""What tests need beside the code, and what becomes of them where it is not there."""

import os
from importlib import import_module
from typing import Any, NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """The test is skipped where somebody tries things out; CI has all that the locks name, or else
    fails: nobody reads there of what was skipped."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must not go without: {what}")
    pytest.skip(what, allow_module_level=True)


def wanted(module: str) -> Any:
    """That module of a package that the locks name."""
    try:
        return import_module(module)
    except ImportError:
        missing(f"the module {module} is not installed")
