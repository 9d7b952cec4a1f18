-- When a person first looked at a document. What was here before promises were made counts as seen.
ALTER TABLE document ADD COLUMN looked_at INTEGER;
UPDATE document SET looked_at = received_at;
CREATE INDEX document_unseen ON document (kind) WHERE looked_at IS NULL;

-- bookkeeping, not journaled: how a channel has done lately.
CREATE TABLE channel (
    name          TEXT PRIMARY KEY,
    delivered_at  INTEGER,
    failed_at     INTEGER,
    reason        TEXT,
    failing_since INTEGER
) STRICT, WITHOUT ROWID;

-- 0: goes its way; 1: wants another way; 2: has one, or there is none.
ALTER TABLE delivery ADD COLUMN astray INTEGER NOT NULL DEFAULT 0;
-- The first delivery of the same message, where this one goes another way.
ALTER TABLE delivery ADD COLUMN stands_in_for TEXT;
CREATE INDEX delivery_astray ON delivery (id) WHERE astray = 1;
CREATE INDEX delivery_stand_in ON delivery (stands_in_for) WHERE stands_in_for IS NOT NULL;
