"""What is written from the figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import figures, report
from benchmarks.figures import Figures, Function, Profile
from benchmarks.fit import exponent

FOUND = Figures(
    {"Processor": "one"},
    {
        "empty poll (ms)": {
            "cashnotifyd": [0.2, 0.3, 0.9],
            "cashnotifyd before": [10.0],
            "sdk": [0.6],
            "sdk_raw": [0.25],
        },
        "one-event poll, delivery recorded (ms)": {"cashnotifyd": [1.4]},
        "look-alike's CPU a poll (ms)": {"sdk": [0.05]},
    },
    {
        "poll by accounts (ms)": {"cashnotifyd": [(1, 0.3), (10, 0.3), (1000, 0.3)]},
        "RSS by accounts (MiB)": {"cashnotifyd": [(1, 50.0), (1000, 120.0)], "sdk": [(1, 40.0), (1000, 90.0)]},
        "recorded by backlog (events/s)": {"cashnotifyd": [(100, 4000.0), (100_000, 6000.0)]},
        "CPU an event by backlog, told (ms)": {"cashnotifyd": [(100, 0.5), (100_000, 0.6)]},
    },
    {
        "pages": {
            "cashnotifyd": Profile(
                8, 800, [Function("json.loads", 8, 0.5, 0.5)], [Function("sqlite3.execute", 8, 0.1, 0.2)]
            )
        }
    },
)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_the_exponent_is_that_of_the_power(power: float) -> None:
    assert exponent([(size, 3 * size**power) for size in (1, 10, 100, 5000)]) == pytest.approx(power)


def test_what_was_aimed_at_is_met_or_not(tmp_path: Path) -> None:
    report.write(FOUND, tmp_path / "page.md", tmp_path)
    lines = (tmp_path / "page.md").read_text().splitlines()
    verdicts = {line.split(" | ")[0].removeprefix("| "): line.split(" | ")[-1] for line in lines}
    assert verdicts["CPU an empty poll, everything included (ms)"] == "met |"
    assert verdicts["… what a person would write (a) takes, against it"] == "**not met** |"
    assert verdicts["RSS, 1,000 accounts (MiB)"] == "**not met** |"
    assert verdicts["RSS, 10,000 accounts (MiB)"] == "not measured |"
    assert verdicts["Catch-up of 100,000 events, recorded (events/s)"] == "met |"
    assert verdicts["Cost a poll by accounts, exponent (±)"] == "met |"


def test_the_median_counts_and_others_stand_beside_ours(tmp_path: Path) -> None:
    report.write(FOUND, tmp_path / "page.md", tmp_path)
    text = (tmp_path / "page.md").read_text()
    assert "| CPU, empty poll (ms) | 0.3 | 0.6 (2 x) | 0.25 (0.833 x) |" in text
    assert "| polls a second and core | 3,330 | 1,670 (0.5 x) | 4,000 (1.2 x) |" in text
    assert "@" not in text


@pytest.mark.slow
def test_the_same_figures_give_the_same_files(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        report.write(FOUND, tmp_path / folder / "page.md", tmp_path / folder)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert {"accounts.svg", "backlog.svg", "empty-poll.svg", "memory.svg", "page.md"} <= set(names)
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_figures_are_kept_and_what_is_measured_again_takes_their_place(tmp_path: Path) -> None:
    figures.write(tmp_path / "figures.json", FOUND)
    kept = figures.read(tmp_path / "figures.json")
    assert kept == FOUND
    newer = Figures({"Processor": "two"}, {"empty poll (ms)": {"cashnotifyd": [0.1]}})
    both = kept.taking(newer)
    assert both.machine == {"Processor": "two"}
    assert both.rounds["empty poll (ms)"] == {"cashnotifyd": [0.1]}
    assert both.curves == FOUND.curves


def test_the_page_is_what_its_figures_say() -> None:
    assert report.page(figures.read(report.FOLDER / "figures.json")) == report.DOCUMENT.read_text("utf-8")
