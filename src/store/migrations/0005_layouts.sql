-- What the reader saw of a document beside its claims: where which words stand, values that may have a
-- role, the sender's own marks. By it a correction becomes an example.
CREATE TABLE trace (
    document TEXT PRIMARY KEY REFERENCES document (id) ON DELETE CASCADE,
    body     TEXT NOT NULL
) STRICT;

-- What speaks for a claim.
ALTER TABLE finding ADD COLUMN why TEXT;

-- VAT numbers and domains from letterheads and footers. One that several parties have tells none.
CREATE TABLE party_mark (
    party TEXT NOT NULL REFERENCES party (id) ON DELETE CASCADE,
    mark  TEXT NOT NULL,
    PRIMARY KEY (mark, party)
) STRICT, WITHOUT ROWID;

-- Where a person said that a value stands: in the letters of a party, or of whoever lays them out so.
CREATE TABLE example (
    id         TEXT PRIMARY KEY,
    party      TEXT REFERENCES party (id) ON DELETE CASCADE,
    document   TEXT REFERENCES document (id) ON DELETE SET NULL,
    visible_to TEXT,
    sketch     TEXT NOT NULL,
    role       TEXT NOT NULL,
    name       TEXT NOT NULL,
    place      TEXT NOT NULL,
    instead_of TEXT,
    person     TEXT,
    at         INTEGER NOT NULL,
    version    INTEGER NOT NULL
) STRICT;
CREATE INDEX example_of_party ON example (party);
CREATE INDEX example_of_document ON example (document);
