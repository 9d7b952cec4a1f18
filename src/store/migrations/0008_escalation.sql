-- What one delivery speaks about, and what was said about a task: the same rows.
CREATE TABLE delivery_item (
    delivery   TEXT NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    task       TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE,
    slot       TEXT NOT NULL,
    level      TEXT NOT NULL,
    reach      TEXT NOT NULL,
    instead_of TEXT,
    said_at    INTEGER NOT NULL,
    PRIMARY KEY (delivery, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_item_of_task ON delivery_item (task);
INSERT INTO delivery_item (delivery, position, task, slot, level, reach, said_at)
SELECT d.id, 0, r.task, r.slot, r.level, 'assignees', d.created_at
  FROM delivery d JOIN reminder r ON r.id = d.reminder;
-- A message that only shows that a channel works.
ALTER TABLE delivery ADD COLUMN is_test INTEGER NOT NULL DEFAULT 0;

ALTER TABLE task ADD COLUMN pinned TEXT;
ALTER TABLE task ADD COLUMN acknowledged_at INTEGER;
ALTER TABLE task ADD COLUMN muted_until INTEGER;
-- bookkeeping, not journaled: when to look whether somebody must be told
ALTER TABLE task ADD COLUMN look_at INTEGER;
CREATE INDEX task_to_look ON task (look_at) WHERE look_at IS NOT NULL;
UPDATE task SET look_at = 0 WHERE status = 'open';
