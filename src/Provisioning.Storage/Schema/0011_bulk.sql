-- Revocations and releases of many certificates. A preview is good for one job: its token is kept as a hash, and its row goes with the
-- confirmation. number marks the certificates that a job has changed. The cursor is the place of the last certificate, or on a list, that
-- was dealt with; it moves in the transaction that deals with them. until_at is when it began: what is reserved later does not concern it,
-- unless it was renewed from what does. lease_owner works on it until lease_until.
CREATE TABLE revocation_previews (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    reason BIGINT NULL,
    definition TEXT NOT NULL,
    certificates BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at BIGINT NOT NULL
) /* WITHOUT ROWID */;

CREATE TABLE revocation_jobs (
    id TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    token_hash BYTEA NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    reason BIGINT NULL,
    definition TEXT NOT NULL,
    state TEXT NOT NULL,
    previewed BIGINT NOT NULL,
    certificates BIGINT NOT NULL,
    done BIGINT NOT NULL DEFAULT 0,
    failed BIGINT NOT NULL DEFAULT 0,
    phase TEXT NOT NULL DEFAULT 'walk',
    cursor_at BIGINT NULL,
    cursor_serial BYTEA NULL,
    cursor_position BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    approved_at BIGINT NULL,
    approved_by TEXT NULL,
    until_at BIGINT NULL,
    ended_at BIGINT NULL,
    stopped_by TEXT NULL,
    lease_owner TEXT NULL,
    lease_until BIGINT NULL
) /* WITHOUT ROWID */;

CREATE INDEX revocation_jobs_created ON revocation_jobs (created_at, id);
CREATE INDEX revocation_jobs_running ON revocation_jobs (id) WHERE state = 'running';

-- The job that a certificate owes its state to. What it put on hold is found by it.
ALTER TABLE certificates ADD COLUMN revocation_job BIGINT NULL;
CREATE INDEX certificates_held_by_job ON certificates (revocation_job, reserved_at, serial) WHERE state = 'held' AND revocation_job IS NOT NULL;

-- What a registrar has revoked on a day.
ALTER TABLE registrar_days ADD COLUMN revoked BIGINT NOT NULL DEFAULT 0;
