-- What a person says of a task beside its line and its day.
ALTER TABLE task ADD COLUMN start TEXT;
ALTER TABLE task ADD COLUMN steps TEXT NOT NULL DEFAULT '[]';
ALTER TABLE task ADD COLUMN labels TEXT NOT NULL DEFAULT '[]';
ALTER TABLE task ADD COLUMN project TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN contact TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN documents TEXT NOT NULL DEFAULT '[]';
ALTER TABLE task ADD COLUMN blocked_by TEXT NOT NULL DEFAULT '[]';
-- What a task that comes again belongs to, as JSON.
ALTER TABLE task ADD COLUMN series TEXT;
