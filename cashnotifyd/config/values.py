"""What single values mean: text in, meaning out, :class:`Refused` with the next step where there is none."""

from __future__ import annotations

import ipaddress
import json
import re
import unicodedata
import urllib.parse
import zoneinfo
from collections.abc import Iterable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from cashnotifyd.config.findings import LOOKS_SECRET, Absent, Refused, did_you_mean, shown
from cashnotifyd.vocabulary import Disclosure, Kind, Mode, Urgency

KEYS_PAGE = "https://dashboard.stripe.com/apikeys"
CREATE_A_KEY = f"Create a restricted key (rk_live_… or rk_test_…) at {KEYS_PAGE}"

KEY_EXAMPLE = "Write an id (shop:), and below it, indented, api_key: ${SHOP_STRIPE_KEY} or api_key_file: shop.key"
URL_EXAMPLE = "Write an id (phone:), and below it, indented, url: ${PHONE_URL} or url_file: phone.url"
_URGENCY_EXAMPLE = "Write {dispute: emergency, sale: low}."
_BURST_EXAMPLE = "Write {above: 5, within: 1m}, or off for one message each, always."

_LEAST_SHARE = 0.01
_TAKEN_FOR_KEYS = {
    "pk_": "that is a publishable key: it can read nothing",
    "whsec_": "that is a webhook's signing secret, not an API key",
    "acct_": "that is the id of an account, not an API key",
}
_STRIPE_KEY = re.compile(r"(?:rk|sk|pk)_(?:live|test|org)_|whsec_")
_TYPOGRAPHIC_QUOTES = frozenset("\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb\u2039\u203a")

_OFF = frozenset({"off", "no", "none", "false"})
_ON = frozenset({"on", "yes", "true"})


def as_text(value: object) -> str:
    """Text that holds something and no control characters."""
    if not isinstance(value, str):
        # What is left of {NAME}.
        variable = ". A variable is ${NAME}, with the dollar." if value == {} else ""
        raise Refused(
            "one value is meant here, not a list or further keys", f"Write it on the same line: key: value{variable}"
        )
    if not value.strip():
        raise Refused("it is empty", "Write a value, or take it out.")
    # Control characters, and the halves of characters that an environment that is not UTF-8 arrives in.
    if not value.isprintable() and any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in value):
        raise Refused("it holds a line break or an invisible character", "Type it again on one line.")
    return value


