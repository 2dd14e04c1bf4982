-- last_seen_at is when the holder last showed it, to the hour. Of a superseded certificate, works_until is the end of the overlap, in which
-- it still authenticates, and revoke_at is when it is to be revoked; null for never.
ALTER TABLE certificates ADD COLUMN last_seen_at BIGINT NULL;
ALTER TABLE certificates ADD COLUMN works_until BIGINT NULL;
ALTER TABLE certificates ADD COLUMN revoke_at BIGINT NULL;

CREATE INDEX certificates_revoke_at ON certificates (revoke_at) WHERE revoke_at IS NOT NULL;

-- Renewals that were not seen yet.
CREATE INDEX certificates_unconfirmed ON certificates (group_name, issued_at) WHERE holder_kind = 'device' AND state = 'issued';

-- What campaigns and forecasts count, from the index alone.
CREATE INDEX certificates_in_use ON certificates (group_name, reserved_at, serial, not_after)
    WHERE holder_kind = 'device' AND state = 'current';

-- Renewals of a whole group out of turn. certificates is how many there were to renew. One of each group moves windows: the one that is
-- not stopped; one that is over is stopped at its end when the next one begins.
CREATE TABLE campaigns (
    id TEXT NOT NULL PRIMARY KEY,
    group_name TEXT NOT NULL,
    reason TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    certificates BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    stopped_at BIGINT NULL,
    stopped_by TEXT NULL
) /* WITHOUT ROWID */;

CREATE INDEX campaigns_group ON campaigns (group_name, created_at, id);
CREATE UNIQUE INDEX campaigns_active ON campaigns (group_name) WHERE stopped_at IS NULL;

-- prior_state is what a suspended device was, and is again when it is resumed. held_with_device marks the certificates that were put on
-- hold by that: those are released with it, and no others.
ALTER TABLE devices ADD COLUMN prior_state TEXT NULL;
ALTER TABLE certificates ADD COLUMN held_with_device BIGINT NULL;
