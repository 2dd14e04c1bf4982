-- last_seen_at is when the holder last showed it, to the hour. Of a superseded certificate, works_until is the end of the overlap, in which
-- it still authenticates, and revoke_at is when it is to be revoked; null for never.
ALTER TABLE certificates ADD COLUMN last_seen_at BIGINT NULL;
ALTER TABLE certificates ADD COLUMN works_until BIGINT NULL;
ALTER TABLE certificates ADD COLUMN revoke_at BIGINT NULL;

CREATE INDEX certificates_revoke_at ON certificates (revoke_at) WHERE revoke_at IS NOT NULL;

-- Renewals that were not seen yet.
CREATE INDEX certificates_unconfirmed ON certificates (group_name, issued_at) WHERE holder_kind = 'device' AND state = 'issued';
