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
    """
    -- Messages of no account (summaries, digests, what is said of a channel), what things came to, and whom a message
    -- reaches how loudly. Rebuilt, since SQLite cannot change a column.
    --   variant, amount, currency    what happened, in the minor unit
    --   fee, net, settled_in         what came of it on the balance, which may be in another currency
    CREATE TABLE new_occurrences (
        id INTEGER PRIMARY KEY,
        account INTEGER REFERENCES accounts,
        mode TEXT,
        family TEXT NOT NULL,
        kind TEXT NOT NULL,
        variant TEXT,
        amount INTEGER,
        currency TEXT,
        fee INTEGER,
        net INTEGER,
        settled_in TEXT,
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
        icon_path TEXT,
        picture TEXT
    );
    INSERT INTO new_occurrences (id, account, mode, family, kind, created, told_at, title, body, masked_title,
            masked_body, private_title, private_body, urgency, link, icon_url, icon_path)
        SELECT id, account, (SELECT mode FROM accounts a WHERE a.id = account), family, kind, created, told_at, title,
            body, masked_title, masked_body, private_title, private_body, urgency, link, icon_url, icon_path
        FROM occurrences;
    DROP TABLE occurrences;
    ALTER TABLE new_occurrences RENAME TO occurrences;
    CREATE INDEX occurrences_by_time ON occurrences (account, created);

    --   declined     the named reason says why the channel was not to have it
    --   summarized   told as a part of the occurrence that summary names; reason says why
    -- stream says which deliveries count together when a burst is looked for; summaries have none.
    CREATE TABLE new_deliveries (
        id INTEGER PRIMARY KEY,
        occurrence INTEGER NOT NULL REFERENCES occurrences,
        channel TEXT NOT NULL,
        target INTEGER NOT NULL DEFAULT 0,
        urgency TEXT,
        stream TEXT,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'summarized', 'abandoned', 'declined')),
        reason TEXT,
        summary INTEGER REFERENCES occurrences,
        attempts INTEGER NOT NULL DEFAULT 0,
        unconfirmed INTEGER NOT NULL DEFAULT 0,
        created REAL NOT NULL,
        due REAL,
        finished REAL,
        UNIQUE (occurrence, channel, target)
    );
    INSERT INTO new_deliveries (id, occurrence, channel, target, urgency, stream, state, reason, attempts, unconfirmed,
            created, due, finished)
        SELECT d.id, d.occurrence, d.channel, d.target, o.urgency,
            o.mode || CASE o.kind WHEN 'failed_payment' THEN ' failures' ELSE '' END,
            d.state, d.reason, d.attempts, d.unconfirmed, d.created, d.due, d.finished
        FROM deliveries d JOIN occurrences o ON o.id = d.occurrence;
    DROP TABLE deliveries;
    ALTER TABLE new_deliveries RENAME TO deliveries;
    CREATE INDEX deliveries_waiting ON deliveries (channel, id) WHERE state = 'waiting';
    CREATE INDEX deliveries_emergencies ON deliveries (channel, id) WHERE state = 'waiting' AND urgency = 'emergency';
    CREATE INDEX deliveries_due ON deliveries (channel, due) WHERE state = 'waiting';
    CREATE INDEX deliveries_abandoned ON deliveries (channel) WHERE state = 'abandoned';
    CREATE INDEX deliveries_recent ON deliveries (channel, created);
    CREATE INDEX deliveries_of_summary ON deliveries (summary) WHERE summary IS NOT NULL;

    -- about is 'account 3' or 'channel phone'.
    CREATE TABLE new_alerts (
        about TEXT NOT NULL,
        name TEXT NOT NULL,
        since REAL NOT NULL,
        PRIMARY KEY (about, name)
    ) WITHOUT ROWID;
    INSERT INTO new_alerts SELECT 'account ' || account, name, since FROM alerts;
    DROP TABLE alerts;
    ALTER TABLE new_alerts RENAME TO alerts;

    -- The last time that nothing was seen for long: the daemon was off, asleep or without a network.
    ALTER TABLE accounts ADD COLUMN away_since REAL;
    ALTER TABLE accounts ADD COLUMN away_until REAL;

    -- Channels that are to be silent for a while, '' for all of them; drops: what comes meanwhile is not told there.
    -- A row that is over stays until the next one: what it held back says why.
    CREATE TABLE mutes (
        channel TEXT PRIMARY KEY NOT NULL,
        since REAL NOT NULL,
        until REAL NOT NULL,
        drops INTEGER NOT NULL
    ) WITHOUT ROWID;

    -- The digests of a channel that have been made: the end of the last period, or, before the first one, of the last
    -- that there is to be none for. A day of the calendar, as its midnight in UTC (s): time zones may change.
    CREATE TABLE digests (
        channel TEXT NOT NULL,
        every TEXT NOT NULL,
        until REAL NOT NULL,
        PRIMARY KEY (channel, every)
    ) WITHOUT ROWID;
    """,
    """
    -- For people who ask what happened, and for counting charges: neither has to read the events themselves.
    CREATE INDEX occurrences_by_kind ON occurrences (kind, account, created);
    CREATE INDEX events_newest ON events (created);
    CREATE INDEX events_of_history ON events (account, created) WHERE state = 'history';
    DROP INDEX events_by_time;
    CREATE INDEX events_by_time ON events (account, created, type);
    """,
    """
    -- What was left of an account's budget of reads, and when (s since 1970 UTC): a restart gives no new credit.
    ALTER TABLE accounts ADD COLUMN reads_left REAL;
    ALTER TABLE accounts ADD COLUMN reads_left_at REAL;
    """,
    """
    -- When the first whole walk over an account was (s since 1970 UTC): it is asked oftener for a while.
    ALTER TABLE accounts ADD COLUMN met_at REAL;
    """,
)
