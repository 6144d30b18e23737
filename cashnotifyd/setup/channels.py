"""Whether a channel can be reached, as far as can be told without sending a message."""

from __future__ import annotations

import asyncio
from typing import Final

from cashnotifyd.config.settings import AccountSettings, ChannelSettings, Settings
from cashnotifyd.delivery.apprise_door.endpoints import service_of
from cashnotifyd.delivery.desktop import Desktop, DesktopUnavailable
from cashnotifyd.setup.findings import Finding, ok, problem, unknown, warning
from cashnotifyd.setup.reaching import trouble_reaching


async def examine_channel(channel: ChannelSettings) -> Finding:
    """Connect to where the channel's messages go, and say nothing there."""
    service = service_of(channel.url.get_secret_value())
    if service.desktop:
        return await asyncio.to_thread(_on_desktop)
    if not service.endpoints:
        return unknown("reachable", f"{service.name}: what it takes cannot be seen without sending", _SEND)
    # The one that is meant may be any of several that a service has.
    tried = await asyncio.gather(*(trouble_reaching(endpoint) for endpoint in service.endpoints))
    pairs = list(zip(service.endpoints, tried, strict=True))
    reached = next((endpoint for endpoint, trouble in pairs if trouble is None), None)
    if reached is not None:
        over = " over TLS" if reached.tls else ""
        return ok("reachable", f"{service.name}: {reached.host}:{reached.port} answers{over}")
    endpoint, trouble = pairs[0]
    return problem(
        "reachable",
        f"{service.name}: {endpoint.host}:{endpoint.port} cannot be reached: {trouble}",
        "See that the host and port in the channel's URL are right, that the service runs, and that this machine may"
        " reach it.",
    )


_SEND: Final = "Only a message shows it: cashnotifyd send-test."


def unheard(settings: Settings) -> dict[str, Finding]:
    """The accounts that no channel takes anything of, by id."""
    return {
        account.id: warning(
            "unheard",
            f"no channel is told of this account, which is in {account.mode} mode",
            "Add it to a channel's accounts:, or its mode to modes:, or give it a channel of its own.",
        )
        for account in settings.accounts.values()
        if not any(_takes(channel, account) for channel in settings.channels.values())
    }


def _takes(channel: ChannelSettings, account: AccountSettings) -> bool:
    return (channel.accounts is None or account.id in channel.accounts) and (
        channel.modes is None or account.mode in channel.modes
    )


def _on_desktop() -> Finding:
    desktop = Desktop()
    try:
        return ok("reachable", f"the desktop shows notices ({desktop.server()})")
    except (DesktopUnavailable, TimeoutError) as error:
        return problem(
            "reachable",
            f"no notice can be shown: {str(error) or 'the desktop does not answer'}",
            "A service of your own reaches your desktop (cashnotifyd service install), one of the machine does not.",
        )
    finally:
        desktop.close()
