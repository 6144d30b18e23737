"""Microsoft Teams as a service of Apprise whose card shows a long title whole."""

from __future__ import annotations

from typing import Any

from apprise import NotifyType
from apprise.plugins.workflows import NotifyWorkflows


class TeamsNotice(NotifyWorkflows):
    """Apprise's card with a title that goes on in a second line; its own is cut at the edge of the card.

    The URL decides first: ``wrap=no`` cuts both, and ``template=`` is a card of somebody else's making.
    """

    def gen_payload(
        self,
        body: str,
        title: str = "",
        notify_type: NotifyType = NotifyType.INFO,
        **more: Any,  # noqa: ANN401 (whatever Apprise hands on)
    ) -> Any:  # noqa: ANN401 (JSON, or False for a template that cannot be used)
        """The request's JSON."""
        payload = super().gen_payload(body, title, notify_type, **more)
        if not self.template:
            for block in payload["attachments"][0]["content"]["body"]:
                if block["type"] == "TextBlock":
                    block["wrap"] = self.wrap
        return payload
