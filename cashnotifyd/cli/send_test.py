"""``cashnotifyd send-test``: a sample message through the real channel."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import click

from cashnotifyd.cli.checking import Screen, loaded_from
from cashnotifyd.cli.completing import channel_ids
from cashnotifyd.cli.joining import known_channels
from cashnotifyd.cli.options import config_option
from cashnotifyd.config.loading import ConfigError
from cashnotifyd.config.settings import ChannelSettings, Settings
from cashnotifyd.delivery.outcome import Outcome
from cashnotifyd.refusal import Refusal
from cashnotifyd.setup.findings import Finding, Verdict, count
from cashnotifyd.setup.sending import KINDS, Sample, on_outcome, sample_message, send
from cashnotifyd.vocabulary import Kind, Urgency
from cashnotifyd.wording.message import Words

_FAILED: Final = 1
_BAD_CONFIGURATION: Final = 78  # EX_CONFIG of sysexits.h
_CHANNELS_AT_ONCE: Final = 16


@click.command("send-test")
@click.argument("channels", metavar="[CHANNEL]...", nargs=-1, shell_complete=channel_ids)
@click.option(
    "--kind",
    metavar="KIND",
    type=click.Choice([kind.value for kind in KINDS]),
    default=Kind.SALE.value,
    show_default=True,
    help="What it pretends to be, as in the configuration: sale, failed_payment, dispute, …",
)
@click.option(
    "--urgency",
    type=click.Choice([urgency.value for urgency in Urgency]),
    help="How loudly it knocks. Default: as the kind does on that channel.",
)
@config_option
def send_test(channels: tuple[str, ...], kind: str, urgency: str | None, config: Path | None) -> int:
    """Send a sample message through the real channel, to each of its recipients.

    Without a CHANNEL, through all of them. The message says that it is a test. It goes out at once, whatever the
    channel's filters, quiet hours and mutes are, and leaves nothing in the record.

    Exit status: 0 if every recipient's service took it, else 1.
    """
    try:
        settings = loaded_from(config).settings
    except ConfigError as error:
        raise Refusal("the configuration cannot be used", hint=str(error), status=_BAD_CONFIGURATION) from None
    asked = known_channels(channels, settings) or tuple(settings.channels)
    sample = Sample(Kind(kind), None if urgency is None else Urgency(urgency))
    outcomes = _sent({id_: settings.channels[id_] for id_ in asked}, sample, settings)
    findings = [finding for id_, found in outcomes.items() for finding in told(id_, found)]
    Screen().findings(findings)
    return _FAILED if count(findings, Verdict.PROBLEM) else 0


def told(channel: str, outcomes: list[Outcome]) -> list[Finding]:
    """A line for each recipient. They are numbered as in the URL: an address may be a secret."""
    lines = []
    for number, outcome in enumerate(outcomes, start=1):
        who = channel if len(outcomes) == 1 else f"{channel}, recipient {number} of {len(outcomes)}"
        found = on_outcome(outcome)
        lines.append(Finding(found.name, found.verdict, f"{who}: {found.text}", found.next_step))
    return lines


def _sent(channels: Mapping[str, ChannelSettings], sample: Sample, settings: Settings) -> dict[str, list[Outcome]]:
    words, now = Words(settings.locale, settings.timezone), time.time()

    def one(channel: ChannelSettings) -> list[Outcome]:
        pretended = Sample(sample.kind, sample.urgency or channel.urgencies.get(sample.kind))
        return send(channel.url.get_secret_value(), sample_message(pretended, words, channel.details, now))

    with ThreadPoolExecutor(_CHANNELS_AT_ONCE, thread_name_prefix="send") as threads:
        return dict(zip(channels, threads.map(one, channels.values()), strict=True))
