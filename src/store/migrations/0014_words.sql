-- What is searched: the words of all documents, each once, and in which documents they stand. A word is
-- looked for in parts (Gebühr in Müllgebühr) among the words, which are few beside the documents.
CREATE TABLE word (
    number INTEGER PRIMARY KEY,
    text   TEXT NOT NULL UNIQUE  -- folded
) STRICT;
CREATE VIRTUAL TABLE word_part USING fts5 (
    text,
    content = 'word', content_rowid = 'number',
    tokenize = 'trigram case_sensitive 1', detail = 'none', columnsize = 0
);
DROP TABLE search;
-- The rowid is the document's number; its words by their numbers, each once.
CREATE VIRTUAL TABLE search USING fts5 (
    words,
    tokenize = 'ascii', detail = 'none', columnsize = 0
);
-- What is erased leaves the index at once, not at its next merge.
INSERT INTO word_part (word_part, rank) VALUES ('secure-delete', 1);
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);

-- Documents whose words are not in there yet, by their numbers.
CREATE TABLE document_to_index (
    number INTEGER PRIMARY KEY
) STRICT;
INSERT INTO document_to_index
    SELECT number FROM document WHERE id IN (SELECT document FROM page);
