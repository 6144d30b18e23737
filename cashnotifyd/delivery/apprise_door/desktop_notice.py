"""Desktop notices as a service of Apprise, so that a channel of theirs has a URL like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from apprise import NotifyBase, NotifyType
from apprise.exception import AppriseImproperlyConfigured

from cashnotifyd.delivery.desktop import Desktop
from cashnotifyd.vocabulary import Urgency

APP_NAME: Final = "cashnotifyd"


class DesktopNotice(NotifyBase):
    """Apprise's view of :mod:`cashnotifyd.delivery.desktop`."""

    service_name: str = "Desktop"  # type: ignore[assignment]  # (Apprise declares these as None)
    protocol: str = "dbus"  # type: ignore[assignment]
    request_rate_per_sec = 0
    title_maxlen = 250
    body_maxlen = 2000  # a longer one would cover the screen
    templates: tuple[str, ...] = ("{schema}://",)  # type: ignore[assignment]

    def __init__(
        self,
        urgency: str | None = None,
        icon: str | None = None,
        link: str | None = None,
        desktop: Desktop | None = None,
        **kwargs: Any,  # noqa: ANN401 (whatever a URL says)
    ) -> None:
        super().__init__(**kwargs)
        self.icon = None if icon is None else Path(icon)
        self.link = link
        self._desktop = desktop or Desktop()
        try:
            self.urgency = Urgency(urgency or Urgency.NORMAL)
        except ValueError:
            raise AppriseImproperlyConfigured("the urgency is none of emergency, high, normal, low") from None

    def send(self, body: str, title: str = "", notify_type: NotifyType = NotifyType.INFO, **_: object) -> bool:
        """Shows one notice. Raises what :meth:`cashnotifyd.delivery.desktop.Desktop.notify` raises."""
        del notify_type
        self._desktop.notify(title, body, urgency=self.urgency, icon=self.icon, link=self.link, app_name=APP_NAME)
        return True

    @staticmethod
    def parse_url(url: str, *_: object, **__: object) -> dict[str, Any] | None:
        """``dbus://`` needs nothing more; ``?urgency=`` fixes the urgency of all its notices."""
        arguments = NotifyBase.parse_url(url, verify_host=False)
        if arguments:
            # There is an instance for each message, and one desktop for all: it remembers which link a click opens.
            arguments["desktop"] = Desktop()
        if arguments and (urgency := arguments["qsd"].get("urgency") or arguments["qsd"].get("priority")):
            arguments["urgency"] = unquote(urgency).strip().lower()
        return arguments
