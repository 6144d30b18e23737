from __future__ import annotations

import io
import json
import logging
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import requests
from apprise.plugins.custom_json import NotifyJSON
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.telegram import NotifyTelegram
from hypothesis import given
from hypothesis import strategies as st

from cashnotifyd.delivery.apprise_door.masking import secrets_of
from cashnotifyd.delivery.apprise_door.target import Target
from cashnotifyd.delivery.apprise_door.urls import examine, open_targets
from cashnotifyd.delivery.outcome import Delivered, NotSent, Outcome, Refused, Throttled, Unconfirmed
from cashnotifyd.vocabulary import Icon, Kind, Message, Urgency
from tests.delivery.doubles import closed_port, http_double, resetting_server, silent_server

SALE = Message(Kind.SALE, "€49.00 from <b>Zoë</b>", "Acme & Söhne\n2 x <i>Widget</i>", Urgency.NORMAL)


def only(url: str) -> Target:
    (target,) = open_targets(url)
    return target


def test_ntfy_takes_title_and_body_as_they_are() -> None:
    with http_double() as server:
        assert only(f"ntfy://127.0.0.1:{server.port}/acme").send(SALE) == Delivered()
    (request,) = server.requests
    sent = json.loads(request.body)
    assert sent == {"topic": "acme", "title": SALE.title, "message": SALE.body}
    assert "X-Icon" not in request.headers


@pytest.mark.parametrize(
    ("urgency", "priority"),
    [(Urgency.EMERGENCY, "max"), (Urgency.HIGH, "high"), (Urgency.NORMAL, None), (Urgency.LOW, "low")],
)
def test_urgency_and_link_become_parameters_of_ntfy(urgency: Urgency, priority: str | None) -> None:
    message = Message(Kind.DISPUTE, "Dispute", "Acme", urgency, "https://dashboard.stripe.com/disputes/dp_1")
    with http_double() as server:
        only(f"ntfy://127.0.0.1:{server.port}/acme").send(message)
    (request,) = server.requests
    assert request.headers.get("X-Priority") == priority
    assert request.headers["X-Click"] == message.link
    assert message.link not in request.body.decode()


def test_what_the_url_says_of_priority_and_click_wins() -> None:
    message = Message(Kind.DISPUTE, "Dispute", "Acme", Urgency.EMERGENCY, "https://dashboard.stripe.com/disputes/dp_1")
    with http_double() as server:
        only(f"ntfy://127.0.0.1:{server.port}/acme?priority=low&click=https://example.org/x").send(message)
    (request,) = server.requests
    assert (request.headers["X-Priority"], request.headers["X-Click"]) == ("low", "https://example.org/x")


ICON = Icon("https://files.stripe.com/links/fl_1", "/var/lib/acme.png")


def test_ntfy_shows_the_icon() -> None:
    with http_double() as server:
        target = only(f"ntfy://127.0.0.1:{server.port}/acme")
        assert target.send(replace(SALE, icon=ICON)) == Delivered()
        assert target.send(SALE) == Delivered()
    assert [request.headers.get("X-Icon") for request in server.requests] == [ICON.url, None]


