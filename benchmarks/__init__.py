"""What watching costs, measured: cashnotifyd beside what people would write instead. ``make bench``."""
