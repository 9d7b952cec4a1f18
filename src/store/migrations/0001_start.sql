-- Instants are INTEGER milliseconds since 1970 UTC, days are TEXT (ISO 8601), money is INTEGER
-- hundredths. `visible_to` is NULL for the household, else a JSON array of person ids.

CREATE TABLE secret (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

CREATE TABLE setting (
    name    TEXT PRIMARY KEY,
    value   TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE person (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    folded_name TEXT NOT NULL UNIQUE,
    password    TEXT NOT NULL,
    language    TEXT,
    created_at  INTEGER NOT NULL,
    version     INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    hash       BLOB PRIMARY KEY,
    person     TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    csrf       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    hash       BLOB NOT NULL UNIQUE,
    person     TEXT REFERENCES person (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;

CREATE TABLE first_login (
    hash       BLOB PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;

-- A request that was answered under an Idempotency-Key, kept for a day.
CREATE TABLE idempotency (
    caller   TEXT NOT NULL,
    key      TEXT NOT NULL,
    request  BLOB NOT NULL,
    status   INTEGER NOT NULL,
    response TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (caller, key)
) STRICT;

CREATE TABLE document (
    number       INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    sha256       BLOB NOT NULL,
    title        TEXT NOT NULL,
    media_type   TEXT NOT NULL,
    size         INTEGER NOT NULL,
    origin       TEXT NOT NULL,
    file_name    TEXT NOT NULL,
    stage        TEXT NOT NULL CHECK (stage IN ('received', 'read', 'understood', 'stuck')),
    pages        INTEGER,
    stuck_at     TEXT,
    stuck_reason TEXT,
    received_at  INTEGER NOT NULL,
    deleted_at   INTEGER,
    visible_to   TEXT,
    class        TEXT NOT NULL,
    version      INTEGER NOT NULL,
    -- bookkeeping, not journaled
    attempts     INTEGER NOT NULL DEFAULT 0,
    retry_at     INTEGER NOT NULL DEFAULT 0,
    derive       INTEGER NOT NULL DEFAULT 0,
    -- what lists show, copied from the findings
    kind         TEXT,
    sender       TEXT,
    issue_date   TEXT
) STRICT;
CREATE INDEX document_by_hash ON document (sha256);
CREATE INDEX document_in_work ON document (stage, retry_at) WHERE stage IN ('received', 'read');
CREATE INDEX document_to_derive ON document (derive) WHERE derive = 1;
CREATE INDEX document_stuck ON document (stage) WHERE stage = 'stuck';
CREATE INDEX document_in_trash ON document (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE page (
    document TEXT NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    number   INTEGER NOT NULL,
    source   TEXT NOT NULL,
    width    REAL NOT NULL,
    height   REAL NOT NULL,
    words    TEXT NOT NULL,
    PRIMARY KEY (document, number)
) STRICT, WITHOUT ROWID;

-- What a reading holds beside its pages, as JSON.
CREATE TABLE reading (
    document TEXT PRIMARY KEY REFERENCES document (id) ON DELETE CASCADE,
    rest     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE finding (
    document   TEXT NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    field      TEXT NOT NULL,
    name       TEXT NOT NULL,
    value      TEXT NOT NULL,
    confidence REAL NOT NULL,
    evidence   TEXT,
    claimed_by TEXT NOT NULL,
    PRIMARY KEY (document, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE obligation (
    document TEXT NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    key      TEXT NOT NULL,
    position INTEGER NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (document, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE question (
    document TEXT NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    text     TEXT NOT NULL,
    field    TEXT,
    PRIMARY KEY (document, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE correction (
    document TEXT NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    field    TEXT NOT NULL,
    name     TEXT NOT NULL,
    value    TEXT,
    person   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (document, field, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE task (
    id           TEXT PRIMARY KEY,
    title        TEXT NOT NULL,
    notes        TEXT NOT NULL,
    action       TEXT,
    due          TEXT,
    due_time     TEXT,
    safe_due     TEXT,
    amount       INTEGER,
    currency     TEXT,
    optional     INTEGER NOT NULL,
    remind_at    TEXT NOT NULL,
    assignees    TEXT NOT NULL,
    status       TEXT NOT NULL,
    later_until  INTEGER,
    document     TEXT REFERENCES document (id) ON DELETE CASCADE,
    key          TEXT,
    edited       TEXT NOT NULL,
    arrived_late INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    visible_to   TEXT,
    version      INTEGER NOT NULL,
    -- bookkeeping, not journaled
    plan         INTEGER NOT NULL DEFAULT 1,
    digested     INTEGER NOT NULL DEFAULT 0,
    UNIQUE (document, key)
) STRICT;
CREATE INDEX task_open ON task (status, due);
CREATE INDEX task_to_plan ON task (plan) WHERE plan = 1;
CREATE INDEX task_to_digest ON task (arrived_late, digested) WHERE arrived_late = 1 AND digested = 0;

CREATE TABLE reminder (
    id    TEXT PRIMARY KEY,
    task  TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE,
    slot  TEXT NOT NULL,
    at    INTEGER NOT NULL,
    level TEXT NOT NULL,
    state TEXT NOT NULL,
    UNIQUE (task, slot)
) STRICT;
CREATE INDEX reminder_planned ON reminder (at) WHERE state = 'planned';

CREATE TABLE delivery (
    id           TEXT PRIMARY KEY,
    reminder     TEXT REFERENCES reminder (id) ON DELETE CASCADE,
    -- the tasks of a digest, as a JSON array of ids
    digest       TEXT,
    person       TEXT NOT NULL, -- '' is the household
    channel      TEXT NOT NULL,
    state        TEXT NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    retry_at     INTEGER NOT NULL,
    delivered_at INTEGER,
    created_at   INTEGER NOT NULL,
    UNIQUE (reminder, person, channel)
) STRICT;
CREATE INDEX delivery_waiting ON delivery (channel, retry_at) WHERE state = 'waiting';

CREATE TABLE attempt (
    id          TEXT PRIMARY KEY,
    delivery    TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    outcome     TEXT,
    reason      TEXT
) STRICT;
CREATE INDEX attempt_of_delivery ON attempt (delivery);

CREATE TABLE journal (
    sequence   INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    entity     TEXT NOT NULL,
    entity_id  TEXT NOT NULL,
    version    INTEGER NOT NULL,
    actor      TEXT NOT NULL,
    channel    TEXT NOT NULL,
    change     TEXT NOT NULL,
    fields     TEXT NOT NULL,
    commitment BLOB NOT NULL,
    hash       BLOB NOT NULL
) STRICT;
CREATE INDEX journal_of_entity ON journal (entity, entity_id);
CREATE TRIGGER journal_is_never_changed BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_is_never_shortened BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

CREATE TABLE journal_content (
    sequence INTEGER PRIMARY KEY REFERENCES journal (sequence),
    salt     BLOB NOT NULL,
    content  TEXT NOT NULL
) STRICT;

-- Files whose rows are gone; removed from disk, then from here.
CREATE TABLE blob_to_erase (
    name TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- The folded text of each document; trigrams find parts of compound words.
CREATE VIRTUAL TABLE search USING fts5 (
    title, sender, body,
    content = '', contentless_delete = 1, tokenize = 'trigram'
);
-- What is erased leaves the index at once, not at its next merge.
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
