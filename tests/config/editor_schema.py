"""cashnotifyd/config/config.schema.json: the configuration as editors complete, explain and check it.

``python -m tests.config.editor_schema`` (``make schema``) writes the file; a test keeps it true. The keys are those of
the models, what is said of them is what config.example.yaml says, what is said of a bad value is what the loader says.
How each value is spelt stands here, as nothing else knows it as a pattern.

The schema never complains of what the loader takes, so it demands no key: each may come from the environment. It is
draft 7, which every editor knows, and JavaScript and Python read its patterns alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic.fields import FieldInfo

from cashnotifyd.config import amounts, schema, times, values
from cashnotifyd.config.findings import Refused
from cashnotifyd.config.written import Written, WrittenAccount, WrittenBurst, WrittenChannel
from cashnotifyd.schedules import Every
from cashnotifyd.vocabulary import Disclosure, Kind, Mode, Urgency

Schema = dict[str, Any]
Place = tuple[str, ...]
"""A key's place, ``*`` for an id: ``("channels", "*", "url")``."""

EXAMPLE: Final = Path(__file__).parents[2] / "config.example.yaml"
FILE: Final = Path(schema.__file__).with_name(schema.FILE_NAME)


def _any_case(*words: str) -> str:
    """A pattern of these words in capitals or not: JSON schema has no flag for that."""
    return "|".join("".join(f"[{letter.upper()}{letter}]" for letter in word) for word in words)


_REFERENCE: Final = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"
_CONTROLS: Final = r"\u0000-\u001f\u007f-\u009f"
_TIME: Final = r"(?:[01]?[0-9]|2[0-3])(?::[0-5][0-9])?|24(?::00)?"
_DURATION: Final = r"(?=[0-9])(?:[0-9]{1,9}h)?(?:[0-9]{1,9}m)?(?:[0-9]{1,9}s)?"
_EVENTS: Final = rf"{'|'.join(Kind)}|\*|[a-z0-9_.*?]*\.[a-z0-9_.*?]*"
_OFF: Final = _any_case("off", "no", "none", "false")
_SERVER: Final = (
    rf"(?:(?:{_any_case('https')})://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])"
    rf"|(?:{_any_case('http')})://(?:{_any_case('localhost')}|127(?:\.[0-9]{{1,3}}){{3}}|\[[0-9A-Fa-f:.]+\]))(?::[0-9]*)?"
)
# What values.identifier takes: short, of few characters, and nothing that looks like a key (findings.LOOKS_SECRET).
_ID: Final = (
    rf"^(?!(?:.*_)?(?:(?:{_any_case('sk', 'rk', 'pk')})_(?:{_any_case('live', 'test', 'org')})|{_any_case('whsec')})_)"
    r"(?!.*(?=[A-Za-z]*[0-9])[A-Za-z0-9]{24})[A-Za-z0-9_-]{1,64}$"
)


def _advice(judge: Callable[[str], object], bad: str) -> str:
    """What the loader says of a bad value."""
    try:
        judge(bad)
    except Refused as refused:
        return f"{refused.problem[0].upper()}{refused.problem[1:]}. {refused.hint}"
    raise AssertionError(bad)


def _spelt(pattern: str, judge: Callable[[str], object], bad: str = "?", **more: object) -> Schema:
    """Text of this pattern, spaces around it aside, or with a part from the environment."""
    whole = rf"^\s*(?:{pattern})\s*$|{_REFERENCE}"
    return {"type": "string", "pattern": whole, "errorMessage": _advice(judge, bad), **more}


def _one_of(words: Iterable[object], judge: Callable[[str], object]) -> Schema:
    spelt = [str(word) for word in words]
    return _enum_or(spelt, _spelt("|".join(map(re.escape, spelt)), judge))


def _enum_or(words: Iterable[object], spelt: Schema) -> Schema:
    """Some words that an editor offers, or a spelling; it has the same to say of what is neither."""
    return {"anyOf": [{"enum": [*words], "errorMessage": spelt["errorMessage"]}, spelt]}


def _list_of(item: Schema, pattern: str) -> Schema:
    """A list; or, as the environment may have it, words with commas between them, or JSON."""
    with_commas = rf"^[\s,]*(?:{pattern})\s*(?:,[\s,]*(?:{pattern})\s*)*(?:,[\s,]*)?$|^\s*\[|{_REFERENCE}"
    return {"anyOf": [{"type": "array", "minItems": 1, "items": item}, {"type": "string", "pattern": with_commas}]}


def _mapping(**keywords: object) -> Schema:
    """A mapping; or, as the environment may have it, JSON."""
    return {"anyOf": [{"type": "object", **keywords}, {"type": "string", "pattern": rf"^\s*\{{|{_REFERENCE}"}]}


