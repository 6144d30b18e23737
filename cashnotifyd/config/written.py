"""The configuration as people write it: its shape, and where it comes from.

pydantic-settings lays three sources over each other, the environment over systemd's credentials over the file, and
checks the result. What its own sources lack is given to them: an environment that is handed in, ids with hyphens,
credentials of mappings, and a file whose surprises have been looked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from cashnotifyd.config import amounts, times, values
from cashnotifyd.config.findings import ENOUGH, KeyPath, Refused
from cashnotifyd.config.settings import STRIPE_ITSELF, USUAL_BURST, USUAL_SHARE
from cashnotifyd.schedules import Every
from cashnotifyd.vocabulary import Disclosure, Kind, Mode, Urgency

Text = Annotated[str, BeforeValidator(values.as_text)]
Id = Annotated[str, AfterValidator(values.identifier)]
Urgencies = Annotated[
    dict[Annotated[Kind, BeforeValidator(values.kind)], Annotated[Urgency, BeforeValidator(values.urgency)]],
    NoDecode,
    BeforeValidator(values.urgencies),
]


class WrittenAccount(BaseModel):
    """One account as written; the key may still be in a file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    api_key: Text | None = None
    api_key_file: Text | None = None
    name: Text | None = None
    logo: Text | None = None
    stripe_api_base: Annotated[str, BeforeValidator(values.api_base)] | None = None
    stripe_context: Annotated[str, BeforeValidator(values.stripe_context)] | None = None


class WrittenBurst(BaseModel):
    """What a channel takes for a burst; what is left out is as usual."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    above: Annotated[int, BeforeValidator(values.burst_above)] = USUAL_BURST.above
    within: Annotated[float, BeforeValidator(times.burst_within)] = USUAL_BURST.within


class WrittenChannel(BaseModel):
    """One channel as written; the URL may still be in a file, the accounts may not exist.

    ``min_amount`` has its currencies as they were spelt, ``quiet_hours`` and ``digest`` await their time zone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: Text | None = None
    url_file: Text | None = None
    accounts: Annotated[tuple[Text, ...] | None, NoDecode, BeforeValidator(values.words)] = None
    modes: Annotated[
        tuple[Annotated[Mode, BeforeValidator(values.mode)], ...] | None, NoDecode, BeforeValidator(values.words)
    ] = None
    events: Annotated[
        tuple[Annotated[str, BeforeValidator(values.event_pattern)], ...] | None,
        NoDecode,
        BeforeValidator(values.words),
    ] = None
    details: Annotated[Disclosure, BeforeValidator(values.disclosure)] = Disclosure.FULL
    min_amount: Annotated[
        dict[Annotated[str, AfterValidator(amounts.currency)], Annotated[Decimal, BeforeValidator(amounts.amount)]],
        NoDecode,
        BeforeValidator(amounts.min_amount),
    ] = {}
    urgency: Urgencies = {}
    timezone: Annotated[ZoneInfo, BeforeValidator(values.time_zone)] | None = None
    quiet_hours: Annotated[tuple[time, time] | None, NoDecode, BeforeValidator(times.quiet_hours)] = None
    burst: Annotated[WrittenBurst | None, NoDecode, BeforeValidator(values.burst)] = WrittenBurst()
    digest: Annotated[tuple[Every, time] | None, NoDecode, BeforeValidator(times.digest)] = None


@dataclass(frozen=True, slots=True)
class Layers:
    """What each source says, the strongest first. ``file`` is a tree, the others are single values by their path."""

    environment: Mapping[KeyPath, str]
    credentials: Mapping[KeyPath, str]
    file: Mapping[str, Any]

    def without(self, paths: Collection[KeyPath]) -> Layers:
        """The same but for the values at ``paths`` and what stands below them."""
        return Layers(_pruned(self.environment, paths), _pruned(self.credentials, paths), _cut(self.file, paths))


class Written(BaseSettings):
    """The whole configuration as written. Make it with :func:`check`."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, case_sensitive=True, hide_input_in_errors=True, validate_default=False
    )

    poll_interval: Annotated[float | None, BeforeValidator(times.poll_interval)] = None
    read_share: Annotated[float, BeforeValidator(values.read_share)] = USUAL_SHARE
    cursor_file: Text | None = None
    stripe_api_base: Annotated[str, BeforeValidator(values.api_base)] = STRIPE_ITSELF
    locale: Annotated[str, BeforeValidator(values.locale_name)] = "en_US"
    timezone: Annotated[ZoneInfo, BeforeValidator(values.time_zone)] | None = None
    urgency: Urgencies = {}
    heartbeat: Text | None = None
    heartbeat_file: Text | None = None
    stale_after: Annotated[float, BeforeValidator(times.stale_after)] | None = None
    accounts: dict[Id, WrittenAccount] = {}
    channels: dict[Id, WrittenChannel] = {}

    def __init__(self, layers: Layers) -> None:
        super().__init__(layers=layers)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (it reads the process's environment, not the given one)
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (no .env file is ever looked for)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (it knows no mappings)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment over the credentials over the file, all three from the ``layers`` given to ``__init__``."""
        assert isinstance(init_settings, InitSettingsSource)
        layers: Layers = init_settings.init_kwargs["layers"]
        return (
            _SingleValues(settings_cls, layers.environment),
            _SingleValues(settings_cls, layers.credentials),
            _CheckedFile(settings_cls, layers.file),
        )


