"""What SECURITY.md and docs/dependencies.md say, held to the tests and the lock that they rest on."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from packaging.version import Version

from cashnotifyd.permissions import NAME_AND_LOGO, NEEDED

ROOT: Final = Path(__file__).parent.parent.parent
SECURITY: Final = (ROOT / "SECURITY.md").read_text("utf-8")
DEPENDENCIES: Final = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
NAMED: Final = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", SECURITY)))


@cache
def names_in(name: str) -> frozenset[str]:
    """The tests of a file, as pytest names them."""
    found = set()
    for node in ast.parse((ROOT / name).read_text("utf-8")).body:
        below = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {prefix + one.name for one in below if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    return frozenset(found)


@pytest.mark.parametrize(("file", "test"), NAMED, ids=lambda text: text.rpartition("/")[2])
def test_what_backs_a_line_is_there(file: str, test: str) -> None:
    assert test in names_in(file)


def test_every_line_of_what_may_be_tried_names_a_test() -> None:
    (promises,) = re.findall(r"^## Who can send what\n(.*?)^## Where secrets are$", SECURITY, re.MULTILINE | re.DOTALL)
    rows = [row for row in re.findall(r"^\| .*$", promises, re.MULTILINE) if not row.endswith("| test |")]
    assert len(rows) > 30
    for row in rows:
        assert re.search(r"\| `tests/[^`|]+::test_\w+` \|$|\| `tests/[^`|]+::\w+::test_\w+` \|$", row), row


def test_every_permission_of_the_key_is_told_of() -> None:
    told = re.findall(r"^\| — ([\w ]+: \w+)", SECURITY, re.MULTILINE)
    assert told == [one.label for one in (*NEEDED, *NAME_AND_LOGO)]


def locked() -> dict[str, str]:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE))


def rows_of(heading: str) -> list[list[str]]:
    table = DEPENDENCIES.partition(heading)[2].partition("\n\n")[0]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()[1:]]


def test_the_list_of_packages_is_the_lock() -> None:
    listed = rows_of("| package | version | licence | who looks after it | for |\n")
    assert {name: version for name, version, *_ in listed} == locked()
    assert all(len(row) == 5 and all(row) for row in listed)


def test_every_known_advisory_is_mended_in_what_is_locked() -> None:
    known = rows_of("| package | advisory | what | mended in |\n")
    assert len(known) > 20
    versions = locked()
    for package, advisory, _, mended in known:
        assert Version(versions[package]) >= Version(mended), advisory