def _or_nothing(schema: Schema) -> Schema:
    """A mapping; or nothing below its key, as all of it comes from the environment."""
    return {**schema, "type": ["object", "null"]}


def _or(schema: Schema, other: Schema, **more: object) -> Schema:
    return {"anyOf": [*schema["anyOf"], *other["anyOf"]], **more}


_TEXT: Final = {
    "type": "string",
    "pattern": rf"^[^{_CONTROLS}]*[^\s{_CONTROLS}][^{_CONTROLS}]*$",
    "errorMessage": _advice(values.as_text, ""),
}
_FILE_NAME: Final = {
    "type": "string",
    "pattern": rf"^(?!.*://)[^{_CONTROLS}]*[^\s{_CONTROLS}][^{_CONTROLS}]*$|{_REFERENCE}",
    "errorMessage": "The name of a file is meant here.",
}
_TIME_ZONE: Final = _spelt("[A-Za-z0-9_+/-]+", values.time_zone, examples=["Europe/Paris", "UTC"])
_API_BASE: Final = _spelt(f"{_SERVER}/?", values.api_base)
_URGENCIES: Final = _mapping(
    properties={str(kind): {"$ref": "#/definitions/urgency"} for kind in Kind}, additionalProperties=False
)

ACCOUNT: Final[Mapping[str, Schema]] = {
    "api_key": _spelt(r"[sr]k_(?!(?:live_|test_|org_)?\s*$)[A-Za-z0-9_]+", values.api_key),
    "api_key_file": _FILE_NAME,
    "name": _TEXT,
    "logo": _FILE_NAME,
    "stripe_api_base": _API_BASE,
    "stripe_context": _spelt("acct_[A-Za-z0-9]+(?:/acct_[A-Za-z0-9]+)*", values.stripe_context),
}
BURST: Final[Mapping[str, Schema]] = {
    "above": {
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": 1000},
            _spelt("0*(?:[1-9][0-9]{0,2}|1000)", values.burst_above),
        ]
    },
    "within": _spelt(_DURATION, times.burst_within, default="1m", examples=["30s", "5m"]),
}
CHANNEL: Final[Mapping[str, Schema]] = {
    "url": {"type": "string", "pattern": rf"^\s*[A-Za-z0-9]\S*://|{_REFERENCE}"},
    "url_file": _FILE_NAME,
    "accounts": _list_of(_TEXT, r"[^\s,](?:[^,]*[^\s,])?"),
    "modes": _list_of(_one_of(Mode, values.mode), "|".join(Mode)),
    "events": _list_of(_enum_or([*map(str, Kind), "*"], _spelt(_EVENTS, values.event_pattern)), _EVENTS),
    "details": _one_of(Disclosure, values.disclosure),
    "min_amount": _or(
        _mapping(
            propertyNames={"pattern": "^[A-Za-z]{3}$", "errorMessage": _advice(amounts.currency, "?")},
            additionalProperties={
                "anyOf": [
                    {"type": "number", "minimum": 0, "maximum": 999_999_999_999},
                    _spelt(r"[0-9]{1,12}(?:\.[0-9]{1,9})?", amounts.amount),
                ]
            },
        ),
        _enum_or(["off", False], _spelt(_OFF, amounts.min_amount)),
    ),
    "urgency": _URGENCIES,
    "timezone": _TIME_ZONE,
    "quiet_hours": {
        # In one piece, so that what an editor says of a mistake is what the loader says.
        **_spelt(rf"{_OFF}|(?:{_TIME})\s*[-–—]\s*(?:{_TIME})", times.quiet_hours),  # noqa: RUF001 (dashes that people paste)
        "type": ["string", "boolean"],
        "not": {"const": True},
        "examples": ["off"],
    },
    "burst": _or(
        _mapping(),
        _enum_or(["off", False, True], _spelt(f"{_OFF}|{_any_case('on', 'yes', 'true')}", values.burst)),
        default={"above": 5, "within": "1m"},
    ),
    "digest": _enum_or(
        [*map(str, Every), "off", False],
        _spelt(rf"{_OFF}|(?:{_any_case(*Every)})(?:\s+(?:[aA][tT]\s+)?(?:{_TIME}))?", times.digest),
    ),
}
WHOLE: Final[Mapping[str, Schema]] = {
    "poll_interval": _spelt(f"auto|{_DURATION}", times.poll_interval, default="auto", examples=["30s", "5m", "1h30m"]),
    "read_share": {
        "anyOf": [
            {"type": "number", "minimum": 0.01, "maximum": 1, "errorMessage": _advice(values.read_share, "?")},
            _spelt(r"(?:0{0,3}\.[0-9]{1,9}|0{0,2}1(?:\.0{1,9})?)", values.read_share),
        ],
        "default": 0.5,
    },
    "cursor_file": _TEXT,
    "stripe_api_base": _API_BASE,
    "locale": _spelt(
        "[A-Za-z]{2,8}(?:[_-][A-Za-z0-9]{1,8})*(?:[.@].*)?",
        values.locale_name,
        examples=["en_GB", "de_DE", "fr_FR"],
    ),
    "timezone": _TIME_ZONE,
    "urgency": _URGENCIES,
    "heartbeat": _spelt(rf"{_SERVER}(?:[/?#]\S*)?", values.heartbeat),
    "heartbeat_file": _FILE_NAME,
    "stale_after": _spelt(_DURATION, times.stale_after, examples=["1h30m"]),
    "accounts": {
        "type": ["object", "null"],
        "patternProperties": {_ID: {"$ref": "#/definitions/account"}},
        "additionalProperties": False,
    },
    "channels": {
        "type": ["object", "null"],
        "patternProperties": {_ID: {"$ref": "#/definitions/channel"}},
        "additionalProperties": False,
    },
}


