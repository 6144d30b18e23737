"""Whatever is written wherever: the answer is settings or a ConfigError, and it repeats no secret."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cashnotifyd.config.loading import ConfigError, Loaded, load
from tests.config.conftest import FILE, Write, examine_url

MARK = "MARKED"
SECRETS = [
    f"rk_live_{MARK}51",
    f"sk_test_{MARK}51",
    f"pk_live_{MARK}51",
    f"whsec_{MARK}51",
    f"sk_org_live_{MARK}51",
    f"rk_live_{MARK} 51",
    f"pover://user@{MARK}51",
    f"nonsense://{MARK}:{MARK}@host/?verify=no",
    f"http://hc.example/{MARK}",
    f"a{MARK}0123456789abcdefghijkl",  # as Pushover's tokens are: nothing but letters and digits
]

EVERY_KEY: dict[str, Any] = {
    "poll_interval": "auto",
    "cursor_file": "cursor.db",
    "stripe_api_base": "https://api.stripe.com",
    "locale": "en_US",
    "timezone": "UTC",
    "urgency": {"dispute": "emergency"},
    "heartbeat": "https://hc.example/1",
    "stale_after": "15m",
    "accounts": {
        "shop": {"api_key": "rk_live_1", "name": "Acme", "logo": "a.png", "stripe_api_base": "https://api.stripe.com"},
        "other": {"api_key_file": "other.key"},
    },
    "channels": {
        "phone": {
            "url": "json://localhost",
            "accounts": ["shop"],
            "modes": ["live"],
            "events": ["sale"],
            "min_amount": {"usd": "50"},
            "urgency": {"sale": "low"},
            "quiet_hours": "22:00-07:00",
            "burst": {"above": "5", "within": "1m"},
            "digest": "daily",
            "timezone": "UTC",
        },
        "mail": {"url_file": "mail.url"},
    },
}

Path_ = tuple[str | int, ...]


def outcome(environ: Mapping[str, str] | None = None, path: Path = FILE) -> str:
    """All that a person, or a log, could come to see of a load."""
    try:
        loaded = load(path, environ or {}, examine_url)
    except ConfigError as error:
        return "\n".join([str(error), repr(error), *traceback.format_exception(error)])
    assert isinstance(loaded, Loaded)
    shown = loaded.settings.accounts, loaded.settings.channels, loaded.settings.heartbeat, loaded.warnings
    # A name is there to be shown, whatever somebody wrote into it.
    names = [one.name or "" for one in loaded.settings.accounts.values()]
    text = repr(shown)
    for name in filter(None, names):
        text = text.replace(name, "")
    return text


def places(tree: object, above: Path_ = ()) -> list[Path_]:
    """Every place in a tree, the tree itself left out."""
    found: list[Path_] = [above] if above else []
    if isinstance(tree, dict):
        return found + [place for key, below in tree.items() for place in places(below, (*above, key))]
    if isinstance(tree, list):
        return found + [place for index, below in enumerate(tree) for place in places(below, (*above, index))]
    return found


def with_value(tree: Any, place: Path_, value: object) -> Any:  # noqa: ANN401 (a tree of YAML)
    """A copy of ``tree`` with another value at ``place``."""
    if not place:
        return value
    head, *rest = place
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    changed = {key: with_value(below, tuple(rest), value) if key == head else below for key, below in items}
    return changed if isinstance(tree, dict) else list(changed.values())


def with_key(tree: Any, place: Path_, word: str) -> Any:  # noqa: ANN401 (a tree of YAML)
    """A copy of ``tree`` with the key at ``place`` renamed, or its list item a mapping with that key."""
    head, *rest = place
    if rest:
        return with_value(tree, (head,), with_key(tree[head], tuple(rest), word))
    if isinstance(tree, list):
        return with_value(tree, place, {word: "x"})
    return {word if key == head else key: below for key, below in tree.items()}


def by_turns(secret: str) -> list[tuple[Path_, bool]]:
    """Every place, and whether to try it in other ways too: a third for each secret, and each place for some."""
    shift = SECRETS.index(secret)
    return [(place, (index + shift) % 3 == 0) for index, place in enumerate(places(EVERY_KEY))]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_is_repeated_wherever_it_stands(write: Write, secret: str) -> None:
    write("rk_test_2", "other.key")
    write("json://localhost/mail", "mail.url")
    for place, in_other_ways in by_turns(secret):
        changes = [with_value(EVERY_KEY, place, secret)]
        if in_other_ways:
            changes += [with_value(EVERY_KEY, place, [secret]), with_value(EVERY_KEY, place, {secret: secret})]
            changes += [with_key(EVERY_KEY, place, secret)]
        for changed in changes:
            write(yaml.safe_dump(changed, sort_keys=False), mode=0o644)
            assert MARK not in outcome(), place


@pytest.mark.parametrize(
    "text",
    [
        'api_key: "{}\n',
        "api_key: [{}\n",
        "api_key: {}: x\n",
        "{}\nchannels: x\n",
        "api_key: &{} x\n",
        "api_key: *{}\n",
        "api_key: !{} x\n",
        "api_key: !{}!x y\n",
        "%{}\n---\n",
        "%TAG !{}! x\n---\na: b\n",
        "api_key: {}\n\tx: y\n",
        "api_key: {}\napi_key: {}\n",
        "{}: a\n{}: b\n",
        "api_key: @{}\n",
        'api_key: "\\{}"\n',
        'api_key: "\\x{}"\n',
        "- {}\n",
        "{}",
        "accounts: {{shop: {{api_key: '${{{}}}'}}}}\n",
        "accounts: {{shop: {{api_key: '${{{}'}}}}\n",
        "a: b\n---\n{}: c\n",
        "api_key: {}\0",
        "api_key: {}\x07",
    ],
)
def test_no_secret_is_repeated_from_broken_yaml(write: Write, text: str) -> None:
    for secret in SECRETS:
        write(text.replace("{}", secret).replace("{{", "{").replace("}}", "}"))
        assert MARK not in outcome()
        write(text.replace("{}", secret).encode() + b"\xff")
        assert MARK not in outcome()


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_is_repeated_from_outside_the_file(write: Write, secret: str) -> None:
    write(yaml.safe_dump(EVERY_KEY))
    write(f"{secret}\n{secret}", "other.key")
    write(f"{secret}", "mail.url")
    assert MARK not in outcome()
    Path("creds").mkdir()
    for place, in_other_ways in by_turns(secret):
        name = "cashnotifyd_" + "__".join(map(str, place))
        assert MARK not in outcome({name.upper(): secret})
        if not in_other_ways:
            continue
        assert MARK not in outcome({name.upper(): f"[{secret}"})
        assert MARK not in outcome({f"cashnotifyd_{secret}": "x", f"cashnotifyd_accounts__{secret}__api_key": "x"})
        credential = write(secret, f"creds/{name}")
        assert MARK not in outcome({"CREDENTIALS_DIRECTORY": "creds"})
        credential.unlink()


KEYS = [
    "accounts",
    "channels",
    "shop",
    "phone",
    "api_key",
    "url",
    "url_file",
    "modes",
    "events",
    "locale",
    "min_amount",
    "urgency",
    "burst",
    "usd",
    "<<",
    SECRETS[0],
]
SCALARS = st.one_of(
    st.sampled_from([*SECRETS, "${X}", "$$", "auto", "live", "sale", "", "~", "rk_live_1", "json://h", "."]),
    st.text(max_size=8),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.dates(),
    st.binary(max_size=4),
)
TREES = st.recursive(
    SCALARS,
    lambda below: st.one_of(
        st.lists(below, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.integers(), st.booleans()), below, max_size=5),
    ),
    max_leaves=20,
)
one_folder = settings(suppress_health_check=[*settings().suppress_health_check, HealthCheck.function_scoped_fixture])


@one_folder
@given(data=st.binary(max_size=200))
def test_any_bytes_are_settings_or_a_finding(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(data)
    path.chmod(0o600)
    outcome(path=path)


@one_folder
@given(text=st.text(alphabet="ab:-[]{}&*!|>'\"%@`#?,\\\n\t 019~<$x\x85\u2028\ufeff", max_size=80))
def test_any_text_is_settings_or_a_finding(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(text.encode())
    path.chmod(0o600)
    outcome(path=path)


@one_folder
@given(tree=TREES)
def test_any_yaml_is_settings_or_a_finding_without_secrets(tmp_path: Path, tree: object) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(tree))
    path.chmod(0o600)
    assert MARK not in outcome({"X": SECRETS[0]}, path)


NAMES = st.lists(
    st.one_of(
        st.sampled_from(
            ["accounts", "CHANNELS", "shop", "Phone", "api_key", "url", "urgency", "burst", "above", "min_amount"]
        ),
        st.text(max_size=3),
    ),
    max_size=5,
).map(lambda words: "CASHNOTIFYD_" + "__".join(words))


@one_folder
@given(
    place=st.sampled_from(places(EVERY_KEY)),
    value=TREES,
    name=NAMES,
    given_value=st.one_of(st.sampled_from(SECRETS), st.text(max_size=8), st.just("\udcff")),
)
def test_a_good_file_with_one_thing_changed_and_any_variable(
    tmp_path: Path, place: Path_, value: object, name: str, given_value: str
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(with_value(EVERY_KEY, place, value)))
    path.chmod(0o644)
    assert MARK not in outcome({"X": SECRETS[0], "Y": "\udcff", name: given_value}, path)
