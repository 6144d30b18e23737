from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cashnotifyd.config.values import expand
from cashnotifyd.setup.composing import Entry, Section, as_written, block, can_add, new_text, with_entry

SHOP = Entry("accounts", "shop", {"api_key": "rk_live_51X"})
PHONE = Entry("channels", "phone", {"url": "ntfys://ntfy.sh/topic"})
NEW = Entry("accounts", "new", {"api_key_file": "new.key"})


def test_a_new_configuration() -> None:
    text = new_text([SHOP, PHONE, NEW], "en_US")
    assert text.startswith("# yaml-language-server: $schema=config.schema.json\n")
    assert text.endswith(
        "\naccounts:\n  shop:\n    api_key: rk_live_51X\n  new:\n    api_key_file: new.key\n"
        "\nchannels:\n  phone:\n    url: ntfys://ntfy.sh/topic\n"
    )
    assert yaml.safe_load(new_text([SHOP, PHONE], "fr_FR"))["locale"] == "fr_FR"


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("accounts:\n  a:\n    api_key: x\n", "accounts:\n  a:\n    api_key: x\n+channels:\n  c: {}\n"),
        ("accounts:\n  a: {api_key: x} # one\nchannels: {}\n", "accounts:\n  a: {api_key: x} # one\n+channels: {}\n"),
        ("accounts:\n  a:\n    api_key: x", "accounts:\n  a:\n    api_key: x\n+"),
        (
            "accounts:\n    a:\n        api_key: x\n        # logo: y\n\n    # b:\nlocale: fr\n",
            "accounts:\n    a:\n        api_key: x\n        # logo: y\n+\n    # b:\nlocale: fr\n",
        ),
        ("accounts: # none yet\nlocale: fr\n", "accounts: # none yet\n+locale: fr\n"),
        (
            "accounts:\n  a:\n    name: |\n      x\n      y\nlocale: fr\n",
            "accounts:\n  a:\n    name: |\n      x\n      y\n+locale: fr\n",
        ),
        (
            "accounts:\n  a:\n    x:\n    - 1\n    - {b: 2}  # two\n# end\n",
            "accounts:\n  a:\n    x:\n    - 1\n    - {b: 2}  # two\n+# end\n",
        ),
        ("locale: fr\n", "locale: fr\n+"),
        ("# only this\nlocale: fr", "# only this\nlocale: fr\n+"),
    ],
)
def test_an_entry_goes_in_as_lines_of_its_own(text: str, added: str) -> None:
    before, _, after = added.partition("+")
    if "channels:\n  c" in after:
        after = ""
    longer = with_entry(text, NEW)
    assert longer.startswith(before)
    assert longer.endswith(after)
    assert can_add(text, "accounts")
    old, new = yaml.safe_load(text), yaml.safe_load(longer)
    assert new["accounts"].pop("new") == {"api_key_file": "new.key"}
    assert {**new, "accounts": new["accounts"] or None} == {**old, "accounts": old.get("accounts")}
    assert set(text.splitlines()) <= set(longer.splitlines())


def test_line_breaks_stay_what_they_are() -> None:
    longer = with_entry("accounts:\r\n  a:\r\n    api_key: x\r\nlocale: fr\r\n", NEW)
    assert longer == "accounts:\r\n  a:\r\n    api_key: x\r\n  new:\r\n    api_key_file: new.key\r\nlocale: fr\r\n"


@pytest.mark.parametrize("text", ["accounts: {a: {api_key: x}}\n", "{accounts: {}}\n", "accounts: [a]\n"])
def test_what_is_not_written_in_lines_is_left_alone(text: str) -> None:
    assert not can_add(text, "accounts")
    with pytest.raises(ValueError, match="accounts"):
        with_entry(text, NEW)


@pytest.mark.parametrize("section", ["accounts", "channels"])
def test_two_after_each_other(section: Section) -> None:
    text = "locale: fr\n"
    for number in range(2):
        text = with_entry(text, Entry(section, f"n{number}", {"name": "x"}))
    assert yaml.safe_load(text)[section] == {"n0": {"name": "x"}, "n1": {"name": "x"}}


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip).filter(bool))
def test_whatever_is_written_is_read_back(text: str) -> None:
    read = yaml.safe_load("accounts:\n" + block(Entry("accounts", "shop", {"name": as_written(text)})))
    written = read["accounts"]["shop"]["name"]
    assert written == as_written(text)
    if written != text:
        assert expand(written, {}) == text


@pytest.mark.parametrize("text", ["a$$b", "a${b", "$", "a$b", "$$", "${{"])
def test_a_dollar_means_itself(text: str) -> None:
    assert expand(as_written(text), {}) == text


def test_a_variable_stays_one() -> None:
    assert as_written("ntfys://${TOKEN}@h/t") == "ntfys://${TOKEN}@h/t"
