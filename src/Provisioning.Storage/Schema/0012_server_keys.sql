-- How often in a row an answer with a key that was made here was lost, and made up for by the next certificate.
ALTER TABLE certificates ADD COLUMN lost_answers BIGINT NOT NULL DEFAULT 0;

-- Approved for a key that is made here, and not for that of the request.
ALTER TABLE approvals ADD COLUMN key_is_made BIGINT NOT NULL DEFAULT 0;

-- The certificate that is revoked with the next one, where an answer was lost.
ALTER TABLE approvals ADD COLUMN replaces BYTEA NULL;
