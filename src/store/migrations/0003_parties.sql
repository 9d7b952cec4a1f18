-- Whoever writes to the household, and what was learned of them. A party of some persons' documents is
-- theirs alone.
CREATE TABLE party (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    visible_to TEXT,
    created_at INTEGER NOT NULL,
    version    INTEGER NOT NULL
) STRICT;

-- Names in letters, by which the party is told.
CREATE TABLE party_sign (
    party     TEXT NOT NULL REFERENCES party (id) ON DELETE CASCADE,
    words     TEXT NOT NULL,
    is_taught INTEGER NOT NULL,
    PRIMARY KEY (words, party)
) STRICT, WITHOUT ROWID;

CREATE TABLE party_account (
    party        TEXT NOT NULL REFERENCES party (id) ON DELETE CASCADE,
    iban         TEXT NOT NULL,
    since        INTEGER NOT NULL,
    is_confirmed INTEGER NOT NULL,
    PRIMARY KEY (party, iban)
) STRICT, WITHOUT ROWID;

-- What a person said of a kind that the machine found in this party's letters.
CREATE TABLE party_kind (
    party TEXT NOT NULL REFERENCES party (id) ON DELETE CASCADE,
    found TEXT NOT NULL,
    right TEXT NOT NULL,
    PRIMARY KEY (party, found)
) STRICT, WITHOUT ROWID;

ALTER TABLE document ADD COLUMN party TEXT REFERENCES party (id) ON DELETE SET NULL;
-- What was read, before anything that was learned: the sign of the sender, and the kind.
ALTER TABLE document ADD COLUMN sender_sign TEXT;
ALTER TABLE document ADD COLUMN kind_read TEXT;
CREATE INDEX document_of_party ON document (party) WHERE party IS NOT NULL;
