"""From a configuration file to the daemon and its end."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from cashnotifyd import __version__, logs
from cashnotifyd.config.loading import ConfigError, Loaded, default_path, load
from cashnotifyd.cursor_file.record import CursorFile
from cashnotifyd.daemon.running import Daemon
from cashnotifyd.delivery.apprise_door.masking import secrets_of
from cashnotifyd.delivery.apprise_door.urls import examine
from cashnotifyd.refusal import Refusal
from cashnotifyd.service_manager import ServiceManager

log = structlog.get_logger(__name__)

_BAD_CONFIGURATION = 78  # EX_CONFIG of sysexits.h


def serve(config: Path | None, log_level: str) -> None:
    """Serve until told to stop.

    Args:
        config: the configuration file; None is the platform's.
        log_level: the name of the least level that is logged.

    Raises:
        Refusal: it cannot start, or not go on. One for bad configuration has an exit status of its own.
    """
    gc.freeze()  # what has been imported stays: the garbage collector need not look through it again and again
    logs.configure((), level=log_level)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # keys are in memory, and a core would take them to the disk

    def read() -> Loaded:
        loaded = load(path, os.environ, examine)
        return replace(loaded, secrets=_secrets_in(loaded))

    try:
        path = config or default_path(os.environ)
        loaded = read()
    except ConfigError as error:
        raise Refusal("the configuration cannot be used", hint=str(error), status=_BAD_CONFIGURATION) from None
    logs.add_secrets(loaded.secrets)
    record = CursorFile.open(loaded.settings.cursor_file)
    log.info("starting", version=__version__, config=str(path), cursor_file=str(record.path))
    daemon = Daemon(loaded, read, record, ServiceManager.from_environment(os.environ))
    try:
        asyncio.run(_serve(daemon))
    finally:
        record.close()
    log.info("stopped")
    if daemon.sends_under_way:
        log.warning("ending with a send under way, which may be sent again", channels=daemon.sends_under_way)


async def _serve(daemon: Daemon) -> None:
    """Run the daemon; a refusal that ends one of its tasks ends it as that refusal, unless it is to end anyway.

    asyncio.run waits for the threads in which names are looked up, up to half a minute where a network swallows the
    questions; here it gets others in their place to wait for.
    """
    loop, threads = asyncio.get_running_loop(), ThreadPoolExecutor(thread_name_prefix="asyncio")
    loop.set_default_executor(threads)
    try:
        await daemon.run()
    except* Refusal as refusals:
        refusal = _first(refusals)
        if not daemon.told_to_stop:
            raise refusal from None
        log.warning("what could not be put on record is done again after the next start", reason=refusal.problem)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        loop.set_default_executor(ThreadPoolExecutor(1))


def _first(group: ExceptionGroup[Refusal]) -> Refusal:
    inner = group.exceptions[0]
    return inner if isinstance(inner, Refusal) else _first(inner)


def _secrets_in(loaded: Loaded) -> tuple[str, ...]:
    """What no log line may contain: the keys and URLs as they were written, and the tokens within the URLs."""
    urls = (channel.url.get_secret_value() for channel in loaded.settings.channels.values())
    heartbeat = loaded.settings.heartbeat
    path = "" if heartbeat is None else urlsplit(heartbeat.get_secret_value()).path.strip("/")
    return (*loaded.secrets, *(secret for url in urls for secret in secrets_of(url)), *([path] if path else ()))
