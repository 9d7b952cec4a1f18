-- bookkeeping, not journaled, all of it

-- Whether a notification that Home Assistant shows was taken away again.
ALTER TABLE delivery ADD COLUMN cleared INTEGER NOT NULL DEFAULT 0;
CREATE INDEX delivery_shown ON delivery (id)
 WHERE cleared = 0 AND attempts > 0 AND channel IN ('home_assistant', 'home_notice');

-- Held back until somebody leaves home or is there; said all the same at retry_at.
ALTER TABLE delivery ADD COLUMN held TEXT;
CREATE INDEX delivery_held ON delivery (person, held) WHERE state = 'waiting' AND held IS NOT NULL;

-- Which item of a Home Assistant list belongs to which task, and what both sides last agreed on.
CREATE TABLE home_item (
    task          TEXT PRIMARY KEY REFERENCES task (id) ON DELETE CASCADE,
    list          TEXT NOT NULL,
    -- none: it was asked for, and nobody knows yet what it is called there
    uid           TEXT UNIQUE,
    title         TEXT NOT NULL,
    due           TEXT,
    due_time      TEXT,
    is_done       INTEGER NOT NULL,
    -- it was in the list first
    is_theirs     INTEGER NOT NULL,
    missing_since INTEGER,
    -- somebody took it from the list, though the task is open
    is_dismissed  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Which version of a task a calendar of Home Assistant shows, and on which day; 0 for one that may be there.
CREATE TABLE home_event (
    task     TEXT PRIMARY KEY REFERENCES task (id) ON DELETE CASCADE,
    calendar TEXT NOT NULL,
    day      TEXT,
    version  INTEGER NOT NULL,
    retry_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
