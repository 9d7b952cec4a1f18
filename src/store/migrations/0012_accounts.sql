-- The account of Home Assistant as which a person comes in through its sidebar.
ALTER TABLE person ADD COLUMN account TEXT;
CREATE UNIQUE INDEX person_account ON person (account) WHERE account IS NOT NULL;