def identifier(word: str) -> str:
    """An account's or a channel's id."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", word):
        raise Refused(
            "this id has characters that an id cannot have",
            "Use letters, digits, - and _ only, as in shop-test. A name for people goes into name:.",
        )
    if LOOKS_SECRET.search(word):
        raise Refused("this looks like a key, not like an id", "Choose a short word such as shop, the key goes below.")
    return word


def words(value: object) -> tuple[object, ...]:
    """A list as it comes: from YAML, or in the environment as JSON or with commas."""
    hint = "Write it as [first, second]"
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise Refused(
                "this is not a list in JSON", f'{hint} with double quotes around each: ["shop", "b"]'
            ) from None
    elif isinstance(value, str):
        value = [word.strip() for word in value.split(",") if word.strip()]
    if not isinstance(value, list):
        raise Refused("a list is meant here", hint)
    if not value:
        raise Refused(
            "the list is empty: the channel would never be told anything", "Name some, or take it out for all."
        )
    return tuple(value)


def is_off(text: str) -> bool:
    """Whether a text says that something is not wanted, in any of the words that YAML 1.1 has for it."""
    return text.strip().lower() in _OFF


def from_json(text: str) -> object:
    """What a text in braces says, its numbers as written. Raises Refused."""
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise Refused("this is not a mapping in JSON", 'Write it as {"key": "value"}, with double quotes.') from None


def locale_name(value: object) -> str:
    """A locale that Babel knows, spelt its way: ``de_AT``."""
    text = as_text(value).strip().replace("-", "_")
    try:
        return str(Locale.parse(text))
    except (ValueError, UnknownLocaleError):
        raise Refused(
            "this locale is not known",
            "Write a language, or a language and a country, such as en_US, en_GB, de_DE, fr or pt_BR.",
        ) from None


def time_zone(value: object) -> ZoneInfo:
    """A zone by its IANA name."""
    text = as_text(value).strip()
    if (zone := _zone(text)) is None:
        raise Refused(
            "this time zone is not known",
            f"{_zone_meant(text)}"
            "Write it as in Europe/Paris, America/New_York or UTC, or take the line out for the system's.",
        )
    return zone


def _zone_meant(text: str) -> str:
    if re.fullmatch(r"(?:UTC|GMT)? ?[+-][0-9]{1,2}(?::?[0-9]{2})?|[A-Z]{2,5}", text):
        return "An offset or an abbreviation does not know when summer time is: name a city. "
    known, city = sorted(zoneinfo.available_timezones()), f"/{text.replace(' ', '_')}".casefold()
    of_the_city = next((name for name in known if name.casefold().endswith(city)), None)
    return f"Did you mean {of_the_city}? " if of_the_city else did_you_mean(text, known)


def system_time_zone(environ: Mapping[str, str], etc: Path = Path("/etc")) -> ZoneInfo:
    """The machine's zone: ``TZ``, else /etc/timezone, else what /etc/localtime is a link to or holds, else UTC."""
    names = [environ.get("TZ", "").removeprefix(":")]
    try:
        names.append((etc / "timezone").read_text("utf-8").strip())
    except (OSError, ValueError):
        names.append("")
    try:
        names.append(str((etc / "localtime").readlink()))
    except OSError:
        names.append("")
    for name in names:
        # A path as in /usr/share/zoneinfo/posix/Europe/Paris, which is how localtime, and some TZ, are written.
        zone = _zone(name.rpartition("zoneinfo/")[2].removeprefix("posix/"))
        if zone is not None:
            return zone
    try:
        with (etc / "localtime").open("rb") as file:
            return ZoneInfo.from_file(file, key="localtime")
    except (OSError, ValueError):
        return ZoneInfo("UTC")


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def api_base(value: object) -> str:
    """Where Stripe's API is: scheme, host and port. Plain http only on this very machine, as a key travels with it."""
    text = as_text(value).strip()
    hint = "Write it as https://api.stripe.com, or take the line out."
    try:
        parts = urllib.parse.urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Refused("this is not a URL", hint) from None
    if parts.scheme not in {"http", "https"} or not host or not re.fullmatch(r"[A-Za-z0-9.:_-]+", host):
        raise Refused("this is not an http(s) URL", hint)
    if parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc:
        raise Refused("only scheme, host and port belong here", hint)
    if parts.scheme == "http" and not _is_loopback(host):
        raise Refused(
            "over http:// the API key would travel in clear", "Write https:// (http:// is for localhost only)."
        )
    bracketed = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{bracketed}" + (f":{port}" if port is not None else "")


def heartbeat(text: str) -> str:
    """Where it is told that all is well: an https URL, or plain http on this very machine. Whoever knows it may lie."""
    hint = "Write the address that the monitoring service shows, as in https://hc-ping.com/…"
    if any(letter.isspace() for letter in text):
        raise Refused("there is a space within the URL", "Copy the URL again, by itself.")
    try:
        parts = urllib.parse.urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Refused("this is not a URL", hint) from None
    if parts.scheme not in {"http", "https"} or not host or not re.fullmatch(r"[A-Za-z0-9.:_-]+", host):
        raise Refused("this is not an http(s) URL", hint)
    if parts.scheme == "http" and not _is_loopback(host):
        raise Refused(
            "over http:// the URL, which is a secret, would travel in clear",
            "Write https:// (http:// is for localhost only).",
        )
    return text


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def mode(value: object) -> Mode:
    """``live`` or ``test``."""
    text = as_text(value).strip()
    try:
        return Mode(text)
    except ValueError:
        raise Refused("this is no mode", f"{did_you_mean(text, Mode)}The modes are live and test.") from None


def disclosure(value: object) -> Disclosure:
    """``full``, ``masked`` or ``private``."""
    text = as_text(value).strip()
    try:
        return Disclosure(text)
    except ValueError:
        raise Refused(
            "this is not how much detail a channel can be told",
            f"{did_you_mean(text, Disclosure)}Write full, masked (no name and no e-mail address) or private (no amounts"
            " either).",
        ) from None


def urgencies(value: object) -> dict[object, object]:
    """Kinds and how loudly each knocks, unchecked: a mapping, in the environment as JSON."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = from_json(value)
    if not isinstance(value, dict):
        raise Refused("kinds with an urgency each are meant here", _URGENCY_EXAMPLE)
    return value


def kind(value: object) -> Kind:
    """A kind of event, by the word that stands for it in people's files."""
    text = as_text(value).strip()
    if any(sign in text for sign in ".*?"):
        raise Refused("kinds alone have an urgency, not Stripe's types", f"The kinds are {', '.join(Kind)}.")
    try:
        return Kind(text)
    except ValueError:
        raise Refused(
            "this is no kind of event", f"{did_you_mean(text, Kind)}The kinds are {', '.join(Kind)}."
        ) from None