def document() -> Schema:
    """The whole schema."""
    explained = explanations(EXAMPLE.read_text("utf-8"))
    burst = explained["channels", "*", "burst"]
    explained |= {("channels", "*", "burst", key): Explanation(burst.text, None) for key in BURST}
    account = _keys(WrittenAccount.model_fields, ACCOUNT, ("accounts", "*"), explained)
    channel = _keys(WrittenChannel.model_fields, CHANNEL, ("channels", "*"), explained)
    inside, *_ = channel["properties"]["burst"]["anyOf"]
    inside |= _keys(WrittenBurst.model_fields, BURST, ("channels", "*", "burst"), explained)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **_keys(Written.model_fields, WHOLE, (), explained),
        "definitions": {
            "account": _or_nothing(account),
            "channel": _or_nothing(channel),
            "urgency": _one_of(Urgency, values.urgency),
        },
    }


def schema_file() -> str:
    """The schema as its file has it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Explanation:
    """What the example says of a key, and the value that it has there."""

    text: str
    value: object


def explanations(example: str) -> dict[Place, Explanation]:
    """What stands above each key, be it in use or commented out; where it stands twice, what stands first."""
    found: dict[Place, Explanation] = {}
    section = ""
    comment: list[str] = []
    for line in example.splitlines():
        written = re.match(r"( *)(?:# )?(\w+):(?: (.*))?$", line)
        above = {0: (), 4: (section, "*")}.get(len(written[1])) if written else None
        if written and above is not None and written[2] in _fields(above):
            section = section if above else written[2]
            found.setdefault((*above, written[2]), Explanation(_paragraphs(comment), yaml.safe_load(written[3] or "")))
            comment = []
        elif line.lstrip().startswith("#"):
            comment.append(line.lstrip().removeprefix("#").removeprefix(" "))
        else:
            comment = []
    return found


def _fields(place: Place) -> Mapping[str, FieldInfo]:
    match place:
        case ():
            return Written.model_fields
        case ("accounts", "*"):
            return WrittenAccount.model_fields
        case ("channels", "*"):
            return WrittenChannel.model_fields
    return {}


def _paragraphs(lines: Iterable[str]) -> str:
    """Lines of a comment as paragraphs; those that are set in stay as they are."""
    told = [""]
    for line in lines:
        if line and not line.startswith(" ") and told[-1] and not told[-1].startswith(" "):
            told[-1] += f" {line}"
        else:
            told.append(line)
    return "\n".join(told).strip()


def _keys(
    fields: Mapping[str, FieldInfo],
    spellings: Mapping[str, Schema],
    above: Place,
    explained: Mapping[Place, Explanation],
) -> Schema:
    """A mapping of just the keys that a model has."""
    properties: dict[str, Schema] = {}
    for key, field in fields.items():
        # What an account may have of its own is explained where it is for all.
        explanation = explained.get((*above, key)) or explained[(key,)]
        described: Schema = {"description": explanation.text, **spellings[key]}
        if isinstance(field.default, str | int):
            described.setdefault("default", field.default)
        examples: list[object] = []
        for example in (explanation.value, *described.pop("examples", ())):
            if example not in (None, described.get("default"), *examples):
                examples.append(example)
        properties[key] = {**described, **({"examples": examples} if examples else {})}
    rivals = [{"type": "object", "required": [key, f"{key}_file"]} for key in fields if f"{key}_file" in fields]
    one_of_two = {"not": rivals[0]} if rivals else {}
    return {"type": "object", "properties": properties, "additionalProperties": False, **one_of_two}


def main() -> None:
    """Write the file."""
    FILE.write_text(schema_file(), "utf-8")


if __name__ == "__main__":
    main()
