"""The cursor file: dedup set, cursor, outbox and history in one SQLite file. The only door to SQLite.

``record`` is the door; ``values`` is what goes in and out by it, and loads no SQLite. Behind the door ``locking`` keeps
a second daemon out, ``opening`` finds the file sound or refuses it, ``schema`` makes its tables, and the others hold
the statements, each those on one matter.

Each capital step of an event's trip is one transaction here, so that the four can never disagree::

    record_page   events, low-water mark        (nothing is understood that is not recorded)
    tell          occurrences, their deliveries (nothing is sent that is not recorded)
    mark_…        one delivery                  (nothing is marked that was not sent)
"""