class _SingleValues(EnvSettingsSource):
    """Values by their path. The joint is a dot, which no key and no id contains (an id may contain ``__``)."""

    def __init__(self, settings_cls: type[BaseSettings], by_path: Mapping[KeyPath, str]) -> None:
        self._by_path = by_path
        super().__init__(settings_cls, case_sensitive=True, env_prefix="", env_nested_delimiter=".")

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {".".join(map(str, path)): value for path, value in self._by_path.items()}


class _CheckedFile(PydanticBaseSettingsSource):
    """The file's tree. pydantic-settings' own YAML source takes a missing file for an empty one, see document.py."""

    def __init__(self, settings_cls: type[BaseSettings], tree: Mapping[str, Any]) -> None:
        super().__init__(settings_cls)
        self._tree = tree

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 (the base's)
        return self._tree.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return dict(self._tree)


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value or key that the shape has no room for."""

    path: KeyPath
    refused: Refused


def check(layers: Layers) -> tuple[Written, list[Misfit]]:
    """What fits, and everything that does not, which is left out of it."""
    misfits: list[Misfit] = []
    while True:
        try:
            return Written(layers), misfits
        except ValidationError as error:
            found = [Misfit(path, refused) for path, refused in _refusals(error)]
            misfits += found
            fitting = layers.without([misfit.path for misfit in found])
            if fitting == layers:  # else a mistake here would turn round for ever
                raise
            layers = fitting


def _refusals(error: ValidationError) -> Iterator[tuple[KeyPath, Refused]]:
    keys: set[KeyPath] = set()
    for number, detail in enumerate(error.errors(include_url=False, include_input=False)):
        path = tuple(part for part in detail["loc"] if part != "[key]")
        if path in keys:
            continue  # where the key is none, its value is beside the point
        if path != detail["loc"]:
            keys.add(path)
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, Refused):
            yield path, cause
        elif detail["type"] == "extra_forbidden":
            yield path, _unknown(path) if number < ENOUGH else _ONE_OF_MANY
        elif path in {("accounts",), ("channels",)}:
            yield path, Refused(f"{path[0]} is not a mapping of ids", _EXAMPLES[str(path[0])])
        else:
            yield path, _no_keys(path)


# Taken once: pydantic makes them anew each time, and every key of a file is looked up here.
_KEYS = frozenset(Written.model_fields)
_KEYS_IN_ACCOUNT = frozenset(WrittenAccount.model_fields)
_KEYS_IN_CHANNEL = frozenset(WrittenChannel.model_fields)
_KEYS_IN_BURST = frozenset(WrittenBurst.model_fields)
_ONE_OF_MANY = Refused("unknown key", "Mend the first ones first.")  # to look for what each was meant to be takes long
_EXAMPLES = {"accounts": values.KEY_EXAMPLE, "channels": values.URL_EXAMPLE}


def known_keys(path: KeyPath) -> frozenset[str]:
    """The keys that may stand directly below ``path``; none where they are people's own, or there can be none."""
    match path:
        case ():
            return _KEYS
        case ("accounts", _):
            return _KEYS_IN_ACCOUNT
        case ("channels", _):
            return _KEYS_IN_CHANNEL
        case ("channels", _, "burst"):
            return _KEYS_IN_BURST
    return frozenset()


def is_known(path: KeyPath) -> bool:
    """Whether something may stand at ``path``, be it a key or an id."""
    above = ((known_keys(path[:depth]), key) for depth, key in enumerate(path))
    return all(not known or key in known for known, key in above)


def has_keys(path: KeyPath) -> bool:
    """Whether single values below the key at ``path`` can be named on their own."""
    match path:
        case ("urgency",) | ("channels", _, "burst" | "min_amount" | "urgency"):
            return True
    return False


def _unknown(path: KeyPath) -> Refused:
    refused = values.unknown_key(str(path[-1]), known_keys(path[:-1]))
    if len(path) > 1 or refused.hint.startswith("Did you mean"):
        return refused
    return Refused(refused.problem, f"{refused.hint} An id of yours stands below accounts: or channels:, indented.")


def _no_keys(path: KeyPath) -> Refused:
    """What there is to say where an account or a channel is meant and a single value stands."""
    section, word = str(path[0]), str(path[-1])
    if word in known_keys((section, "")):
        one = "an account" if section == "accounts" else "a channel"
        return Refused(f"a key of {one} stands where its id is meant", f"Indent it further. {_EXAMPLES[section]}")
    return Refused(
        "keys with values are meant here, indented below the id", f"{_EXAMPLES[section]}. A space follows each colon."
    )


def _pruned(by_path: Mapping[KeyPath, str], paths: Collection[KeyPath]) -> Mapping[KeyPath, str]:
    gone = set(paths)
    above = {path[:length] for path in gone for length in range(len(path))}
    return {
        at: value
        for at, value in by_path.items()
        if at not in above and not any(at[:length] in gone for length in range(len(at) + 1))
    }


def _cut(tree: Mapping[str, Any], paths: Iterable[KeyPath]) -> Mapping[str, Any]:
    below: dict[str, list[KeyPath]] = {}
    for head, *rest in paths:
        below.setdefault(str(head), []).append(tuple(rest))
    kept = {}
    for key, value in tree.items():
        if key not in below:
            kept[key] = value
        elif isinstance(value, dict) and all(below[key]):
            kept[key] = _cut(value, below[key])
        # A list is cut as a whole: one item short it would mean another thing.
    return kept
