"""Small servers on loopback that stand for the services, healthy and ill."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit, urlunsplit

import pytest
import requests
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass
class HttpDouble:
    """Answers every request with ``status``, ``headers`` and ``answer``, and keeps the requests.

    ``respond`` answers with status and body instead, where a service has more than one thing to say.
    """

    port: int
    status: int = 200
    answer: bytes = b"{}"
    location: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    respond: Callable[[Request], tuple[int, bytes]] | None = None
    requests: list[Request] = field(default_factory=list)


@contextlib.contextmanager
def http_double(status: int = 200, answer: bytes = b"{}", tls: Path | None = None) -> Iterator[HttpDouble]:
    """A server of HTTP, or of HTTPS with the certificate and key in ``tls``."""

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            request = Request(self.path, dict(self.headers.items()), body, self.command)
            double.requests.append(request)
            status, answer = double.respond(request) if double.respond else (double.status, double.answer)
            self.send_response(status)
            if double.location:
                self.send_header("Location", double.location)
            for name, value in double.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_PUT = do_POST  # noqa: N815 (http.server's names)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        double = HttpDouble(server.server_port, status, answer)
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield double
        finally:
            server.shutdown()
            thread.join()


def lead_all_to(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leads what plugins send to a service's own address to a double: real HTTP, whatever address and TLS they use."""

    class Loopback(requests.adapters.HTTPAdapter):
        def send(
            self,
            request: requests.PreparedRequest,
            *words: Any,  # noqa: ANN401 (requests' own)
            **options: Any,  # noqa: ANN401
        ) -> requests.Response:
            meant = urlsplit(request.url or "")
            request.headers["X-Meant-For"] = str(meant.netloc)
            request.url = urlunsplit(("http", f"127.0.0.1:{port}", str(meant.path), str(meant.query), ""))
            return super().send(request, *words, **options)

    monkeypatch.setattr(requests.Session, "get_adapter", lambda *_, **__: Loopback())


@contextlib.contextmanager
def _raw_server(behave: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)

        def serve() -> None:
            while not ended.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    behave(connection, ended)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            ended.set()
            thread.join()


def silent_server() -> contextlib.AbstractContextManager[int]:
    """Takes the request and never answers."""

    def behave(_: socket.socket, ended: threading.Event) -> None:
        ended.wait()

    return _raw_server(behave)


def resetting_server() -> contextlib.AbstractContextManager[int]:
    """Reads the whole request and resets the connection."""

    def behave(connection: socket.socket, _: threading.Event) -> None:
        with connection.makefile("rb") as stream:
            length = 0
            while (line := stream.readline()) not in {b"\r\n", b""}:
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            stream.read(length)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return _raw_server(behave)


@functools.cache
def _never_listening() -> socket.socket:
    """Bound for as long as the tests run, so that nobody else is given its port and answers there."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    return bound


def closed_port() -> int:
    """Where every connection is refused."""
    port: int = _never_listening().getsockname()[1]
    return port


@dataclass
class MailDouble:
    """A mail server's behaviour; ``data_answer`` of "" hangs up instead of answering, None never answers."""

    port: int = 0
    recipient_answer: str = "250 OK"
    data_answer: str | None = "250 taken"
    mails: list[Envelope] = field(default_factory=list)
    data_seen: threading.Event = field(default_factory=threading.Event)


class OnAnyPort(Controller):
    """On whichever port is free when it begins to listen."""

    def _trigger_server(self) -> None:
        self.port = cast("asyncio.Server", self.server).sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call] # aiosmtpd's


@contextlib.contextmanager
def mail_double(recipient_answer: str = "250 OK", data_answer: str | None = "250 taken") -> Iterator[MailDouble]:
    double = MailDouble(recipient_answer=recipient_answer, data_answer=data_answer)

    class Taking:
        async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
            self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
        ) -> str:
            if double.recipient_answer.startswith("250"):
                envelope.rcpt_tos.append(address)
            return double.recipient_answer

        async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
            double.data_seen.set()
            if double.data_answer:
                double.mails.append(envelope)
                return double.data_answer
            if double.data_answer is None:
                await asyncio.Event().wait()  # until the end cancels it
            cast("asyncio.Transport", server.transport).abort()
            return "421 gone"

    controller = OnAnyPort(Taking(), hostname="127.0.0.1", port=0, ready_timeout=60)
    controller.start()
    double.port = controller.port
    try:
        yield double
    finally:
        controller.stop()


def answering_server(*parts: bytes, and_so_on: bytes = b"") -> contextlib.AbstractContextManager[int]:
    """Reads the whole request, answers ``parts``, and hangs up; or goes on with ``and_so_on`` for ever."""

    def behave(connection: socket.socket, ended: threading.Event) -> None:
        with connection.makefile("rb") as stream:
            length = 0
            while (line := stream.readline()) not in {b"\r\n", b""}:
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            stream.read(length)
        with contextlib.suppress(OSError):
            connection.sendall(b"".join(parts))
            while and_so_on and not ended.wait(0.01):
                connection.sendall(and_so_on)

    return _raw_server(behave)


def dripping_mail_server() -> contextlib.AbstractContextManager[int]:
    """Greets for ever."""

    def behave(connection: socket.socket, ended: threading.Event) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(b"220-")
            while not ended.wait(0.01):
                connection.sendall(b"x")

    return _raw_server(behave)
