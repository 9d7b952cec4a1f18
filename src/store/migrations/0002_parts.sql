-- Documents inside documents. `parent` is what a document came with and goes with; the pages say
-- which part of a stack it is, whose file it shares. `asn` is the archive serial number on a label.
ALTER TABLE document ADD COLUMN parent TEXT REFERENCES document (id) ON DELETE SET NULL;
ALTER TABLE document ADD COLUMN first_page INTEGER;
ALTER TABLE document ADD COLUMN last_page INTEGER;
ALTER TABLE document ADD COLUMN asn INTEGER;
CREATE INDEX document_of_parent ON document (parent) WHERE parent IS NOT NULL;
CREATE INDEX document_by_asn ON document (asn) WHERE asn IS NOT NULL;

-- What is inside what: a paper that came with two mails is inside both.
CREATE TABLE part (
    parent   TEXT NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    child    TEXT NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    PRIMARY KEY (parent, child)
) STRICT, WITHOUT ROWID;
CREATE INDEX part_by_child ON part (child);