def urgency(value: object) -> Urgency:
    """``emergency``, ``high``, ``normal`` or ``low``."""
    text = as_text(value).strip()
    try:
        return Urgency(text)
    except ValueError:
        raise Refused(
            "this is no urgency", f"{did_you_mean(text, Urgency)}The urgencies are {', '.join(Urgency)}."
        ) from None


def burst(value: object) -> dict[object, object] | None:
    """What is a burst, unchecked: a mapping, in the environment as JSON too. Empty for the usual, None for off."""
    if isinstance(value, str):
        word = value.strip().lower()
        if is_off(word):
            return None
        if word in _ON:
            return {}
        if word.startswith("{"):
            value = from_json(value)
    if not isinstance(value, dict):
        raise Refused("this does not say what a burst is", _BURST_EXAMPLE)
    return value


def burst_above(value: object) -> int:
    """A whole number of messages, 1 to 1000."""
    text = as_text(value).strip()
    if not re.fullmatch(r"0*(?:[1-9][0-9]{0,2}|1000)", text):
        raise Refused(
            "this is no whole number from 1 to 1000",
            "More messages than that become one summary. For one message each, always, write burst: off.",
        )
    return int(text)


def event_pattern(value: object) -> str:
    """A kind, a Stripe event type, or a glob over types."""
    text = as_text(value).strip()
    if text in {"*", *Kind}:
        return text
    if text in {"all", "any", "everything"}:
        raise Refused(
            "this is no kind of event",
            'Write "*" for all that is told, or take the line out for what most people want to know.',
        )
    if "." not in text:
        raise Refused(
            "this is no kind of event",
            f"{did_you_mean(text, Kind)}The kinds are {', '.join(Kind)}. A Stripe type has a dot: charge.refunded",
        )
    if not re.fullmatch(r"[a-z0-9_.*?]+", text):
        raise Refused(
            "this is no Stripe event type",
            "Write small letters, digits, _ and dots, with * for any run: charge.dispute.*",
        )
    return text


def read_share(value: object) -> float:
    """A part of the read allowance: more than 0, 1 at most."""
    text = as_text(value).strip()
    hint = "Write a part of the whole, from 0.01 to 1: 0.5 is half of Stripe's read allowance."
    if re.fullmatch(r"[0-9]{1,3} ?%", text):
        raise Refused("this is a percentage", hint)
    if not re.fullmatch(r"(?:[0-9]{1,3})?(?:\.[0-9]{1,9})?", text):
        raise Refused("this is no number", hint)
    share = float(text)
    if share < _LEAST_SHARE:
        raise Refused("so little would not do for a poll a day", hint)
    if share > 1:
        raise Refused("there is no more than the whole allowance", hint)
    return share


def stripe_context(value: object) -> str:
    """The account that is meant where a key is for several: its id, or the path of ids that leads there."""
    text = as_text(value).strip()
    if not re.fullmatch(r"acct_[A-Za-z0-9]+(?:/acct_[A-Za-z0-9]+)*", text):
        raise Refused(
            "this is no id of a Stripe account: they begin with acct_",
            "Write it as in acct_1A2b3C, which Stripe shows under Settings, Account details; for an account that is"
            " connected to one of your organization's, acct_1A2b3C/acct_4D5e6F. Or take the line out.",
        )
    return text


def as_written(text: str) -> str:
    """A key or a URL without the space around it. Raises Refused where something else stands around it, or for it."""
    text = text.strip()
    if re.fullmatch(r"\$[A-Za-z_][A-Za-z0-9_]*", text):
        raise Refused(
            "the name of a variable stands here without its braces",
            "Write ${NAME}: as it stands, the dollar and the name are taken for the value itself.",
        )
    if text[:1] and text[0] in _TYPOGRAPHIC_QUOTES:
        raise Refused(
            "typographic quotes stand around the value, and YAML takes them for a part of it",
            'Take them out, or write straight ones: "…"',
        )
    return text


