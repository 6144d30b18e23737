"""The schema for editors: up to date, and of one mind with the loader as far as a schema can know."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import cycle

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from cashnotifyd.cli.schema import schema
from cashnotifyd.config.schema import FILE_NAME, MODELINE, schema_text
from cashnotifyd.vocabulary import Kind, Urgency
from tests.config.conftest import Write, read
from tests.config.editor_schema import ACCOUNT, BURST, CHANNEL, EXAMPLE, WHOLE, document, schema_file
from tests.config.test_complaints import ACCOUNTS, BAD_VALUES, CHANNELS, account, channel

UNKNOWABLE = {
    # What an editor's YAML reads as text (YAML 1.2), or says itself.
    r"YAML reads ",
    r"as a key, YAML reads",
    r"this key is written twice",
    # What only the machine, the environment or Stripe knows.
    r"the environment variable",
    r"there is no account with this id",
    r"there are no (?:accounts|channels)",
    r"it has neither",
    r"this is the same key",
    r"that is an organization's key",
    r"Apprise does not understand",
    r"this locale is not known",
    r"this time zone is not known",
    r"this currency is written twice",
    r"amounts in \w+ have",
    # What takes arithmetic.
    r"(?:shorter|longer) than",
    r"they end when they begin",
    # What the schema could say in patterns that nobody could read any more.
    r"verify=no",
    r"more than one URL",
    r"that is a placeholder",
}
READ_AS_NUMBERS = ("usd: 1e3", "above: 0x5", "read_share: 1e-1")
"""Numbers to an editor, while the loader goes by the spelling."""


class EditorsYaml(yaml.SafeLoader):
    """YAML 1.2, by which editors go: of all words, true, false and null alone are not text."""


EditorsYaml.yaml_implicit_resolvers = {}
for tag, pattern, firsts in [
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan", "-+.0123456789"),
]:
    EditorsYaml.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{pattern})$"), list(firsts))


JUDGE = jsonschema.Draft7Validator(document())


def complaints(tree: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in JUDGE.iter_errors(with_keys_of_text(tree))]


def with_keys_of_text(tree: object) -> object:
    """As an editor has it: each key is a word to it."""
    return {str(key): with_keys_of_text(it) for key, it in tree.items()} if isinstance(tree, dict) else tree


def in_an_editor(content: str) -> object:
    return yaml.load(content, EditorsYaml)


def commented_in(example: str) -> str:
    """The example with its commented-out keys, but for those that exclude a key that is there."""
    return re.sub(r"^( *)# (cursor_file|heartbeat|stale_after|logo):", r"\1\2:", example, flags=re.MULTILINE)


def test_the_file_is_up_to_date() -> None:
    assert schema_text() == schema_file(), "make schema"


def test_it_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(document())


def test_every_key_of_the_configuration_is_spelt_and_no_other() -> None:
    shown = document()
    accounts, channels = (shown["definitions"][one]["properties"] for one in ("account", "channel"))
    assert shown["properties"].keys() == WHOLE.keys()
    assert accounts.keys() == ACCOUNT.keys()
    assert channels.keys() == CHANNEL.keys()
    assert channels["burst"]["anyOf"][0]["properties"].keys() == BURST.keys()
    assert all(
        len(it["description"]) > 20 for keys in (shown["properties"], accounts, channels) for it in keys.values()
    )


@pytest.mark.parametrize("loader", [EditorsYaml, yaml.SafeLoader], ids=["YAML 1.2", "YAML 1.1"])
@pytest.mark.parametrize("prepare", [str, commented_in])
def test_the_example_is_valid(prepare: Callable[[str], str], loader: type[yaml.SafeLoader]) -> None:
    tree = yaml.load(prepare(EXAMPLE.read_text("utf-8")), loader)
    assert len(tree) > 5
    assert complaints(tree) == []


def test_the_example_names_the_schema_first() -> None:
    assert EXAMPLE.read_text("utf-8").splitlines()[0] == MODELINE
    assert MODELINE.endswith(f"$schema={FILE_NAME}")


def test_beside_the_example_lies_the_schema() -> None:
    beside = EXAMPLE.with_name(FILE_NAME)
    if not beside.exists():
        pytest.skip("tested without the package beside it")
    assert beside.read_text("utf-8") == schema_text()


def test_the_command_prints_it() -> None:
    assert CliRunner().invoke(schema).stdout == schema_text()


EVERY_URGENCY = list(zip(Kind, cycle(Urgency), strict=False))
GOOD = [
    *(f"poll_interval: {it}\n{ACCOUNTS}{CHANNELS}" for it in ["auto", "30s", "1h1m1s", "'5m '", "${EVERY}", "007s"]),
    *(f"read_share: {it}\n{ACCOUNTS}{CHANNELS}" for it in ["0.5", "1", ".25", "'0.01'", "1.0", "${SHARE}"]),
    f"accounts:\n  given:\n  shop: {{api_key: rk_live_1}}\n{CHANNELS}",
    f"{ACCOUNTS}channels:\n  given: ~\n",
    account("api_key: sk_org_live_1\n    stripe_context: acct_1A2b3C/acct_4"),
    *(f"stale_after: {it}\n{ACCOUNTS}{CHANNELS}" for it in ["15m", "24h", "1h30m", "7200s"]),
    *(f"locale: {it}\n{ACCOUNTS}{CHANNELS}" for it in ["de", "de-AT", "zh_Hans_CN", "en_US.UTF-8", "de_DE@euro", "EN"]),
    *(f"timezone: {it}\n{ACCOUNTS}{CHANNELS}" for it in ["UTC", "America/Port-au-Prince", "Etc/GMT+3", "${ZONE}"]),
    *(
        f"stripe_api_base: '{it}'\n{ACCOUNTS}{CHANNELS}"
        for it in [
            "https://api.stripe.com/",
            "HTTPS://a.b:8443",
            "http://localhost:12111",
            "http://[::1]:1",
            "http://127.1.2.3",
        ]
    ),
    *(
        f"heartbeat: '{it}'\n{ACCOUNTS}{CHANNELS}"
        for it in ["https://hc.example/1?a=b", "http://127.0.0.1/1", "http://[::1]:3001/1", "https://${HOST}/1"]
    ),
    *(
        f"urgency: {it}\n{ACCOUNTS}{CHANNELS}"
        for it in [
            "{}",
            "{dispute: emergency, sale: ' low '}",
            "{sale: '${LOUD}'}",
            """'{"sale": "low"}'""",
            "${URGENCY}",
        ]
    ),
    f"urgency: {{{', '.join(f'{kind}: {urgency}' for kind, urgency in EVERY_URGENCY)}}}\n{ACCOUNTS}{CHANNELS}",
    *(
        account(f"api_key: {it}")
        for it in ["rk_live_1", "sk_test_1", "rk_1", "' rk_live_1 '", "${KEY}", "rk_live_${END}"]
    ),
    *(account(f"api_key: rk_live_1\n    name: {it}") for it in ["Zoë & Söhne", "'2'", "$5", "$$ {x}", "'  x'"]),
    *(f"accounts: {{{it}: {{api_key: rk_live_1}}}}\n{CHANNELS}" for it in ["A", "sk_shop", "a-b_C9", "'1'", "x" * 64]),
    *(channel(f"url: {it}") for it in ["json://localhost", "ntfys://a/b?c=d", "${URL}", "' json://h '"]),
    *(
        channel(f"url: json://h\n    {key}: {it}")
        for key, forms in {
            "accounts": ["[shop]", "shop", "'shop, shop'", """'["shop"]'""", "['${ID}']", "${ID}"],
            "modes": ["[live]", "[live, test]", "live", "'live,test,'", "[' live ']", "['${MODE}']", "${MODE}"],
            "events": ["[sale]", "['*']", "'*'", "[payout.paid, 'charge.*']", "'sale, charge.dispute.*'", "['*.a?']"],
            "details": ["full", "masked", "private", "' full '", "${DETAILS}"],
            "min_amount": [
                "{}",
                "{usd: 50}",
                "{USD: 49.90, jpy: '5000'}",
                "{usd: 0}",
                "{usd: '${LEAST}'}",
                "off",
                "no",
            ],
            "urgency": ["{sale: low}", "{watch: '${LOUD}'}"],
            "timezone": ["Asia/Tokyo"],
            "quiet_hours": [
                "22:00-07:00",
                "22-7",
                "22:30–6:05",  # noqa: RUF001 (a dash that people paste)
                "'22 - 7'",
                "0-7",
                "22:00-24:00",
                "off",
                "No",
                "'none'",
            ],
            "burst": ["{above: 10, within: 5m}", "{above: '0010'}", "{}", "on", "off", "'off'", "Off", "none", "yes"],
            "digest": ["daily", "weekly at 18:30", "monthly 9", "Daily  07:05", "'daily at 24:00'", "off", "FALSE"],
        }.items()
        for it in forms
    ),
]
ENVIRON = {
    "EVERY": "30s",
    "SHARE": "0.4",
    "ZONE": "UTC",
    "HOST": "hc.example",
    "LOUD": "low",
    "URGENCY": '{"sale": "low"}',
    "KEY": "rk_live_2",
    "END": "2",
    "URL": "json://localhost",
    "ID": "shop",
    "MODE": "live",
    "DETAILS": "masked",
    "LEAST": "5",
    "CASHNOTIFYD_ACCOUNTS__GIVEN__API_KEY": "rk_live_3",
    "CASHNOTIFYD_CHANNELS__GIVEN__URL": "json://localhost",
}


@pytest.mark.parametrize("content", GOOD)
def test_what_the_loader_takes_no_editor_complains_of(write: Write, content: str) -> None:
    write(content)
    read(ENVIRON)
    assert complaints(in_an_editor(content)) == []
    # An editor may be set to YAML 1.1, as PyYAML always is.
    assert complaints(yaml.safe_load(content)) == []


@pytest.mark.parametrize(("content", "problem"), [(content, problem) for content, _, problem, _ in BAD_VALUES])
def test_what_the_loader_refuses_an_editor_complains_of_where_it_can_know(content: str, problem: str) -> None:
    unknowable = re.match("|".join(UNKNOWABLE), problem) or any(it in content for it in READ_AS_NUMBERS)
    try:
        tree = in_an_editor(content)
    except yaml.YAMLError:
        return  # the editor's own complaint
    assert bool(complaints(tree)) or unknowable, problem


@pytest.mark.parametrize("reason", sorted(UNKNOWABLE))
def test_what_an_editor_cannot_know_is_what_it_does_not_know(reason: str) -> None:
    """Each exception above is needed."""
    refused = [content for content, _, problem, _ in BAD_VALUES if re.match(reason, problem)]
    assert any(not complaints(in_an_editor(content)) for content in refused), reason


def test_the_defaults_are_what_is_meant_without_the_line(write: Write) -> None:
    shown = document()
    write(ACCOUNTS + CHANNELS)
    usual = read().settings
    whole = {key: it["default"] for key, it in shown["properties"].items() if "default" in it}
    one = {key: it["default"] for key, it in shown["definitions"]["channel"]["properties"].items() if "default" in it}
    assert {"poll_interval", "locale", "details", "burst"} <= whole.keys() | one.keys()
    one["url"] = "json://localhost"
    write(
        ACCOUNTS
        + json.dumps(whole)[1:-1].replace(', "', '\n"')
        + "\n"
        + json.dumps({"phone": one}).join(["channels: ", "\n"])
    )
    assert read().settings == usual
    burst = shown["definitions"]["channel"]["properties"]["burst"]
    inside = burst["anyOf"][0]["properties"]
    assert burst["default"] == {key: it["default"] for key, it in inside.items()}


def test_the_examples_are_examples() -> None:
    shown = document()
    for key, it in shown["properties"].items():
        for example in it.get("examples", ()):
            assert complaints({key: example}) == [], key
    for section in ("account", "channel"):
        for key, it in shown["definitions"][section]["properties"].items():
            for example in it.get("examples", ()):
                assert complaints({f"{section}s": {"x": {key: example}}}) == [], key
