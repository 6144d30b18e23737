"""The tables of the cursor file, as the migrations that make them.

A migration is never edited once it has been released: the next one mends it. ``PRAGMA user_version`` counts those
applied; ``PRAGMA application_id`` tells our files from anybody else's.
"""

from __future__ import annotations

APPLICATION_ID = 0x63617368  # "cash"

MIGRATIONS: tuple[str, ...] = (
    """
    -- One row for each Stripe account and mode that was ever watched. low_water is NULL until the first contact is
    -- whole; it is the newest event's `created` (s) up to which a whole walk has recorded everything.
    -- Events at or before watched_from (s) happened before this account was watched.
    -- icon_link is the public link to the file icon_file of Stripe's: it is made once.
    CREATE TABLE accounts (
        id INTEGER PRIMARY KEY,
        config_id TEXT NOT NULL,
        mode TEXT NOT NULL,
        stripe_id TEXT,
        name TEXT,
        icon_file TEXT,
        icon_link TEXT,
        key_print TEXT NOT NULL,
        low_water INTEGER,
        watched_from INTEGER NOT NULL DEFAULT 0,
        polled_at REAL
    );

    -- Every event ever listed: the set that de-duplicates, the inbox (pending) and the history in one.
    --   older    before the first contact's history: only the id is remembered
    --   history  listed at the first contact, never told
    --   pending  recorded, not yet understood
    --   told     part of an occurrence
    --   untold   understood, makes no message: reason says why
    CREATE TABLE events (
        number INTEGER PRIMARY KEY,
        account INTEGER NOT NULL REFERENCES accounts,
        id TEXT NOT NULL,
        created INTEGER NOT NULL,
        type TEXT NOT NULL,
        recorded_at REAL NOT NULL,
        payload TEXT,
        state TEXT NOT NULL CHECK (state IN ('older', 'history', 'pending', 'told', 'untold')),
        reason TEXT,
        occurrence INTEGER REFERENCES occurrences
    );
    CREATE UNIQUE INDEX events_by_id ON events (id, account);
    CREATE INDEX events_by_time ON events (account, created);
    CREATE INDEX events_pending ON events (account, created, id) WHERE state = 'pending';
    CREATE INDEX events_of_occurrence ON events (occurrence) WHERE occurrence IS NOT NULL;

    -- What was understood, in the words in which it was told. All three wordings are kept, whatever the channels are
    -- set to: what waits when a channel is made discreet must not go out in full.
    CREATE TABLE occurrences (
        id INTEGER PRIMARY KEY,
        account INTEGER NOT NULL REFERENCES accounts,
        family TEXT NOT NULL,
        kind TEXT NOT NULL,
        created INTEGER NOT NULL,
        told_at REAL NOT NULL,
        title TEXT NOT NULL,
        body TEXT NOT NULL,
        masked_title TEXT NOT NULL,
        masked_body TEXT NOT NULL,
        private_title TEXT NOT NULL,
        private_body TEXT NOT NULL,
        urgency TEXT NOT NULL,
        link TEXT,
        icon_url TEXT,
        icon_path TEXT
    );
    CREATE INDEX occurrences_by_time ON occurrences (account, created);

    -- The ids by which a later event is recognised as a sibling; a name belongs to one fact, a hint to several.
    CREATE TABLE facts (
        account INTEGER NOT NULL,
        family TEXT NOT NULL,
        ref TEXT NOT NULL,
        occurrence INTEGER NOT NULL REFERENCES occurrences,
        is_name INTEGER NOT NULL,
        PRIMARY KEY (account, family, ref, occurrence)
    ) WITHOUT ROWID;
    CREATE INDEX facts_of_occurrence ON facts (occurrence);

    -- The outbox, and afterwards the record of who was told what. declined: the named reason says why a channel
    -- was not to have it. due, created and finished are seconds since 1970 UTC.
    CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY,
        occurrence INTEGER NOT NULL REFERENCES occurrences,
        channel TEXT NOT NULL,
        target INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'abandoned', 'declined')),
        reason TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        unconfirmed INTEGER NOT NULL DEFAULT 0,
        created REAL NOT NULL,
        due REAL,
        finished REAL,
        UNIQUE (occurrence, channel, target)
    );
    CREATE INDEX deliveries_waiting ON deliveries (channel, id) WHERE state = 'waiting';

    -- What is wrong with an account and has been told; the row goes when all is well again.
    CREATE TABLE alerts (
        account INTEGER NOT NULL REFERENCES accounts,
        name TEXT NOT NULL,
        since REAL NOT NULL,
        PRIMARY KEY (account, name)
    ) WITHOUT ROWID;

    -- Requests answered by Stripe, a row for each account and UTC day (days since 1970).
    CREATE TABLE reads (
        account INTEGER NOT NULL REFERENCES accounts,
        day INTEGER NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (account, day)
    ) WITHOUT ROWID;
    """,
)