def test_an_icon_that_is_a_mere_file_goes_nowhere_over_the_network() -> None:
    with http_double() as server:
        assert (
            only(f"ntfy://127.0.0.1:{server.port}/acme").send(replace(SALE, icon=Icon(None, "/a.png"))) == Delivered()
        )
    assert "X-Icon" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "avatar_url"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general", "icon_url"),
        ("mmost://127.0.0.1/3ccdd113474722377935511fc85d3dd4?image=yes", "icon_url"),
    ],
)
def test_chats_show_the_icon_of_each_message(url: str, field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[dict[str, object]] = []
    target = only(url)

    def answer(*_: object, data: str, **__: object) -> requests.Response:
        heard.append(json.loads(data))
        response = requests.Response()
        response.status_code = 200
        response.raw = io.BytesIO(b"ok")
        return response

    monkeypatch.setattr(requests.Session, "request", answer)
    for icon in (ICON, None, Icon("https://files.stripe.com/links/fl_2")):
        assert target.send(replace(SALE, icon=icon)) == Delivered()

    assert [one.get(field) for one in heard] == [ICON.url, None, "https://files.stripe.com/links/fl_2"]


def test_the_link_stands_in_the_body_where_a_service_has_no_place_for_it() -> None:
    message = Message(Kind.SALE, "Sale", "Acme", Urgency.NORMAL, "https://dashboard.stripe.com/payments/pi_1")
    with http_double() as server:
        assert only(f"json://127.0.0.1:{server.port}/hook").send(message) == Delivered()
    assert json.loads(server.requests[0].body)["message"] == "Acme\n\nhttps://dashboard.stripe.com/payments/pi_1"


def test_telegram_shows_a_name_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_double(answer=b'{"ok": true}') as server:
        target = only("tgram://123456789:abcdefghijklmnopqrst/11111")
        monkeypatch.setattr(NotifyTelegram, "notify_url", f"http://127.0.0.1:{server.port}/bot")
        assert target.send(SALE) == Delivered()
    text = json.loads(server.requests[0].body)["text"]
    assert text.startswith("<b>€49.00 from &lt;b&gt;Zoë&lt;/b&gt;</b>")
    assert "2 x &lt;i&gt;Widget&lt;/i&gt;" in text


def test_a_name_cannot_ring_for_a_whole_room(monkeypatch: pytest.MonkeyPatch) -> None:
    loud = Message(Kind.SALE, "€49.00 from @everyone", "Acme, <@123>, bob@here.example", Urgency.NORMAL)
    with http_double() as server:
        target = only("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js")
        monkeypatch.setattr(NotifyDiscord, "notify_url", f"http://127.0.0.1:{server.port}/")
        assert target.send(loud) == Delivered()
    said = json.loads(server.requests[0].body)["content"]
    assert "@everyone" not in said
    assert "<@123>" not in said
    assert "bob@here.example" in said


MARKED = Message(
    Kind.SALE,
    "Sale €49.00",
    "# [Ada](https://evil.example) ||**_x_**|| ~~s~~ `c`\n```\n> quoted\n- listed\n1. counted\nbob_b@x.example",
    Urgency.NORMAL,
    "https://dashboard.stripe.com/payments/pi_1",
)


def said(url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What a service hears of a message full of markup, wherever its address is."""
    heard: list[str] = []

    def answer(*_: object, data: str, **__: object) -> requests.Response:
        heard.append(data)
        response = requests.Response()
        response.status_code = 200
        response.raw = io.BytesIO(b"ok")  # what Slack wants to say
        return response

    monkeypatch.setattr(requests.Session, "request", answer)
    assert only(url).send(MARKED) == Delivered()
    parsed: dict[str, object] = json.loads(heard[-1])
    return parsed


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "content"),
        ("mmost://127.0.0.1/3ccdd113474722377935511fc85d3dd4", "text"),
    ],
)
def test_markup_in_a_name_is_shown_as_it_is_where_text_is_read_as_markdown(
    url: str, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    title, *lines = str(said(url, monkeypatch)[field]).splitlines()
    assert title == "Sale €49.00"
    assert lines == [
        r"\# \[Ada\](https://evil.example) \|\|\*\*\_x\_\*\*\|\| \~\~s\~\~ \`c\`",
        r"\`\`\`",
        r"\> quoted",
        r"\- listed",
        r"1\. counted",
        r"bob\_b@x.example",
        "",
        "https://dashboard.stripe.com/payments/pi_1",
    ]


def test_what_is_sent_as_markdown_keeps_its_link_and_escapes_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    text = str(said("gchat://workspace/key/token", monkeypatch)["text"])
    assert "<https://dashboard.stripe.com/payments/pi_1|Stripe Dashboard>" in text
    assert "<https://evil.example|" not in text


def test_teams_shows_a_name_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    card = json.dumps(said("workflows://host.example:443/643b4fe6b5ad4b8bbe8ee1f0a3f9a0d7/signature_abcd", monkeypatch))
    assert "[Stripe Dashboard](https://dashboard.stripe.com/payments/pi_1)" in card
    assert r"\\[Ada\\](https://evil.example)" in card
    assert "Sale \\u20ac49.00" in card


def test_slack_is_told_that_this_is_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = said("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#nuxref", monkeypatch)
    assert sent["mrkdwn"] is False


@pytest.mark.fault(42, measured="0 hits")
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Refused("", "message")),
        (401, Refused("", "channel")),
        (403, Refused("", "channel")),
        (404, Refused("", "channel")),
        (408, NotSent("")),
        (410, Refused("", "channel")),
        (413, Refused("", "message")),
        (415, Refused("", "message")),
        (422, Refused("", "message")),
        (429, Throttled("", None)),
        (500, NotSent("")),
        (502, NotSent("")),
    ],
)
def test_an_answer_that_says_no_is_surely_not_sent(status: int, outcome: Outcome) -> None:
    with http_double(status, b'{"error": "no way"}') as server:
        result = only(f"ntfy://u:hidden-pw@127.0.0.1:{server.port}/secret-topic").send(SALE)
    assert not isinstance(result, Delivered)
    assert replace(result, reason="") == outcome
    assert str(status) in result.reason
    assert "no way" in result.reason
    for secret in ("hidden-pw", "secret-topic", "127.0.0.1", "Zoë"):
        assert secret not in result.reason


@pytest.mark.parametrize(("status", "outcome"), [(301, Refused("", "channel")), (302, NotSent(""))])
def test_a_redirect_is_not_taken_for_a_delivery(status: int, outcome: Outcome) -> None:
    with http_double() as elsewhere, http_double(status) as server:
        server.location = f"http://127.0.0.1:{elsewhere.port}/"
        result = only(f"ntfy://127.0.0.1:{server.port}/acme").send(SALE)
    assert not isinstance(result, Delivered)
    assert replace(result, reason="") == outcome
    assert str(status) in result.reason
    assert elsewhere.requests == []


def test_nothing_listening_is_surely_not_sent() -> None:
    outcome = only(f"ntfy://127.0.0.1:{closed_port()}/acme").send(SALE)
    assert outcome == NotSent("connection refused")


def test_a_host_without_address_is_surely_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert only("ntfy://no-such-host.invalid/acme").send(SALE) == NotSent("the host name cannot be resolved")


def test_no_answer_in_time_is_unconfirmed() -> None:
    with silent_server() as port:
        assert only(f"ntfy://127.0.0.1:{port}/acme?rto=0.2").send(SALE) == Unconfirmed("no answer in time")


def test_a_connection_lost_after_the_request_is_unconfirmed() -> None:
    with resetting_server() as port:
        outcome = only(f"ntfy://127.0.0.1:{port}/acme").send(SALE)
    assert outcome == Unconfirmed("the connection was lost before an answer")


def test_a_server_without_tls_is_surely_not_sent() -> None:
    with http_double() as server:
        outcome = only(f"ntfys://127.0.0.1:{server.port}/acme").send(SALE)
    assert outcome == NotSent("no TLS connection")


def test_a_failure_that_the_caller_is_handling_is_not_taken_for_this_one() -> None:
    with http_double(403) as server:
        try:
            socket.create_connection(("127.0.0.1", closed_port()))
        except ConnectionRefusedError:
            outcome = only(f"ntfy://127.0.0.1:{server.port}/acme").send(SALE)
    assert isinstance(outcome, Refused)


def test_two_threads_that_send_at_once_hear_their_own_failures() -> None:
    with silent_server() as port, ThreadPoolExecutor(2) as lanes:
        slow = lanes.submit(only(f"ntfy://127.0.0.1:{port}/acme?rto=0.3").send, SALE)
        quick = [lanes.submit(only(f"ntfy://127.0.0.1:{closed_port()}/acme").send, SALE) for _ in range(5)]
    assert slow.result() == Unconfirmed("no answer in time")
    assert [future.result() for future in quick] == [NotSent("connection refused")] * 5


def test_what_a_plugin_raises_becomes_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    target = only("json://127.0.0.1/hook")

    def broken(*_: object, **__: object) -> bool:
        raise KeyError("hidden-token")

    monkeypatch.setattr(NotifyJSON, "send", broken)
    assert target.send(SALE) == Unconfirmed("KeyError")


def test_nothing_that_apprise_logs_leaves_the_door() -> None:
    heard: list[logging.LogRecord] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record)

    root, listening = logging.getLogger(), Listening()
    level = root.level
    root.addHandler(listening)
    root.setLevel(logging.NOTSET)
    try:
        with http_double(500) as server:
            only(f"ntfy://u:hidden-pw@127.0.0.1:{server.port}/acme").send(SALE)
        examine("pover://broken")
    finally:
        root.setLevel(level)
        root.removeHandler(listening)
    assert [record.getMessage() for record in heard] == []


def test_a_long_text_is_cut_with_a_sign_and_sent_once() -> None:
    long = Message(Kind.SALE, "t" * 400, "a line of words\n" * 2000, Urgency.NORMAL)
    with http_double() as server:
        assert only(f"ntfy://127.0.0.1:{server.port}/acme").send(long) == Delivered()
    (request,) = server.requests
    sent = json.loads(request.body)
    assert len(sent["title"]) == 200
    assert sent["title"].endswith("…")
    assert sent["message"].endswith("…")
    assert len(sent["message"].encode()) < 4096


def test_every_recipient_is_a_target() -> None:
    with http_double() as server:
        first, second = open_targets(f"ntfy://127.0.0.1:{server.port}/one/two")
        first.send(SALE)
        assert [json.loads(request.body)["topic"] for request in server.requests] == ["one"]
        second.send(SALE)
    assert [json.loads(request.body)["topic"] for request in server.requests] == ["one", "two"]


@pytest.mark.parametrize(
    ("url", "count"),
    [
        ("ntfy://topic", 1),
        ("ntfys://example.org/a/b/c", 3),
        ("ntfys://example.org/a?to=b,c", 3),
        ("mailto://example.org?from=a@example.org&to=b@example.org,c@example.org", 2),
        ("mailto://example.org/b@example.org?from=a@example.org&cc=c@example.org&bcc=d@example.org", 3),
        ("mailto://example.org/b@example.org/b@example.org?from=a@example.org", 1),
        ("pover://userkeyuserkey@tokentoken/phone/tablet", 1),  # one request: it cannot fail in part
        ("pover://userkeyuserkey@tokentoken/phone/%23groupkeygroupkey", 2),
        ("tgram://123456789:abcdefghijklmnopqrst/11111/22222", 2),
        ("json://example.org/a/b", 1),
        ("dbus://", 1),
    ],
)
def test_as_many_targets_as_recipients(url: str, count: int) -> None:
    assert len(open_targets(url)) == count


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ntfy://", "ntfy needs a topic: ntfy://host/topic"),
        ("ntfy://localhost:2586/", "ntfy needs a topic: ntfy://host/topic"),
        ("ntfys://ntfy.example.org", "ntfy needs a topic: ntfy://host/topic"),
        ("ntfys://ntfy.sh", "ntfy needs a topic: ntfy://host/topic"),
        ("nfty://host/topic", "no service has the scheme nfty://; near it are ntfy://"),
        ("hello", "one begins with a service and ://"),
        ("ntfys://host/topic?verify=no", "verify=no switches the TLS check off"),
        ("pover://hidden-key", "pover://user-key@app-token"),
        ("mailto://", "mailtos://user:password@smtp.example.org"),
        ("ntfy://host/hidden topic!", "topic is invalid"),
        ("kde://", "use dbus://"),
        ("dbus://?urgency=hidden", "emergency, high, normal, low"),
        ("tgram://hidden-token", "as in tgram://bot_token"),
        ("bark://example.org", "Bark needs somebody to send to, as in bark://host/targets"),
    ],
)
def test_a_bad_url_is_told_with_the_next_step_and_without_its_secrets(url: str, problem: str) -> None:
    facts = examine(url)
    assert facts.problem is not None
    assert problem in facts.problem
    assert "hidden" not in facts.problem
    with pytest.raises(ValueError, match=r"."):
        open_targets(url)


@pytest.mark.parametrize(
    "url",
    [
        "ntfy://topic",
        "ntfys://tk_abcdefghijkl@example.org/topic",
        "https://ntfy.sh/topic",
        "mailtos://user:password@example.org?to=a@example.org",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#nuxref",
        "dbus://",
    ],
)
def test_a_good_url_has_no_problem(url: str) -> None:
    assert examine(url).problem is None


@given(
    st.sampled_from(["ntfy", "ntfys", "mailto", "mailtos", "pover", "json", "tgram", "slack", "gotify", "dbus", "no"]),
    st.text(st.sampled_from("ab:@/?#&=%.,+-_ ü\n1"), max_size=30),
)
def test_no_text_makes_it_fail_or_tell(scheme: str, rest: str) -> None:
    facts = examine(f"{scheme}://k3yk3y:hidd3n-w0rd@{rest}")
    assert "hidd3n-w0rd" not in (facts.problem or "")
    assert facts.has_secret


def test_the_macs_notices_are_refused_elsewhere_with_what_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert examine("macosx://").problem == "macosx:// shows notices on macOS; on Linux use dbus://"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert examine("dbus://").problem == "dbus:// shows notices on Linux; on macOS use macosx://"


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("ntfy://example.org/topic", set()),
        ("ntfys://user:p%40ssword@example.org/topic", {"p%40ssword", "p@ssword"}),
        ("ntfys://tk_abcdefghijkl@example.org/topic", {"tk_abcdefghijkl"}),
        ("pover://userkeyuserkey@tokentoken/phone", {"userkeyuserkey", "tokentoken"}),
        ("tgram://123456789:abcdefghij/11111", {"123456789:abcdefghij", "123456789%3Aabcdefghij"}),
        ("jsons://example.org/hooks/T000000000?+Authorization=Bearer%20abcdef", {"T000000000", "abcdef"}),
        ("dbus://", set()),
        ("nonsense://user:hidden@host", {"hidden"}),
    ],
)
def test_secrets_are_found_in_every_spelling(url: str, secrets: set[str]) -> None:
    found = set(secrets_of(url))
    assert secrets <= found
    assert bool(found) == examine(url).has_secret
    if not secrets:
        assert not found


@pytest.mark.parametrize(
    ("url", "seconds"),
    [
        ("ntfy://topic", (5, 10)),
        ("ntfy://topic?cto=1&rto=2", (1, 2)),
        ("mailto://example.org?from=a@example.org&to=b@example.org", (10, 10)),
    ],
)
def test_no_wait_is_long_unless_the_url_asks_for_it(url: str, seconds: tuple[float, float]) -> None:
    service = only(url)._service_for(SALE)
    assert (service.request_timeout, service.request_rate_per_sec) == (seconds, 0)


def test_a_common_scheme_loads_its_own_plugin_alone() -> None:
    script = (
        "import sys; from cashnotifyd.delivery.apprise_door.urls import open_targets;"
        "open_targets('ntfy://topic'); open_targets('dbus://');"
        "print('apprise.plugins.ntfy' in sys.modules, 'apprise.plugins.slack' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


def test_a_plugin_found_by_its_scheme_is_the_one_that_apprise_would_take() -> None:
    from apprise.plugins import N_MGR  # noqa: PLC0415

    from cashnotifyd.delivery.apprise_door.desktop_notice import DesktopNotice  # noqa: PLC0415
    from cashnotifyd.delivery.apprise_door.plugins import _MODULES, _plugin_of  # noqa: PLC0415

    assert {scheme: _plugin_of(scheme) for scheme in _MODULES} == {scheme: N_MGR[scheme] for scheme in _MODULES}
    assert _plugin_of("rocket") is N_MGR["rocket"]
    assert _plugin_of("dbus") is DesktopNotice
