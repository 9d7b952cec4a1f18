-- What the rules left open, as a JSON array of gaps; NULL: nothing, or nothing that a language model
-- should be asked about any more. Tries and the moment of the next are bookkeeping, not journaled.
ALTER TABLE document ADD COLUMN unsure TEXT;
ALTER TABLE document ADD COLUMN ask_attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE document ADD COLUMN ask_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX document_unsure ON document (ask_at) WHERE unsure IS NOT NULL;

-- Calls of a language model: recorded as intended before, and how they ended after.
CREATE TABLE model_call (
    number      INTEGER PRIMARY KEY,
    document    TEXT NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    model       TEXT NOT NULL,
    -- by our own count, and by the server's
    tokens      INTEGER NOT NULL,
    tokens_in   INTEGER,
    tokens_out  INTEGER,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    outcome     TEXT,
    reason      TEXT
) STRICT;
CREATE INDEX model_call_of_document ON model_call (document);

-- What a language model told of a document and its pages say, as JSON; `applied` once the document was
-- understood with it.
CREATE TABLE model_answer (
    document TEXT PRIMARY KEY REFERENCES document (id) ON DELETE CASCADE,
    model    TEXT NOT NULL,
    at       INTEGER NOT NULL,
    told     TEXT NOT NULL,
    applied  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX model_answer_to_apply ON model_answer (document) WHERE applied = 0;
