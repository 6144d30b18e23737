"""What people are told when their configuration cannot be used: the product's face at its worst moment.

Each text is compared as a whole. None may ever repeat a value: see test_secrets.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cashnotifyd.config.loading import ConfigError, Finding
from tests.config.conftest import Write, complaint, read

CHANNELS = "channels:\n  phone:\n    url: json://localhost\n"
ACCOUNTS = "accounts:\n  shop:\n    api_key: rk_live_1\n"

CREATE = "Create a restricted key (rk_live_… or rk_test_…) at https://dashboard.stripe.com/apikeys"
KINDS = (
    "The kinds are sale, renewal, failed_payment, refund, dispute, dispute_closed, fraud_warning, payout, "
    "payout_failed, subscription_started, subscription_changed, subscription_canceled, trial_ending, customer, "
    "account, watch, other. A Stripe type has a dot: charge.refunded"
)
TOP = (
    "Known here are: accounts, channels, cursor_file, heartbeat, heartbeat_file, locale, poll_interval, read_share, "
    "stale_after, stripe_api_base, timezone, urgency."
)
NAME_IT = (
    "Name the account beside it (stripe_context: acct_…), or open the account itself and create a restricted key in it,"
    " at https://dashboard.stripe.com/apikeys."
)
CONTEXT = (
    "Write it as in acct_1A2b3C, which Stripe shows under Settings, Account details; for an account that is connected"
    " to one of your organization's, acct_1A2b3C/acct_4D5e6F. Or take the line out."
)
SHARE = "Write a part of the whole, from 0.01 to 1: 0.5 is half of Stripe's read allowance."
IN_ACCOUNT = "Known here are: api_key, api_key_file, logo, name, stripe_api_base, stripe_context."
IN_CHANNEL = (
    "Known here are: accounts, burst, details, digest, events, min_amount, modes, quiet_hours, timezone, urgency, url, "
    "url_file."
)
ACCOUNT_EXAMPLE = "Write an id (shop:), and below it, indented, api_key: ${SHOP_STRIPE_KEY} or api_key_file: shop.key"
CHANNEL_EXAMPLE = "Write an id (phone:), and below it, indented, url: ${PHONE_URL} or url_file: phone.url"
YOURS = "An id of yours stands below accounts: or channels:, indented."
COLON = "A space follows each colon."
DURATION = "Write auto, or a duration such as 30s, 5m, 1h or 1m30s."
QUOTES = 'Put it in quotes: "…"'
KINDS_ALONE = KINDS.removesuffix(" A Stripe type has a dot: charge.refunded")
SEVERAL = "Several currencies are parted by commas: {usd: 50, jpy: 5000}."
CODE = "Write the three letters of its code: usd, eur, jpy."
DIGITS = "Write digits alone, with a point before any cents: 50 or 49.90 (dollars, not cents)."
HOURS = "Write when they begin and end, as in 22:00-07:00, or off."
BURST = "Write {above: 5, within: 1m}, or off for one message each, always."
WITHIN = "Write a duration from 1s to 1h, such as 30s, 1m or 5m."
OFTEN = "Write daily, weekly or monthly, with a time if it is not to be 08:00 (daily 18:30), or off."
MONITORING = "Write the address that the monitoring service shows, as in https://hc-ping.com/…"
ZONES = "Write it as in Europe/Paris, America/New_York or UTC, or take the line out for the system's."
STALE = "Write a duration from 2m to 24h, such as 15m or 1h30m."


def account(lines: str) -> str:
    return f"accounts:\n  shop:\n    {lines}\n{CHANNELS}"


def channel(lines: str) -> str:
    return f"{ACCOUNTS}channels:\n  phone:\n    {lines}\n"


NO_YAML: list[tuple[str, str | bytes, str, str, str]] = [
    (
        "empty",
        "",
        "1:1",
        "the file is empty",
        "Delete it and type: cashnotifyd init, which asks and writes it anew. Or copy config.example.yaml over it.",
    ),
    (
        "comments only",
        "# nothing\n---\n",
        "1:1",
        "the file is empty",
        "Delete it and type: cashnotifyd init, which asks and writes it anew. Or copy config.example.yaml over it.",
    ),
    (
        "a list",
        "- a\n",
        "1:1",
        "the file is not a list of keys with values",
        "It begins with keys such as accounts: and channels:, see config.example.yaml.",
    ),
    (
        "latin-1",
        b"locale: de\nname: M\xfcller\n",
        "2:8",
        "the file is not UTF-8 text",
        "Save it again with the encoding UTF-8.",
    ),
    (
        "UTF-16",
        "locale: de".encode("utf-16-le"),
        "1:2",
        "there is a NUL byte in the file",
        "Save it again as plain UTF-8 text (it may be UTF-16 now).",
    ),
    (
        "a control character",
        "locale: de\na: \x07\n",
        "2:4",
        "an invisible control character stands here",
        "Delete it: retype the line rather than paste it.",
    ),
    (
        "a tab",
        "accounts:\n\tshop:\n",
        "2:1",
        "a tab stands where YAML wants spaces",
        "Indent with spaces only, two for each level.",
    ),
    (
        "an at sign",
        "accounts:\n  shop: @x\n",
        "2:9",
        "a value begins with a character that means something to YAML",
        QUOTES.replace("it", "the value"),
    ),
    (
        "two colons",
        "locale: a: b\n",
        "1:10",
        "a second colon stands in this line, or the line is indented too far",
        'Put a value that holds a colon in quotes, or indent the line like the one above: "…"',
    ),
    (
        "no colon",
        "locale: de\naccounts\nchannels: x\n",
        "3:1",
        "a key lacks its colon, in this line or the one above",
        "Write it as key: value, with a space after the colon.",
    ),
    (
        "an open quote",
        'locale: "de\naccounts: x\n',
        "1:9",
        "a quote is opened here and never closed",
        "Close it with the same quote.",
    ),
    (
        "an open bracket",
        "a: [b, c\nd: e\n",
        "2:2",
        "a bracket is opened and never closed, or a comma is missing",
        "Close it: [live, test].",
    ),
    (
        "crooked indentation",
        "accounts:\n    shop:\n  other:\n",
        "3:3",
        "this line is not indented like its neighbours",
        "Give keys that belong together the same number of spaces.",
    ),
    (
        "two documents",
        "a: b\n---\nc: d\n",
        "2:1",
        "a second document begins here",
        "Keep one: take out the line ---.",
    ),
    (
        "a backslash",
        'a: "\\d"\n',
        "1:6",
        "a backslash stands in double quotes",
        "Use single quotes for text with backslashes: '…'",
    ),
    (
        "an anchor",
        "a: &x b\nc: *x\n",
        "1:4",
        "anchors and aliases (& and *) are not understood here",
        'If a text begins with & or *, put it in quotes: "*". Else write the value out in each place.',
    ),
    (
        "a glob without quotes",
        "events: [*]\n",
        "1:11",
        "anchors and aliases (& and *) are not understood here",
        'If a text begins with & or *, put it in quotes: "*". Else write the value out in each place.',
    ),
    (
        "a percent sign",
        "%x\n",
        "2:1",
        "this is not valid YAML",
        "Compare the line and the one above it with config.example.yaml.",
    ),
    (
        "a tag",
        "a: !!python/object:os.system x\n",
        "1:4",
        "tags (words that begin with !) are not understood here",
        "Take the tag out. If a text begins with !, put it in quotes.",
    ),
    (
        "deep nesting",
        "a: " + "[" * 5000,
        "1:19",
        "brackets or indentation nest too deeply",
        "Compare the file with config.example.yaml.",
    ),
]


@pytest.mark.parametrize(
    ("content", "place", "problem", "hint"), [it[1:] for it in NO_YAML], ids=[it[0] for it in NO_YAML]
)
def test_what_is_no_yaml_mapping(write: Write, content: str | bytes, place: str, problem: str, hint: str) -> None:
    write(content)
    assert complaint() == f"config.yaml:{place}: {problem}\n  {hint}"


BAD_VALUES: list[tuple[str, str, str, str]] = [
    # Keys.
    (f"{ACCOUNTS}{CHANNELS}timezon: UTC\n", "7:1: timezon", "unknown key", f"Did you mean timezone? {TOP}"),
    (f"{ACCOUNTS}{CHANNELS}Locale: de\n", "7:1: Locale", "unknown key", f"Did you mean locale? {TOP}"),
    (f"{ACCOUNTS}{CHANNELS}xyz: 22:30\n", "7:1: xyz", "unknown key", f"{TOP} {YOURS}"),
    (f"{ACCOUNTS}{CHANNELS}<<: {{a: b}}\n", "7:1: <<", "unknown key", f"{TOP} {YOURS}"),
    (
        account("api_key: rk_live_1\n    apikey: x"),
        "4:5: accounts.shop.apikey",
        "unknown key",
        f"Did you mean api_key? {IN_ACCOUNT}",
    ),
    (
        f"{ACCOUNTS}{CHANNELS}locale: de\nlocale: fr\n",
        "8:1: locale",
        "this key is written twice, in line 7 and in line 8",
        "Keep one of the two.",
    ),
    (
        f"{ACCOUNTS}  shop:\n    api_key: rk_live_2\n{CHANNELS}",
        "4:3: accounts.shop",
        "this key is written twice, in line 2 and in line 4",
        "Keep one of the two.",
    ),
    (f"{ACCOUNTS}{CHANNELS}? [a]\n: b\n", "7:3", "a key must be one word", "Write it as word: value."),
    # YAML's own ideas.
    (
        f"{ACCOUNTS}  no:\n    api_key: rk_live_2\n{CHANNELS}",
        "4:3: accounts.no",
        "as a key, YAML reads an unquoted no as false",
        'Put it in quotes: "no"',
    ),
    (
        f"{ACCOUNTS}  2026-01-31:\n    api_key: rk_live_2\n{CHANNELS}",
        "4:3: accounts.2026-01-31",
        "as a key, YAML reads this as a date",
        QUOTES,
    ),
    (
        f"{ACCOUNTS}  0123:\n    api_key: rk_live_2\n{CHANNELS}",
        "4:3: accounts.0123",
        "as a key, YAML reads this as a number, but text is meant",
        QUOTES,
    ),
    (
        account("api_key: rk_live_1\n    name: NO"),
        "4:5: accounts.shop.name",
        "YAML reads an unquoted NO as false",
        'Put it in quotes: "NO"',
    ),
    (
        account("api_key: rk_live_1\n    name: on"),
        "4:5: accounts.shop.name",
        "YAML reads an unquoted on as true",
        'Put it in quotes: "on"',
    ),
    (
        account("api_key: rk_live_1\n    name: 3.14"),
        "4:5: accounts.shop.name",
        "YAML reads this as a number, but text is meant",
        QUOTES,
    ),
    (
        account("api_key: rk_live_1\n    name: 22:30"),
        "4:5: accounts.shop.name",
        "YAML reads unquoted digits with a colon (a time, say) as one number in base 60",
        QUOTES,
    ),
    (
        account("api_key: rk_live_1\n    name: 2026-01-31"),
        "4:5: accounts.shop.name",
        "YAML reads this as a date",
        QUOTES,
    ),
    (
        account("api_key: rk_live_1\n    name:"),
        "4:5: accounts.shop.name",
        "it has no value",
        "Write a value after the colon, or take the line out.",
    ),
    (
        account("api_key: rk_live_1\n    name: ''"),
        "4:5: accounts.shop.name",
        "it is empty",
        "Write a value, or take it out.",
    ),
    (
        account('api_key: rk_live_1\n    name: "a\\nb"'),
        "4:5: accounts.shop.name",
        "it holds a line break or an invisible character",
        "Type it again on one line.",
    ),
    (
        channel("url: json://localhost\n    modes: [live, off]"),
        "7:19: channels.phone.modes[1]",
        "YAML reads an unquoted off as false",
        'Put it in quotes: "off"',
    ),
    (
        channel("url: json://localhost\n    events:\n      - yes"),
        "8:9: channels.phone.events[0]",
        "YAML reads an unquoted yes as true",
        'Put it in quotes: "yes"',
    ),
    # Shapes.
    (
        f"accounts:\n  api_key: rk_live_1\n{CHANNELS}",
        "2:3: accounts.api_key",
        "a key of an account stands where its id is meant",
        f"Indent it further. {ACCOUNT_EXAMPLE}",
    ),
    (
        f"{ACCOUNTS}channels:\n  url: json://localhost\n",
        "5:3: channels.url",
        "a key of a channel stands where its id is meant",
        f"Indent it further. {CHANNEL_EXAMPLE}",
    ),
    (
        f"{ACCOUNTS}{CHANNELS}bakery:\n  api_key: rk_live_2\n",
        "7:1: bakery",
        "unknown key",
        f"{TOP} {YOURS}",
    ),
    (f"accounts: []\n{CHANNELS}", "1:1: accounts", "accounts is not a mapping of ids", ACCOUNT_EXAMPLE),
    (f"accounts: no\n{CHANNELS}", "1:1: accounts", "accounts is not a mapping of ids", ACCOUNT_EXAMPLE),
    (
        f"accounts:\n  shop: 5\n{CHANNELS}",
        "2:3: accounts.shop",
        "keys with values are meant here, indented below the id",
        f"{ACCOUNT_EXAMPLE}. {COLON}",
    ),
    (f"accounts:\n{CHANNELS}", "1:1: accounts", "there are no accounts", ACCOUNT_EXAMPLE),
    (CHANNELS, "1:1: accounts", "there are no accounts", ACCOUNT_EXAMPLE),
    (ACCOUNTS, "1:1: channels", "there are no channels", CHANNEL_EXAMPLE),
    (
        f"accounts:\n  shop: rk_live_1\n{CHANNELS}",
        "2:3: accounts.shop",
        "keys with values are meant here, indented below the id",
        f"{ACCOUNT_EXAMPLE}. {COLON}",
    ),
    *(
        (
            account(f"api_key{colon}rk_live_1"),
            "2:3: accounts.shop",
            "keys with values are meant here, indented below the id",
            f"{ACCOUNT_EXAMPLE}. {COLON}",
        )
        for colon in (":", "=")
    ),
    (
        account("api_key: {}"),
        "3:5: accounts.shop.api_key",
        "one value is meant here, not a list or further keys",
        "Write it on the same line: key: value. A variable is ${NAME}, with the dollar.",
    ),
    (
        f"accounts:\n  shop:\n{CHANNELS}",
        "2:3: accounts.shop",
        "it has neither api_key nor api_key_file",
        ACCOUNT_EXAMPLE,
    ),
    (
        account("api_key: [rk_live_1]"),
        "3:5: accounts.shop.api_key",
        "one value is meant here, not a list or further keys",
        "Write it on the same line: key: value",
    ),
    (
        channel("url: json://localhost\n    modes: {live: x}"),
        "7:5: channels.phone.modes",
        "a list is meant here",
        "Write it as [first, second]",
    ),
    (
        channel("url: json://localhost\n    modes: []"),
        "7:5: channels.phone.modes",
        "the list is empty: the channel would never be told anything",
        "Name some, or take it out for all.",
    ),
    # Intervals, places, hours.
    (
        f"poll_interval: 30\n{ACCOUNTS}{CHANNELS}",
        "1:1: poll_interval",
        "a number without a unit",
        "Seconds are meant? Then write 30s.",
    ),
    (
        f"poll_interval: 0s\n{ACCOUNTS}{CHANNELS}",
        "1:1: poll_interval",
        "shorter than a second",
        DURATION,
    ),
    (f"poll_interval: 1:30\n{ACCOUNTS}{CHANNELS}", "1:1: poll_interval", "this is not a duration", DURATION),
    (f"poll_interval: 0.5s\n{ACCOUNTS}{CHANNELS}", "1:1: poll_interval", "this is not a duration", DURATION),
    (f"poll_interval: off\n{ACCOUNTS}{CHANNELS}", "1:1: poll_interval", "this is not a duration", DURATION),
    (f"poll_interval: 25h\n{ACCOUNTS}{CHANNELS}", "1:1: poll_interval", "longer than a day", DURATION),
    (
        f"locale: xx_YY\n{ACCOUNTS}{CHANNELS}",
        "1:1: locale",
        "this locale is not known",
        "Write a language, or a language and a country, such as en_US, en_GB, de_DE, fr or pt_BR.",
    ),
    (
        f"timezone: europe/pariss\n{ACCOUNTS}{CHANNELS}",
        "1:1: timezone",
        "this time zone is not known",
        (
            "Did you mean Europe/Paris? Write it as in Europe/Paris, America/New_York or UTC, or take the line out "
            "for the system's."
        ),
    ),
    *(
        (f"timezone: '{written}'\n{ACCOUNTS}{CHANNELS}", "1:1: timezone", "this time zone is not known", hint + ZONES)
        for written, hint in [
            ("paris", "Did you mean Europe/Paris? "),
            ("New York", "Did you mean America/New_York? "),
            *(
                (offset, "An offset or an abbreviation does not know when summer time is: name a city. ")
                for offset in ("CEST", "PDT", "GMT+2", "UTC-05:00", "+02:00", "+2")
            ),
        ]
    ),
    *(
        (
            f"stripe_api_base: {base}\n{ACCOUNTS}{CHANNELS}",
            "1:1: stripe_api_base",
            problem,
            hint,
        )
        for base, problem, hint in [
            (
                "api.stripe.com",
                "this is not an http(s) URL",
                "Write it as https://api.stripe.com, or take the line out.",
            ),
            ("ftp://a.b", "this is not an http(s) URL", "Write it as https://api.stripe.com, or take the line out."),
            ("https://[", "this is not a URL", "Write it as https://api.stripe.com, or take the line out."),
            ("https://a.b:x", "this is not a URL", "Write it as https://api.stripe.com, or take the line out."),
            (
                "https://api.stripe.com/v1",
                "only scheme, host and port belong here",
                "Write it as https://api.stripe.com, or take the line out.",
            ),
            (
                "https://u:p@api.stripe.com",
                "only scheme, host and port belong here",
                "Write it as https://api.stripe.com, or take the line out.",
            ),
            (
                "http://api.stripe.com",
                "over http:// the API key would travel in clear",
                "Write https:// (http:// is for localhost only).",
            ),
        ]
    ),
    # Accounts.
    (
        f"accounts:\n  my shop:\n    api_key: rk_live_1\n{CHANNELS}",
        "2:3: accounts.…",
        "this id has characters that an id cannot have",
        "Use letters, digits, - and _ only, as in shop-test. A name for people goes into name:.",
    ),
    (
        f"accounts:\n  rk_live_1:\n    api_key: rk_live_1\n{CHANNELS}",
        "2:3: accounts.…",
        "this looks like a key, not like an id",
        "Choose a short word such as shop, the key goes below.",
    ),
    (account("name: x"), "2:3: accounts.shop", "it has neither api_key nor api_key_file", ACCOUNT_EXAMPLE),
    (
        account("api_key: rk_live_1\n    api_key_file: a.key"),
        "4:5: accounts.shop.api_key_file",
        "api_key and api_key_file are both given",
        "Keep one of the two.",
    ),
    (
        account("api_key: pk_live_1"),
        "3:5: accounts.shop.api_key",
        "that is a publishable key: it can read nothing",
        f"{CREATE}.",
    ),
    (
        account("api_key: whsec_1"),
        "3:5: accounts.shop.api_key",
        "that is a webhook's signing secret, not an API key",
        f"{CREATE}.",
    ),
    (
        account("api_key: acct_1"),
        "3:5: accounts.shop.api_key",
        "that is the id of an account, not an API key",
        f"{CREATE}.",
    ),
    (
        account("api_key: $SHOP_KEY"),
        "3:5: accounts.shop.api_key",
        "the name of a variable stands here without its braces",
        "Write ${NAME}: as it stands, the dollar and the name are taken for the value itself.",
    ),
    *(
        (
            account(f"api_key: {opening}rk_live_1{closing}"),
            "3:5: accounts.shop.api_key",
            "typographic quotes stand around the value, and YAML takes them for a part of it",
            'Take them out, or write straight ones: "…"',
        )
        for opening, closing in [("\u201c", "\u201d"), ("\u201e", "\u201c"), ("\u2018", "\u2019"), ("«", "»")]
    ),
    (
        account("api_key: sk_org_live_1"),
        "3:5: accounts.shop.api_key",
        "that is an organization's key: it speaks for many accounts and cannot be used without naming one",
        NAME_IT,
    ),
    *(
        (f"read_share: {written}\n{ACCOUNTS}{CHANNELS}", "1:1: read_share", problem, SHARE)
        for written, problem in {
            "half": "this is no number",
            "-0.5": "this is no number",
            "1e-1": "this is no number",
            "50%": "this is a percentage",
            "0": "so little would not do for a poll a day",
            "1.01": "there is no more than the whole allowance",
        }.items()
    ),
    *(
        (
            account(f"api_key: rk_live_1\n    stripe_context: {written}"),
            "4:5: accounts.shop.stripe_context",
            "this is no id of a Stripe account: they begin with acct_",
            CONTEXT,
        )
        for written in ("1A2b3C", "acct_", "acct_1/", "acct_1/cus_2", "acct_1 acct_2")
    ),
    (
        account("api_key: rk_live_1 2"),
        "3:5: accounts.shop.api_key",
        "there is a space or a line break within the key",
        "Copy the key again, by itself.",
    ),
    (
        account("api_key: rk_live_..."),
        "3:5: accounts.shop.api_key",
        "that is a placeholder, not a key",
        f"{CREATE} and put it there.",
    ),
    (
        account("api_key: sk_test_xxxx"),
        "3:5: accounts.shop.api_key",
        "that is a placeholder, not a key",
        f"{CREATE} and put it there.",
    ),
    (
        account("api_key: hunter2"),
        "3:5: accounts.shop.api_key",
        "that is no Stripe API key: they begin with rk_ or sk_",
        f"{CREATE}.",
    ),
    (
        account("api_key: rk_test_account-1"),
        "3:5: accounts.shop.api_key",
        "there is a character in the key that no key has: they are letters, digits and _",
        "Copy the key again, by itself.",
    ),
    (
        account("api_key: rk_test_"),
        "3:5: accounts.shop.api_key",
        "that is the beginning of a key, the rest is missing",
        "Copy the key again, all of it.",
    ),
    (
        account("api_key: ${NOWHERE}"),
        "3:5: accounts.shop.api_key",
        "the environment variable NOWHERE is not set",
        "Set it for cashnotifyd (in the shell: export NOWHERE=…; under systemd: EnvironmentFile=).",
    ),
    (
        account("api_key: ${EMPTY}"),
        "3:5: accounts.shop.api_key",
        "the environment variable EMPTY is set but empty",
        "Set it for cashnotifyd (in the shell: export EMPTY=…; under systemd: EnvironmentFile=).",
    ),
    (
        account("api_key: ${NOT CLOSED"),
        "3:5: accounts.shop.api_key",
        "${ is not followed by a variable's name and }",
        "Write ${NAME}, or $${ where the text itself is meant.",
    ),
    (
        account("api_key: rk_live_1\n  other:\n    api_key: rk_live_1"),
        "5:5: accounts.other.api_key",
        "this is the same key as that of shop",
        "Everything would be told twice: take one of the two accounts out, or give it its own key.",
    ),
    # Channels.
    (channel("events: [sale]"), "5:3: channels.phone", "it has neither url nor url_file", CHANNEL_EXAMPLE),
    *(
        (
            channel(f"url: {written}"),
            "6:5: channels.phone.url",
            "this is an e-mail address, not an Apprise URL",
            "Mail is sent as somebody: a URL of mailtos:// names user, password and server, see config.example.yaml.",
        )
        for written in ["me@example.org", "mailto:me@example.org"]
    ),
    *(
        (
            channel(f"url: {written}"),
            "6:5: channels.phone.url",
            "this is a key of Stripe's, not where to tell you",
            "The key goes below accounts (api_key). Here an Apprise URL is meant, as in ntfys://ntfy.sh/my-topic",
        )
        for written in ["rk_live_1", "sk_test_1", "pk_live_1", "whsec_1"]
    ),
    (
        channel("url: $PHONE_URL"),
        "6:5: channels.phone.url",
        "the name of a variable stands here without its braces",
        "Write ${NAME}: as it stands, the dollar and the name are taken for the value itself.",
    ),
    (
        channel("url: json://localhost\n    events: all"),
        "7:5: channels.phone.events[0]",
        "this is no kind of event",
        'Write "*" for all that is told, or take the line out for what most people want to know.',
    ),
    (
        channel("url: nonsense://x"),
        "6:5: channels.phone.url",
        "Apprise does not understand this URL",
        "The examples in config.example.yaml show how such URLs look; Apprise's documentation has every service's.",
    ),
    *(
        (
            channel(f"url: 'json://localhost/{query}'"),
            "6:5: channels.phone.url",
            "verify=no would send your news to whoever answers: TLS checks are never switched off",
            "Take verify=no out. If the server has its own authority, add that to the system's certificates.",
        )
        for query in ["?verify=no", "?a=b;VERIFY=False", "?x=y&ver%69fy=0"]
    ),
    *(
        (
            channel(f"url: 'json://localhost/a{gap}json://localhost/b'"),
            "6:5: channels.phone.url",
            "more than one URL stands here: only the first would be told",
            "Give each a channel of its own (phone:, phone-2:).",
        )
        for gap in [" ", ",", ", "]
    ),
    (
        channel("url: json://localhost\n    accounts: [shop, shpo]"),
        "7:22: channels.phone.accounts[1]",
        "there is no account with this id",
        "Did you mean shop? The accounts are: shop.",
    ),
    (
        channel("url: json://localhost\n    modes: [prod]"),
        "7:13: channels.phone.modes[0]",
        "this is no mode",
        "The modes are live and test.",
    ),
    # Amounts.
    *(
        (
            channel(f"url: json://localhost\n    min_amount: {written}"),
            f"7:{column}: channels.phone.min_amount{key}",
            problem,
            hint,
        )
        for written, column, key, problem, hint in [
            ("50", 5, "", "the amount is of no currency", f"Are dollars meant? Then write {{usd: 50}}. {SEVERAL}"),
            ("[50]", 5, "", "currencies with an amount each are meant here", f"Write {{usd: 50}}. {SEVERAL}"),
            ("USD 50", 5, "", "currencies with an amount each are meant here", f"Write {{usd: 50}}. {SEVERAL}"),
            ("", 5, "", "currencies with an amount each are meant here", f"Write {{usd: 50}}. {SEVERAL}"),
            ("{eru: x}", 18, ".eru", "this is no currency", f"Did you mean eur? {CODE}"),
            ("{euro: 5}", 18, ".euro", "this is no currency", f"Did you mean eur? {CODE}"),
            ("{no: 5}", 18, ".no", "this is no currency", f"Did you mean nok? {CODE}"),
            ("{€: 5}", 18, ".…", "this is no currency", CODE),
            (
                "{usd: 49,90}",
                26,
                ".90",
                "digits stand where a currency is meant",
                "Write cents after a point, not a comma: {usd: 49.90}.",
            ),
            ("{usd: '49,90'}", 18, ".usd", "this is not an amount", DIGITS),
            ("{usd: 1_000}", 18, ".usd", "this is not an amount", DIGITS),
            ("{usd: 1e3}", 18, ".usd", "this is not an amount", DIGITS),
            ("{usd: .inf}", 18, ".usd", "this is not an amount", DIGITS),
            ("{usd: 50 usd}", 18, ".usd", "this is not an amount", DIGITS),
            ("{usd: 1234567890123}", 18, ".usd", "this is not an amount", DIGITS),
            ("{usd: }", 18, ".usd", "it is empty", "Write a value, or take it out."),
            (
                "{usd: -0.5}",
                18,
                ".usd",
                "the amount is below zero",
                "Write the least amount that is to be told, or take it out.",
            ),
            ("{usd: 1.005}", 18, ".usd", "amounts in usd have 2 decimals at most", "Write 1.01, for instance."),
            ("{JPY: 0.5}", 18, ".JPY", "amounts in jpy have no decimals", "Write 1, for instance."),
            ("{kwd: 1.2345}", 18, ".kwd", "amounts in kwd have 3 decimals at most", "Write 1.235, for instance."),
            (
                "{usd: 1, USD: 2}",
                26,
                ".USD",
                "this currency is written twice: capitals do not count",
                "Keep one of the two.",
            ),
        ]
    ),
    # Urgencies.
    *(
        (content, f"{place}urgency{key}", problem, hint)
        for written, key, problem, hint in [
            ("high", "", "kinds with an urgency each are meant here", "Write {dispute: emergency, sale: low}."),
            ("[sale]", "", "kinds with an urgency each are meant here", "Write {dispute: emergency, sale: low}."),
            ("{sales: x}", ".sales", "this is no kind of event", f"Did you mean sale? {KINDS_ALONE}"),
            ("{Sale: low}", ".Sale", "this is no kind of event", f"Did you mean sale? {KINDS_ALONE}"),
            ("{payout.paid: low}", ".payout.paid", "kinds alone have an urgency, not Stripe's types", KINDS_ALONE),
            ("{'*': low}", ".…", "kinds alone have an urgency, not Stripe's types", KINDS_ALONE),
            (
                "{sale: hihg}",
                ".sale",
                "this is no urgency",
                "Did you mean high? The urgencies are emergency, high, normal, low.",
            ),
            ("{sale: loud}", ".sale", "this is no urgency", "The urgencies are emergency, high, normal, low."),
        ]
        for content, place in [
            (f"urgency: {written}\n{ACCOUNTS}{CHANNELS}", "1:11: " if key else "1:1: "),
            (
                channel(f"url: json://localhost\n    urgency: {written}"),
                f"7:{15 if key else 5}: channels.phone.",
            ),
        ]
    ),
    # Hours, bursts, digests.
    *(
        (channel(f"url: json://localhost\n    {key}: {written}"), f"7:5: channels.phone.{key}", problem, hint)
        for key, written, problem, hint in [
            *(
                ("quiet_hours", written, "these are no quiet hours", HOURS)
                for written in ["22:00", "25-7", "22:60-7:00", "2-4-6", "10pm-7am", "22:00:00-7", "~", "5"]
            ),
            *(
                (
                    "quiet_hours",
                    written,
                    "they end when they begin: is that never, or always?",
                    (
                        "Write two times, as in 22:00-07:00, or off. For a channel that is never told, take the "
                        "channel out."
                    ),
                )
                for written in ["22:00-22:00", "0-24"]
            ),
            (
                "quiet_hours",
                "[22, 7]",
                "one value is meant here, not a list or further keys",
                "Write it on the same line: key: value",
            ),
            (
                "timezone",
                "Asia/Tokio",
                "this time zone is not known",
                (
                    "Did you mean Asia/Tokyo? Write it as in Europe/Paris, America/New_York or UTC, or take the line "
                    "out for the system's."
                ),
            ),
            *(("burst", written, "this does not say what a burst is", BURST) for written in ["5", "[5, 1m]", "", "~"]),
            ("digest", "dayly", "this does not say how often there is a digest", f"Did you mean daily? {OFTEN}"),
            ("digest", "08:00", "this does not say how often there is a digest", OFTEN),
            *(
                ("digest", f"weekly {at}", "the digest's time is no time of day", "Write it as in weekly 08:00.")
                for at in ["25:00", "at", "8am", "monday"]
            ),
        ]
    ),
    *(
        (
            channel(f"url: json://localhost\n    burst: {{{written}}}"),
            f"7:13: channels.phone.burst.{key}",
            problem,
            hint,
        )
        for key, written, problem, hint in [
            *(
                (
                    "above",
                    f"above: {above}",
                    "this is no whole number from 1 to 1000",
                    "More messages than that become one summary. For one message each, always, write burst: off.",
                )
                for above in ["0", "1001", "5.5", "-1", "off", "many", "0x5"]
            ),
            ("within", "within: 60", "a number without a unit", "Seconds are meant? Then write 60s."),
            ("within", "within: 0s", "shorter than a second", WITHIN),
            ("within", "within: 61m", "longer than an hour", WITHIN),
            ("within", "within: long", "this is not a duration", WITHIN),
            ("abov", "abov: 5.5", "unknown key", "Did you mean above? Known here are: above, within."),
        ]
    ),
    # How it is seen that all is well.
    *(
        (f"{key}: {written}\n{ACCOUNTS}{CHANNELS}", f"1:1: {key}", problem, hint)
        for key, written, problem, hint in [
            ("heartbeat", "hc.example/1", "this is not an http(s) URL", MONITORING),
            ("heartbeat", "'https://['", "this is not a URL", MONITORING),
            (
                "heartbeat",
                "https://hc.example/1 2",
                "there is a space within the URL",
                "Copy the URL again, by itself.",
            ),
            (
                "heartbeat",
                "http://hc.example/1",
                "over http:// the URL, which is a secret, would travel in clear",
                "Write https:// (http:// is for localhost only).",
            ),
            ("stale_after", "15", "a number without a unit", STALE),
            ("stale_after", "900", "a number without a unit", "Seconds are meant? Then write 900s."),
            ("poll_interval", "0", "a number without a unit", DURATION),
            ("stale_after", "119s", "shorter than two minutes", STALE),
            ("stale_after", "24h1s", "longer than a day", STALE),
            ("stale_after", "auto", "this is not a duration", STALE),
            ("stale_after", "off", "this is not a duration", STALE),
        ]
    ),
    (
        f"heartbeat: https://hc.example/1\nheartbeat_file: hc.url\n{ACCOUNTS}{CHANNELS}",
        "2:1: heartbeat_file",
        "heartbeat and heartbeat_file are both given",
        "Keep one of the two.",
    ),
    (
        channel("url: json://localhost\n    details: mask"),
        "7:5: channels.phone.details",
        "this is not how much detail a channel can be told",
        "Did you mean masked? Write full, masked (no name and no e-mail address) or private (no amounts either).",
    ),
    (
        channel("url: json://localhost\n    details: [private]"),
        "7:5: channels.phone.details",
        "one value is meant here, not a list or further keys",
        "Write it on the same line: key: value",
    ),
    (
        channel("url: json://localhost\n    events: [sales]"),
        "7:14: channels.phone.events[0]",
        "this is no kind of event",
        f"Did you mean sale? {KINDS}",
    ),
    (
        channel("url: json://localhost\n    events: [zzz*]"),
        "7:14: channels.phone.events[0]",
        "this is no kind of event",
        KINDS,
    ),
    (
        channel("url: json://localhost\n    events: ['charge.[ab]']"),
        "7:14: channels.phone.events[0]",
        "this is no Stripe event type",
        "Write small letters, digits, _ and dots, with * for any run: charge.dispute.*",
    ),
]


@pytest.mark.parametrize(("content", "place", "problem", "hint"), BAD_VALUES)
def test_what_cannot_be_used(write: Write, content: str, place: str, problem: str, hint: str) -> None:
    write(content)
    assert complaint({"EMPTY": ""}) == f"config.yaml:{place}: {problem}\n  {hint}"


@pytest.mark.fault(36)
def test_everything_wrong_is_told_in_one_go_and_in_the_files_order(write: Write) -> None:
    write(
        "locale: xx\naccounts:\n  a: {api_key: pk_1}\n  b: {}\nchannels:\n  c: {url: json://h, modes: [x]}\ntypo: 1\n"
    )
    with pytest.raises(ConfigError) as caught:
        read({"CASHNOTIFYD_TYPO": "1"})
    assert [(it.place, it.key) for it in caught.value.findings] == [
        ("config.yaml:1:1", "locale"),
        ("config.yaml:3:7", "accounts.a.api_key"),
        ("config.yaml:4:3", "accounts.b"),
        ("config.yaml:6:30", "channels.c.modes[0]"),
        ("config.yaml:7:1", "typo"),
        ("CASHNOTIFYD_TYPO", ""),
    ]


def test_a_finding_prints_as_place_key_problem_and_next_step() -> None:
    finding = Finding("config.yaml:7:5", "accounts.shop.api_key", "PROBLEM", "HINT")
    assert str(finding) == "config.yaml:7:5: accounts.shop.api_key: PROBLEM\n  HINT"


@pytest.fixture
def no_root(write: Write) -> Iterator[None]:
    """Root may read everything, so it steps down for a while."""
    del write  # which goes to the folder first
    before = os.geteuid()
    if before == 0:
        Path().chmod(0o777)
        os.seteuid(65534)
    yield
    os.seteuid(before)


class TestTheFileItself:
    def test_missing(self, write: Write) -> None:
        del write
        assert complaint(path=Path("nowhere/config.yaml")) == (
            "nowhere/config.yaml: there is no such file\n"
            "  Type: cashnotifyd init, which asks and writes it. Or copy config.example.yaml there, fill it in and "
            "protect it (chmod 600), or name another file with --config."
        )

    def test_a_folder(self, write: Write) -> None:
        del write
        Path("config.yaml").mkdir()
        assert complaint() == "config.yaml: this is a folder, not a file\n  Name the file in it."

    def test_a_pipe_is_not_waited_for(self, write: Write) -> None:
        del write
        os.mkfifo("config.yaml")
        assert complaint() == "config.yaml: this is not a regular file\n  Name a plain file."

    @pytest.mark.usefixtures("no_root")
    def test_unreadable(self, write: Write) -> None:
        write(ACCOUNTS + CHANNELS, mode=0)
        assert complaint() == (
            "config.yaml: this user may not read the file\n"
            "  Give the file to the user that cashnotifyd runs as (chown), or to that user's group with mode 640."
        )

    def test_too_large(self, write: Write) -> None:
        write(b"#" * (8 * 1024 * 1024 + 1))
        assert complaint() == (
            "config.yaml: the file is larger than 8192 KiB\n  This looks like another file: correct the path."
        )

    def test_another_file_by_mistake_is_not_complained_of_line_by_line(self, write: Write) -> None:
        write(ACCOUNTS + CHANNELS + "".join(f"line{number}: 1\n" for number in range(1500)))

        said = complaint().splitlines()

        assert len(said) == 2 * 101
        assert said[0].endswith(": line0: unknown key")
        assert said[-2:] == ["config.yaml: and 1,400 more like these", "  Mend these, then look again."]

    def test_others_may_change_it(self, write: Write) -> None:
        write(ACCOUNTS.replace("rk_live_1", "${KEY}") + CHANNELS, mode=0o602)
        assert complaint({"KEY": "rk_live_1"}) == (
            "config.yaml: every user of this machine may change the file\n  Type: chmod 600 config.yaml"
        )

    @pytest.mark.fault(35)
    def test_others_may_read_the_key_in_it(self, write: Write) -> None:
        write(ACCOUNTS + CHANNELS, mode=0o644)
        assert complaint() == (
            "config.yaml:3:5: accounts.shop.api_key: every user of this machine may read the secrets in the file\n"
            "  Type: chmod 600 config.yaml"
        )

    def test_others_may_read_a_key_in_it_that_is_not_even_used(self, write: Write) -> None:
        write(ACCOUNTS + CHANNELS, mode=0o644)
        assert complaint({"CASHNOTIFYD_ACCOUNTS__SHOP__API_KEY": "rk_live_2"}) == (
            "config.yaml:3:5: accounts.shop.api_key: every user of this machine may read the secrets in the file\n"
            "  Type: chmod 600 config.yaml"
        )

    def test_others_may_read_the_heartbeat_in_it(self, write: Write) -> None:
        keyless = ACCOUNTS.replace("rk_live_1", "${KEY}") + CHANNELS
        write("heartbeat: https://hc.example/1\n" + keyless, mode=0o644)
        assert complaint({"KEY": "rk_live_1"}) == (
            "config.yaml:1:1: heartbeat: every user of this machine may read the secrets in the file\n"
            "  Type: chmod 600 config.yaml"
        )

    def test_others_may_read_the_url_in_it(self, write: Write) -> None:
        write("accounts: {shop: {api_key: '${KEY}'}}\nchannels: {phone: {url: 'pover://user@${TOKEN}'}}\n", mode=0o604)
        assert complaint({"KEY": "rk_live_1", "TOKEN": "t"}) == (
            "config.yaml:2:20: channels.phone.url: every user of this machine may read the secrets in the file\n"
            "  Type: chmod 600 config.yaml"
        )


class TestKeyFiles:
    def refusal(self, write: Write, name: str = "shop.key", environ: dict[str, str] | None = None) -> str:
        write(account(f"api_key_file: {name}"))
        return complaint(environ)

    def test_missing(self, write: Write, tmp_path: Path) -> None:
        assert self.refusal(write, environ={"CREDENTIALS_DIRECTORY": "/run/creds"}) == (
            f"config.yaml:3:5: accounts.shop.api_key_file: there is no such file in /run/creds and {tmp_path}\n"
            "  Create it (chmod 600) or correct the name; a relative one is looked for among systemd's credentials, "
            "then beside the configuration file."
        )

    @pytest.mark.parametrize(("mode", "what"), [(0o604, "read the secrets in"), (0o602, "change")])
    def test_open_to_others(self, write: Write, tmp_path: Path, mode: int, what: str) -> None:
        write("rk_live_1", "shop.key", mode)
        assert self.refusal(write) == (
            f"config.yaml:3:5: accounts.shop.api_key_file: {tmp_path}/shop.key: every user of this machine may {what} "
            f"the file\n  Type: chmod 600 {tmp_path}/shop.key"
        )

    def test_empty(self, write: Write, tmp_path: Path) -> None:
        write("\n", "shop.key")
        assert self.refusal(write) == (
            f"config.yaml:3:5: accounts.shop.api_key_file: {tmp_path}/shop.key: the file is empty\n"
            "  Write the secret into it, and nothing else."
        )

    def test_no_text(self, write: Write, tmp_path: Path) -> None:
        write(b"\xff", "shop.key")
        assert self.refusal(write) == (
            f"config.yaml:3:5: accounts.shop.api_key_file: {tmp_path}/shop.key: this is not UTF-8 text\n"
            "  The file holds the secret and nothing else."
        )

    def test_a_publishable_key_in_it(self, write: Write) -> None:
        write("pk_live_1", "shop.key")
        assert self.refusal(write) == (
            f"config.yaml:3:5: accounts.shop.api_key_file: that is a publishable key: it can read nothing\n  {CREATE}."
        )

    def test_the_key_where_its_file_is_meant(self, write: Write) -> None:
        assert self.refusal(write, name="rk_live_1") == (
            "config.yaml:3:5: accounts.shop.api_key_file: this looks like the secret itself, not like the name of a "
            "file\n  Put it in a file of its own (chmod 600) and name that here, or use the key without _file."
        )

    def test_a_url_file(self, write: Write, tmp_path: Path) -> None:
        write("json://localhost", "phone.url", mode=0o644)
        write(channel("url_file: phone.url"))
        assert complaint() == (
            f"config.yaml:6:5: channels.phone.url_file: {tmp_path}/phone.url: every user of this machine may read the "
            f"secrets in the file\n  Type: chmod 600 {tmp_path}/phone.url"
        )


class TestVariables:
    @pytest.mark.parametrize(
        ("name", "hint"),
        [
            (
                "CASHNOTIFYD_POL_INTERVAL",
                (
                    "Did you mean CASHNOTIFYD_POLL_INTERVAL? Known are: CURSOR_FILE, HEARTBEAT, HEARTBEAT_FILE, "
                    "LOCALE, POLL_INTERVAL, READ_SHARE, STALE_AFTER, STRIPE_API_BASE, TIMEZONE, URGENCY, "
                    "ACCOUNTS__…, CHANNELS__… (each after CASHNOTIFYD_)."
                ),
            ),
            (
                "CASHNOTIFYD_ACCOUNTS__SHOP__APIKEY",
                (
                    "Did you mean CASHNOTIFYD_ACCOUNTS__SHOP__API_KEY? Known are: ACCOUNTS__ID__API_KEY, "
                    "ACCOUNTS__ID__API_KEY_FILE, ACCOUNTS__ID__LOGO, ACCOUNTS__ID__NAME, "
                    "ACCOUNTS__ID__STRIPE_API_BASE, ACCOUNTS__ID__STRIPE_CONTEXT "
                    "(each after CASHNOTIFYD_, ID being the id)."
                ),
            ),
        ],
    )
    def test_unknown(self, write: Write, name: str, hint: str) -> None:
        write(ACCOUNTS + CHANNELS)
        assert complaint({name: "x"}) == f"{name}: no setting goes by this variable\n  {hint}"

    @pytest.mark.parametrize(
        "name", ["CASHNOTIFYD_", "CASHNOTIFYD_ACCOUNTS", "CASHNOTIFYD_ACCOUNTS__SHOP", "CASHNOTIFYD_LOCALE__X__NAME"]
    )
    def test_halves_of_names_are_unknown_too(self, write: Write, name: str) -> None:
        write(ACCOUNTS + CHANNELS)
        assert complaint({name: "x"}).startswith(f"{name}: no setting goes by this variable\n")

    def test_bad_values_name_the_variable(self, write: Write) -> None:
        write(ACCOUNTS + CHANNELS)
        assert complaint({"CASHNOTIFYD_POLL_INTERVAL": "30"}) == (
            "CASHNOTIFYD_POLL_INTERVAL: poll_interval: a number without a unit\n  Seconds are meant? Then write 30s."
        )
        assert complaint({"CASHNOTIFYD_ACCOUNTS__NEW__NAME": "x"}) == (
            f"CASHNOTIFYD_ACCOUNTS__NEW__NAME: accounts.new: it has neither api_key nor api_key_file\n"
            f"  {ACCOUNT_EXAMPLE}"
        )
        assert complaint({"CASHNOTIFYD_LOCALE": ""}) == (
            "CASHNOTIFYD_LOCALE: locale: the variable is set but empty\n  Give it a value, or unset it."
        )
        assert complaint({"CASHNOTIFYD_CHANNELS__PHONE__MODES": "[live]"}) == (
            "CASHNOTIFYD_CHANNELS__PHONE__MODES: channels.phone.modes: this is not a list in JSON\n"
            '  Write it as [first, second] with double quotes around each: ["shop", "b"]'
        )

    @pytest.mark.parametrize(
        ("name", "near"),
        [
            ("CASHNOTIFYD_CHANNELS__PHONE__BURST__ABOV", "CASHNOTIFYD_CHANNELS__PHONE__BURST__ABOVE"),
            ("CASHNOTIFYD_CHANNELS__PHONE__DIGESTS", "CASHNOTIFYD_CHANNELS__PHONE__DIGEST"),
            ("CASHNOTIFYD_URGENCY__SALE__X", "CASHNOTIFYD_URGENCY"),
        ],
    )
    def test_parts_of_values_that_have_no_such_part(self, write: Write, name: str, near: str) -> None:
        write(ACCOUNTS + CHANNELS)
        assert complaint({name: "x"}).startswith(
            f"{name}: no setting goes by this variable\n  Did you mean {near}? Known are: "
        )

    @pytest.mark.parametrize(
        "name",
        [
            "CASHNOTIFYD_URGENCY__",
            "CASHNOTIFYD_URGENCY__A.B",
            "CASHNOTIFYD_CHANNELS__PHONE__BURST__",
            "CASHNOTIFYD_CHANNELS__PHONE__BURST__ABOVE__X",
            "CASHNOTIFYD_CHANNELS__PHONE__MIN_AMOUNT__U.S",
            "CASHNOTIFYD_CHANNELS__PHONE__URL__X",
        ],
    )
    def test_no_such_part_at_all(self, write: Write, name: str) -> None:
        write(ACCOUNTS + CHANNELS)
        assert complaint({name: "x"}).startswith(f"{name}: no setting goes by this variable\n")

    def test_bad_parts_name_their_variable(self, write: Write) -> None:
        write(channel("url: json://localhost\n    min_amount: {usd: 50}\n    events: [sale]"))
        amount = "CASHNOTIFYD_CHANNELS__PHONE__MIN_AMOUNT"
        assert complaint({f"{amount}__USD": "x"}) == (
            f"{amount}__USD: channels.phone.min_amount.usd: this is not an amount\n  {DIGITS}"
        )
        assert complaint({f"{amount}__US": "50"}) == (
            f"{amount}__US: channels.phone.min_amount.us: this is no currency\n  Did you mean usd? {CODE}"
        )
        assert complaint({amount: '{"usd": "x"}'}) == (
            f"{amount}: channels.phone.min_amount.usd: this is not an amount\n  {DIGITS}"
        )
        assert complaint({amount: "{usd: 5}"}) == (
            f"{amount}: channels.phone.min_amount: this is not a mapping in JSON\n"
            '  Write it as {"key": "value"}, with double quotes.'
        )
        assert complaint({"CASHNOTIFYD_URGENCY__SALES": "low"}) == (
            f"CASHNOTIFYD_URGENCY__SALES: urgency.sales: this is no kind of event\n  Did you mean sale? {KINDS_ALONE}"
        )

    def test_a_bad_list_from_outside_names_its_variable_and_not_the_file(self, write: Write) -> None:
        write(channel("url: json://localhost\n    events: [sale]"))
        assert complaint({"CASHNOTIFYD_CHANNELS__PHONE__EVENTS": "sales"}) == (
            "CASHNOTIFYD_CHANNELS__PHONE__EVENTS: channels.phone.events[0]: this is no kind of event\n"
            f"  Did you mean sale? {KINDS}"
        )

    def test_a_whole_and_a_part_of_it(self, write: Write) -> None:
        write(ACCOUNTS + CHANNELS)
        burst = "CASHNOTIFYD_CHANNELS__PHONE__BURST"
        assert complaint({burst: "off", f"{burst}__ABOVE": "5"}) == (
            f"{burst}__ABOVE: channels.phone.burst.above: {burst} sets the whole of which this is a part\n"
            "  Keep one of the two."
        )

    @pytest.mark.parametrize("id_", ["A.B", "A B", "Ä"])
    def test_an_id_that_cannot_be_one(self, write: Write, id_: str) -> None:
        write(f"accounts: {{a.b: {{api_key: rk_live_1}}}}\n{CHANNELS}")
        assert complaint({f"CASHNOTIFYD_ACCOUNTS__{id_}__NAME": "x"}).count("this id has characters") == 2

    def test_two_for_one_value(self, write: Write) -> None:
        write(ACCOUNTS + CHANNELS)
        environ = {"CASHNOTIFYD_ACCOUNTS__SHOP__NAME": "a", "cashnotifyd_accounts__shop__name": "b"}
        assert complaint(environ) == (
            "cashnotifyd_accounts__shop__name: accounts.shop.name: CASHNOTIFYD_ACCOUNTS__SHOP__NAME sets the same "
            "value\n"
            "  Keep one of the two: capitals do not count here, and a hyphen is the same as an underscore."
        )

    def test_one_for_two_ids(self, write: Write) -> None:
        write("accounts: {a-b: {api_key: rk_live_1}, a_b: {api_key: rk_live_2}}\n" + CHANNELS)
        assert complaint({"CASHNOTIFYD_ACCOUNTS__A_B__NAME": "x"}) == (
            "CASHNOTIFYD_ACCOUNTS__A_B__NAME: could mean a-b or a_b\n"
            "  Rename one of them so that they differ in more than capitals, - and _."
        )

    def test_a_credential_that_is_no_setting(self, write: Write) -> None:
        write(ACCOUNTS + CHANNELS)
        Path("creds").mkdir()
        write("x", "creds/cashnotifyd_acounts__shop__api_key")
        assert complaint({"CREDENTIALS_DIRECTORY": "creds"}).startswith(
            "$CREDENTIALS_DIRECTORY/cashnotifyd_acounts__shop__api_key: no setting goes by this credential\n"
            "  Did you mean CASHNOTIFYD_ACCOUNTS__SHOP__API_KEY? "
        )
