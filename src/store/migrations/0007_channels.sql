-- Links in messages that were followed; good until then, so kept until then.
CREATE TABLE spent_link (
    hash    BLOB PRIMARY KEY,
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Secret addresses under which a person's calendar is read.
CREATE TABLE feed (
    hash       BLOB PRIMARY KEY,
    person     TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How a member of the household is told things, and where they are reached.
CREATE TABLE manner (
    person  TEXT PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    body    TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which version of a task the calendar server has; 0 for none.
CREATE TABLE calendar_entry (
    task     TEXT PRIMARY KEY REFERENCES task (id) ON DELETE CASCADE,
    version  INTEGER NOT NULL,
    retry_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
