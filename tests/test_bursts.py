"""Far too much at once, on the real process: a summary a channel, the emergencies singly, the record complete."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cashnotifyd.simulator import families
from cashnotifyd.simulator.server import Simulator
from tests.running import Receiver, RunningDaemon, until


def peak_memory(process: int) -> float:
    """The most memory that a process has had, in MiB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def states_in(folder: Path) -> dict[str, int]:
    """How many events are in each state."""
    with closing(sqlite3.connect(folder / "cursor.db", timeout=30)) as db:
        return dict(db.execute("SELECT state, count(*) FROM events GROUP BY state").fetchall())


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_five_thousand_sales_at_once(tmp_path: Path) -> None:
    folder, sales = tmp_path, 5000
    async with Simulator() as stripe, Receiver() as receiver:
        shop = stripe.account("acct_1Shop", name="Acme Shop")
        daemon = RunningDaemon(
            folder,
            {
                "poll_interval": "30s",
                "cursor_file": str(folder / "cursor.db"),
                "stripe_api_base": stripe.base,
                "accounts": {"shop": {"api_key": shop.key()}},
                "channels": {name: {"url": receiver.url(name)} for name in ("phone", "mail")},
            },
        )
        async with daemon:
            await receiver.until(lambda: all(receiver.titles(name) for name in ("phone", "mail")))
            assert await daemon.stop() == 0
            for number in range(sales):
                families.charge_sale(shop, amount=1000, currency="eur")
                if number == sales // 2:
                    off = {"id": "acct_1Shop", "object": "account", "charges_enabled": False, "payouts_enabled": True}
                    shop.emit("account.updated", off, previous={"charges_enabled": True})
            await daemon.start()
            await receiver.until(lambda: all(len(receiver.titles(name)) >= 3 for name in ("phone", "mail")), 300)
            assert daemon.process is not None
            # On a busy machine, what adds nothing to the summary may not have been looked at by then.
            await until(lambda: states_in(folder).get("pending", 0) == 0, 300)
            peak = peak_memory(daemon.process.pid)
            assert await daemon.stop() == 0

    for name in ("phone", "mail"):
        _, emergency, summary = receiver.titles(name)
        assert emergency.startswith("Payments switched off")
        assert summary.startswith(f"{sales:,} sales, €{sales * 10:,}.00")
    states = states_in(folder)
    with sqlite3.connect(folder / "cursor.db") as db:
        fates = dict(db.execute("SELECT state, count(*) FROM deliveries GROUP BY state").fetchall())
    db.close()
    assert states.get("pending", 0) == 0
    assert fates == {"delivered": 6, "summarized": 2 * sales}
    print(f"{sales} sales in one poll: {peak:.0f} MiB at most")  # noqa: T201 (the measured figure: pytest -s shows it)
    assert peak < 192
