-- One text for SQLite and PostgreSQL. Times are Unix milliseconds, hashes are SHA-256, serial numbers are their octets
-- without a sign octet. SQLite reads "WITHOUT ROWID" out of its comments, which saves it a second tree for a primary
-- key. What else the engines cannot say alike is in 0001_initial.sqlite.sql and 0001_initial.postgres.sql.

CREATE TABLE authorities (
    name TEXT NOT NULL PRIMARY KEY,
    issuer TEXT NOT NULL,
    certificate BYTEA NOT NULL,
    added_at BIGINT NOT NULL
) /* WITHOUT ROWID */;

-- Registrars and administrators.
CREATE TABLE principals (
    name TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    added_at BIGINT NOT NULL
) /* WITHOUT ROWID */;

CREATE TABLE devices (
    device_id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    attributes TEXT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) /* WITHOUT ROWID */;

-- The hot table: authentication reads it on every request, so the DER is elsewhere.
-- prior_state is where a hold came from, and where its release leads back to.
CREATE TABLE certificates (
    serial BYTEA NOT NULL,
    authority TEXT NOT NULL,
    holder_kind TEXT NOT NULL,
    holder TEXT NOT NULL,
    profile TEXT NOT NULL,
    state TEXT NOT NULL,
    prior_state TEXT NULL,
    key_thumbprint BYTEA NOT NULL,
    tbs_hash BYTEA NOT NULL,
    thumbprint BYTEA NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    reserved_at BIGINT NOT NULL,
    issued_at BIGINT NULL,
    requester TEXT NOT NULL,
    request_key TEXT NULL,
    request_hash BYTEA NOT NULL,
    renews BYTEA NULL,
    revoked_at BIGINT NULL,
    revocation_reason BIGINT NULL,
    PRIMARY KEY (serial, authority)
);

-- One current certificate per device, and one on its way: whatever the code does.
CREATE UNIQUE INDEX certificates_one_current ON certificates (holder)
    WHERE holder_kind = 'device' AND state = 'current';
CREATE UNIQUE INDEX certificates_one_pending ON certificates (holder)
    WHERE holder_kind = 'device' AND state IN ('reserved', 'issued');

-- The key of a reservation that came to nothing is taken from it, and is free again.
CREATE UNIQUE INDEX certificates_request ON certificates (requester, request_key) WHERE request_key IS NOT NULL;

-- With certificates_one_pending, all reservations in flight: the start gives up what a killed process left.
CREATE INDEX certificates_other_reserved ON certificates (holder) WHERE holder_kind <> 'device' AND state = 'reserved';

CREATE INDEX certificates_holder ON certificates (holder, reserved_at, serial);
CREATE INDEX certificates_reserved_at ON certificates (reserved_at, serial);

-- Holds every column that a CRL is made from, so that a million entries are one pass over one index.
CREATE INDEX certificates_revoked ON certificates (authority, not_after, serial, revoked_at, revocation_reason)
    WHERE state IN ('revoked', 'held');

CREATE TABLE certificate_der (
    serial BYTEA NOT NULL,
    authority TEXT NOT NULL,
    der BYTEA NOT NULL,
    PRIMARY KEY (serial, authority),
    FOREIGN KEY (serial, authority) REFERENCES certificates (serial, authority)
);

-- A key belongs to its first holder for ever. A blocked key needs no holder.
CREATE TABLE keys (
    key_thumbprint BYTEA NOT NULL PRIMARY KEY,
    holder_kind TEXT NULL,
    holder TEXT NULL,
    blocked_at BIGINT NULL,
    block_reason TEXT NULL
) /* WITHOUT ROWID */;

CREATE TABLE audit (
    sequence BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    holder_kind TEXT NULL,
    holder TEXT NULL,
    serial TEXT NULL,
    detail TEXT NULL,
    hash BYTEA NOT NULL
) /* WITHOUT ROWID */;

CREATE INDEX audit_holder ON audit (holder, sequence);
CREATE INDEX audit_at ON audit (at);

CREATE TABLE crls (
    authority TEXT NOT NULL,
    number BIGINT NOT NULL,
    tbs_hash BYTEA NOT NULL,
    crl_hash BYTEA NULL,
    this_update BIGINT NOT NULL,
    next_update BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    PRIMARY KEY (authority, number)
) /* WITHOUT ROWID */;
