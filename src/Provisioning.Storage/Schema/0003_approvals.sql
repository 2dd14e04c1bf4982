-- Enrollments that wait for an administrator. request_hash is over everything that is approved; serial is the certificate that
-- an approval was used for.
CREATE TABLE approvals (
    id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    device_id TEXT NOT NULL,
    group_name TEXT NOT NULL,
    group_version BIGINT NOT NULL,
    slot TEXT NOT NULL,
    lot TEXT NULL,
    requester TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    key_thumbprint BYTEA NOT NULL,
    request BYTEA NOT NULL,
    attributes TEXT NULL,
    requested_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    decided_at BIGINT NULL,
    decided_by TEXT NULL,
    reason TEXT NULL,
    serial BYTEA NULL
) /* WITHOUT ROWID */;

CREATE INDEX approvals_request ON approvals (requester, request_hash, requested_at);
CREATE INDEX approvals_requested ON approvals (requested_at, id);
CREATE INDEX approvals_expires ON approvals (expires_at);
CREATE INDEX approvals_pending ON approvals (device_id, requester) WHERE state = 'pending';
CREATE INDEX approvals_pending_requester ON approvals (requester, expires_at) WHERE state = 'pending';
CREATE INDEX approvals_queue ON approvals (requested_at, id) WHERE state = 'pending';
CREATE INDEX approvals_serial ON approvals (serial) WHERE serial IS NOT NULL;

-- Why devices were refused, the same reason of a day in one row. day is days since 1970-01-01 in UTC. is_registered tells whether the
-- device was in the registry then.
CREATE TABLE refusals (
    device_id TEXT NOT NULL,
    day BIGINT NOT NULL,
    code TEXT NOT NULL,
    requester TEXT NOT NULL,
    detail TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    count BIGINT NOT NULL,
    is_registered BIGINT NOT NULL,
    PRIMARY KEY (device_id, day, code, requester)
) /* WITHOUT ROWID */;

CREATE INDEX refusals_last ON refusals (last_at);
CREATE INDEX refusals_requester ON refusals (requester, is_registered, last_at);