def api_key(text: str, context: str | None = None) -> str:
    """A key that can read an account, restricted or full. An organization's key needs a ``context``."""
    key = text.strip()
    if not key:
        raise Refused("the key is empty", f"{CREATE_A_KEY} and put it there.")
    for beginning, problem in _TAKEN_FOR_KEYS.items():
        if key.startswith(beginning):
            raise Refused(problem, f"{CREATE_A_KEY}.")
    if key.startswith(("sk_org", "rk_org")) and context is None:
        raise Refused(
            "that is an organization's key: it speaks for many accounts and cannot be used without naming one",
            "Name the account beside it (stripe_context: acct_…), or open the account itself and create a restricted"
            f" key in it, at {KEYS_PAGE}.",
        )
    if re.search(r"\s", key):
        raise Refused("there is a space or a line break within the key", "Copy the key again, by itself.")
    if re.fullmatch(r"(?:sk|rk)_(?:live_|test_)?(?:[xX.*…]+|.*(?:your|replace|change_?me).*)", key, re.IGNORECASE):
        raise Refused("that is a placeholder, not a key", f"{CREATE_A_KEY} and put it there.")
    if not key.startswith(("sk_", "rk_")):
        raise Refused("that is no Stripe API key: they begin with rk_ or sk_", f"{CREATE_A_KEY}.")
    if not re.fullmatch(r"[A-Za-z0-9_]+", key):
        raise Refused(
            "there is a character in the key that no key has: they are letters, digits and _",
            "Copy the key again, by itself.",
        )
    if re.fullmatch(r"(?:sk|rk)_(?:live_|test_|org_)?", key):
        raise Refused("that is the beginning of a key, the rest is missing", "Copy the key again, all of it.")
    return key


def mode_of_key(key: str) -> Mode:
    """Whether a key sees real money. Sandboxes' keys are test keys."""
    return Mode.TEST if "_test_" in key else Mode.LIVE


def refuse_what_is_no_url(url: str) -> None:
    """Raise Refused where something else stands in a URL's place that people take for where to tell them."""
    if _STRIPE_KEY.match(url):
        raise Refused(
            "this is a key of Stripe's, not where to tell you",
            "The key goes below accounts (api_key). Here an Apprise URL is meant, as in ntfys://ntfy.sh/my-topic",
        )
    if re.fullmatch(r"(?:mailto:)?[^@\s/:]+@[^@\s/:]+", url):
        raise Refused(
            "this is an e-mail address, not an Apprise URL",
            # No example of one: logs and screens take a password out of every URL.
            "Mail is sent as somebody: a URL of mailtos:// names user, password and server, see config.example.yaml.",
        )


def refuse_several(url: str) -> None:
    """Raise Refused where a second URL follows the first: Apprise would take it for a part of the first's path."""
    if re.search(r"[\s,;]+[A-Za-z][A-Za-z0-9]*://", url):
        raise Refused(
            "more than one URL stands here: only the first would be told",
            "Give each a channel of its own (phone:, phone-2:).",
        )


def refuse_unchecked_tls(url: str) -> None:
    """Raise Refused where a channel's URL asks for unverified TLS (Apprise's ``verify=no``, in any spelling)."""
    # Apprise splits at & and ; alike, and takes the names in any case and percent-encoded.
    for part in re.split(r"[?&;]", url)[1:]:
        name, _, wanted = part.partition("=")
        if urllib.parse.unquote(name).strip().lower() != "verify":
            continue
        if urllib.parse.unquote(wanted).strip().lower() not in {"yes", "true", "on", "1"}:
            raise Refused(
                "verify=no would send your news to whoever answers: TLS checks are never switched off",
                "Take verify=no out. If the server has its own authority, add that to the system's certificates.",
            )


_REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}|(?P<broken>\{))")


def expand(text: str, environ: Mapping[str, str]) -> str:
    """``text`` with ``${NAME}`` from the environment and ``$$`` as a dollar. A dollar alone is itself."""

    def replacement(match: re.Match[str]) -> str:
        if match["dollar"]:
            return "$"
        if match["broken"]:
            raise Refused(
                "${ is not followed by a variable's name and }",
                "Write ${NAME}, or $${ where the text itself is meant.",
            )
        name = match["name"]
        if found := environ.get(name):
            return found
        state = "is set but empty" if name in environ else "is not set"
        raise Absent(
            f"the environment variable {shown(name)} {state}",
            f"Set it for cashnotifyd (in the shell: export {shown(name)}=…; under systemd: EnvironmentFile=).",
        )

    return _REFERENCE.sub(replacement, text)


def has_reference(text: str) -> bool:
    """Whether a part of ``text`` comes from the environment."""
    return any(match["name"] for match in _REFERENCE.finditer(text))


def is_reference(text: str) -> bool:
    """Whether ``text`` comes from the environment as a whole."""
    match = _REFERENCE.fullmatch(text.strip())
    return match is not None and match["name"] is not None


def unknown_key(word: str, known: Iterable[str]) -> Refused:
    """The refusal of a key that nothing here is called."""
    allowed = sorted(known)
    return Refused("unknown key", f"{did_you_mean(word, allowed)}Known here are: {', '.join(allowed)}.")
