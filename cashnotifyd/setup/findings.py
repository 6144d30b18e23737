"""What was found, in words for people and with a name for scripts; and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How it stands with one thing."""

    OK = "ok"
    WARNING = "warning"
    """It works, and something could be better."""
    PROBLEM = "problem"
    """It does not work."""
    UNKNOWN = "unknown"
    """It was not looked at, or cannot be seen from here."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. ``name`` stays the same from version to version; ``next_step`` is empty if all is well.

    The texts hold no secret.
    """

    name: str
    verdict: Verdict
    text: str
    next_step: str = ""


def ok(name: str, text: str) -> Finding:
    """All is well."""
    return Finding(name, Verdict.OK, text)


def warning(name: str, text: str, next_step: str) -> Finding:
    """It works, and something could be better."""
    return Finding(name, Verdict.WARNING, text, next_step)


def problem(name: str, text: str, next_step: str) -> Finding:
    """It does not work."""
    return Finding(name, Verdict.PROBLEM, text, next_step)


def unknown(name: str, text: str, next_step: str = "") -> Finding:
    """It was not looked at."""
    return Finding(name, Verdict.UNKNOWN, text, next_step)


def count(findings: Iterable[Finding], verdict: Verdict) -> int:
    """How many of them say so."""
    return sum(finding.verdict is verdict for finding in findings)
