"""Every sentence that the wording modules can say, found in their source.

``python -m tests.wording.msgids`` (``make translations``) brings the catalogues up to date with it: new sentences come
in untranslated, which the suite points at, and those that are said no more go.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

import cashnotifyd.wording

WORDING = Path(cashnotifyd.wording.__path__[0])
TRANSLATIONS = WORDING / "translations"
_TABLES_OF_OTHER_THINGS = {"CARD_BRANDS", "PAYMENT_METHODS", "_LISTS", "_PAGES", "_SETTINGS"}
"""Tables that hold proper names and addresses."""

_CHANGING = tuple(
    f'"{name}'.encode()
    for name in ("Generated-By", "Last-Translator", "Language-Team", "POT-", "PO-", "Project-", "Report-")
)
"""Lines of a catalogue's head that would change by themselves, or that nobody has filled in."""


@dataclass(frozen=True)
class Msgid:
    """A sentence, and its plural where a count decides."""

    text: str
    plural: str | None = None
    line: int = field(default=0, compare=False)


class UnfollowedError(AssertionError):
    """A sentence is said in a way that its text cannot be found: put it into a table or into the call itself."""


def said() -> dict[Msgid, dict[str, int]]:
    """Each sentence, the files that say it, and where in them it stands first."""
    found: dict[Msgid, dict[str, int]] = {}
    for path in sorted(WORDING.glob("*.py")):
        for msgid in said_in(path):
            places = found.setdefault(msgid, {})
            places[path.name] = min(msgid.line, places.get(path.name, msgid.line))
    return found


def said_in(path: Path) -> Iterator[Msgid]:
    """The sentences of one module: the values of its tables, and what is handed to ``say`` and ``say_count``."""
    module = ast.parse(path.read_text("utf-8"), str(path))
    constants = dict(_assignments(module.body))
    for name, value in constants.items():
        if isinstance(value, ast.Dict) and name not in _TABLES_OF_OTHER_THINGS:
            yield from _in_table(value, constants)
    for function in ast.walk(module):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            local = list(_assignments(list(ast.walk(function))))
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                    yield from _in_call(call, call.func.attr, constants, local, path)


def _in_table(table: ast.Dict, constants: dict[str, ast.expr]) -> Iterator[Msgid]:
    for value in table.values:
        match value:
            case ast.Name(id=name) if name in constants:
                value = constants[name]  # noqa: PLW2901 (what the name stands for)
        match value:
            case ast.Constant(value=str(text)):
                yield Msgid(text, line=value.lineno)
            case ast.Tuple(elts=[ast.Constant(value=str(one)), ast.Constant(value=str(many))]):
                yield Msgid(one, many, value.lineno)
            case _:
                continue


def _in_call(
    call: ast.Call, method: str, constants: dict[str, ast.expr], local: list[tuple[str, ast.expr]], path: Path
) -> Iterator[Msgid]:
    if method == "say_count":
        match call.args:
            case [ast.Constant(value=str(one)), ast.Constant(value=str(many)), *_]:
                yield Msgid(one, many, call.lineno)
            case [ast.Starred(), *_]:
                return  # from a table
            case _:
                raise UnfollowedError(f"{path.name}:{call.lineno}")
    elif method == "say":
        for text in _results(call.args[0], constants, local, path):
            if text:
                yield Msgid(text, line=call.lineno)


def _results(
    expression: ast.expr, constants: dict[str, ast.expr], local: list[tuple[str, ast.expr]], path: Path
) -> Iterator[str]:
    """The texts that an expression may come to, but for those that it takes out of a table."""
    match expression:
        case ast.Constant(value=str(text)):
            yield text
            return
        case ast.Constant(value=None) | ast.Subscript():
            return
        case ast.IfExp(body=body, orelse=orelse):
            alternatives = [body, orelse]
        case ast.BoolOp(values=values):
            alternatives = values
        case ast.Call(func=ast.Attribute(attr="get"), args=[_, *default]):
            alternatives = [*default, ast.Constant(None)]
        case ast.Name(id=name):
            alternatives = [value for assigned, value in local if assigned == name]
            alternatives = alternatives or [value for assigned, value in constants.items() if assigned == name]
        case _:
            alternatives = []
    if not alternatives:
        raise UnfollowedError(f"{path.name}:{expression.lineno}: {ast.unparse(expression)}")
    for alternative in alternatives:
        yield from _results(alternative, constants, local, path)


def _assignments(nodes: list[ast.stmt] | list[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                yield name, value
            case _:
                continue


def template() -> Catalog:
    """What a translator has to translate."""
    catalogue = Catalog(charset="utf-8", fuzzy=False)
    for msgid, places in said().items():
        text = (msgid.text, msgid.plural) if msgid.plural is not None else msgid.text
        catalogue.add(text, locations=[(f"wording/{name}", line) for name, line in sorted(places.items())])
    return catalogue


def read(path: Path) -> Catalog:
    """A catalogue as it stands in its file."""
    return read_po(BytesIO(path.read_bytes()), locale=path.stem, abort_invalid=True)


def updated(path: Path) -> bytes:
    """A catalogue's file with exactly the sentences that are said."""
    catalogue = read(path)
    catalogue.update(template(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    written = BytesIO()
    write_po(written, catalogue, width=120, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    return b"".join(line for line in written.getvalue().splitlines(keepends=True) if not line.startswith(_CHANGING))


def main() -> None:
    """Bring every catalogue up to date."""
    for path in sorted(TRANSLATIONS.glob("*.po")):
        path.write_bytes(updated(path))
        missing = sum(1 for message in read(path) if message.id and not message.string)
        sys.stdout.write(f"{path.name}: {missing} sentences to translate\n")


if __name__ == "__main__":
    main()
