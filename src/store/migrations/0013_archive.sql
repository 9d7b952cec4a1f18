-- Lists and counts cost the same with a hundred documents and with a hundred thousand.
CREATE INDEX task_listed ON task (status, coalesce(due, '9999'), id);
CREATE INDEX task_listed_all ON task (coalesce(due, '9999'), id);
DROP INDEX task_open;
CREATE INDEX task_open ON task (status, due, visible_to);
CREATE INDEX document_stages ON document (stage, visible_to) WHERE deleted_at IS NULL;
CREATE INDEX document_of_kind ON document (kind) WHERE deleted_at IS NULL;
CREATE INDEX document_received ON document (received_at);
-- The plan looks at tasks, never at moments: each of them was written there for nobody.
DROP INDEX reminder_planned;
