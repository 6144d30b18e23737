"""`python -m cashnotifyd` is `cashnotifyd`."""

from __future__ import annotations

from cashnotifyd.cli import main

if __name__ == "__main__":
    main()
