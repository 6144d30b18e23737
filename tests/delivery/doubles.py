"""Small servers on loopback that stand for the services, healthy and ill."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import cast
from urllib.parse import parse_qs

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass
class HttpDouble:
    """Answers every request with ``status`` and ``answer``, and keeps the requests."""

    port: int
    status: int = 200
    answer: bytes = b"{}"
    location: str | None = None
    requests: list[Request] = field(default_factory=list)


@contextlib.contextmanager
def http_double(status: int = 200, answer: bytes = b"{}") -> Iterator[HttpDouble]:
    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            double.requests.append(Request(self.path, dict(self.headers.items()), body))
            self.send_response(double.status)
            if double.location:
                self.send_header("Location", double.location)
            self.send_header("Content-Length", str(len(double.answer)))
            self.end_headers()
            self.wfile.write(double.answer)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        double = HttpDouble(server.server_port, status, answer)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield double
        finally:
            server.shutdown()
            thread.join()


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
        ended.wait(5)

    return _raw_server(behave)


def resetting_server() -> contextlib.AbstractContextManager[int]:
    """Reads the request and resets the connection."""

    def behave(connection: socket.socket, _: threading.Event) -> None:
        connection.recv(65536)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return _raw_server(behave)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@dataclass
class MailDouble:
    """A mail server's behaviour; ``data_answer`` of "" hangs up instead of answering, None never answers."""

    port: int = 0
    recipient_answer: str = "250 OK"
    data_answer: str | None = "250 taken"
    mails: list[Envelope] = field(default_factory=list)
    data_seen: threading.Event = field(default_factory=threading.Event)


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
                await asyncio.sleep(5)
            cast("asyncio.Transport", server.transport).abort()
            return "421 gone"

    controller = Controller(Taking(), hostname="127.0.0.1", port=closed_port())
    controller.start()
    double.port = controller.port
    try:
        yield double
    finally:
        controller.stop()
