-- Enrollment groups: who may enroll what. Every definition that ever admitted a certificate is kept. A revision counts the
-- changes of a row: whoever decided on what it read has it compared in the transaction that acts.

CREATE TABLE enrollment_groups (
    name TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    definition TEXT NOT NULL,
    on_clone TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT NOT NULL
) /* WITHOUT ROWID */;

CREATE TABLE group_versions (
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    definition TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (name, version)
) /* WITHOUT ROWID */;

-- What a registrar is limited to; null for no limits.
ALTER TABLE principals ADD COLUMN scope TEXT NULL;
ALTER TABLE principals ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;

-- expected_key is the thumbprint of the only key that may claim the device. claim_batch is the batch of claim certificates that
-- may claim it. birth_thumbprint is the manufacturer's certificate that did. seen_at is when the device first showed a
-- certificate of ours: it is in the field.
ALTER TABLE devices ADD COLUMN group_name TEXT NOT NULL DEFAULT 'default';
ALTER TABLE devices ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN lot TEXT NULL;
ALTER TABLE devices ADD COLUMN claim_batch TEXT NULL;
ALTER TABLE devices ADD COLUMN expected_key BYTEA NULL;
ALTER TABLE devices ADD COLUMN birth_thumbprint BYTEA NULL;
ALTER TABLE devices ADD COLUMN seen_at BIGINT NULL;
ALTER TABLE devices ADD COLUMN clone_suspected_at BIGINT NULL;

CREATE INDEX devices_group ON devices (group_name, device_id);
CREATE INDEX devices_lot ON devices (lot, device_id) WHERE lot IS NOT NULL;
CREATE INDEX devices_claim_batch ON devices (claim_batch, device_id) WHERE claim_batch IS NOT NULL;

-- token is set where the certificate took a use of it, lot where it rests on a unit of it: the first one takes the unit, which goes
-- back with the last one that was given up before it was signed.
ALTER TABLE certificates ADD COLUMN slot TEXT NOT NULL DEFAULT 'operational';
ALTER TABLE certificates ADD COLUMN group_name TEXT NULL;
ALTER TABLE certificates ADD COLUMN group_version BIGINT NULL;
ALTER TABLE certificates ADD COLUMN lot TEXT NULL;
ALTER TABLE certificates ADD COLUMN token TEXT NULL;

-- What a token was used for; devices with other credentials are not in it.
CREATE INDEX certificates_token ON certificates (token) WHERE token IS NOT NULL;

-- One current certificate per device and slot, and one on its way: whatever the code does.
DROP INDEX certificates_one_current;
DROP INDEX certificates_one_pending;
CREATE UNIQUE INDEX certificates_one_current ON certificates (holder, slot)
    WHERE holder_kind = 'device' AND state = 'current';
CREATE UNIQUE INDEX certificates_one_pending ON certificates (holder, slot)
    WHERE holder_kind = 'device' AND state IN ('reserved', 'issued');

-- Whose certificates may hold a host name, an address or a URI. It becomes another's when its holder has no certificate any more.
CREATE TABLE names (
    name TEXT NOT NULL PRIMARY KEY,
    holder_kind TEXT NOT NULL,
    holder TEXT NOT NULL
) /* WITHOUT ROWID */;

-- When it was first shown in a handshake.
ALTER TABLE certificates ADD COLUMN seen_at BIGINT NULL;

-- How many certificates a registrar with a daily limit was given; day is days since 1970-01-01 in UTC.
CREATE TABLE registrar_days (
    name TEXT NOT NULL,
    day BIGINT NOT NULL,
    granted BIGINT NOT NULL,
    PRIMARY KEY (name, day)
) /* WITHOUT ROWID */;

-- Claim certificates are issued in batches: whoever holds one may claim the devices that name the batch.
CREATE TABLE claim_batches (
    name TEXT NOT NULL PRIMARY KEY,
    group_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    revoked_at BIGINT NULL
) /* WITHOUT ROWID */;

-- Manufacturers whose birth certificates are honored.
CREATE TABLE trust_anchors (
    name TEXT NOT NULL PRIMARY KEY,
    group_name TEXT NOT NULL,
    certificate BYTEA NOT NULL,
    definition TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    withdrawn_at BIGINT NULL
) /* WITHOUT ROWID */;

-- The newest CRL of each of the manufacturers' authorities; issuer is the SHA-256 of its name and its SubjectPublicKeyInfo, so that it
-- counts for every anchor that has the authority.
CREATE TABLE trust_anchor_crls (
    issuer BYTEA NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    crl BYTEA NOT NULL
);

-- Who signs manifests of secure elements.
CREATE TABLE manifest_signers (
    name TEXT NOT NULL PRIMARY KEY,
    certificate BYTEA NOT NULL,
    added_at BIGINT NOT NULL,
    added_by TEXT NOT NULL,
    withdrawn_at BIGINT NULL
);

-- An enrollment token: who knows the secret whose SHA-256 this is may enroll what its columns say; null means any.
CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY,
    secret_hash BYTEA NOT NULL,
    group_name TEXT NOT NULL,
    lot TEXT NULL,
    device_id TEXT NULL,
    device_id_pattern TEXT NULL,
    key_thumbprint BYTEA NULL,
    uses BIGINT NOT NULL,
    used BIGINT NOT NULL DEFAULT 0,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    revoked_at BIGINT NULL,
    note TEXT NULL,
    CHECK (used >= 0 AND used <= uses)
) /* WITHOUT ROWID */;

CREATE INDEX tokens_created ON tokens (created_at, id);

-- A production order. issued counts units, not certificates; each scrapped one may be replaced. listed counts the units on its
-- list. report is the signed reconciliation of a closed lot.
CREATE TABLE lots (
    name TEXT NOT NULL PRIMARY KEY,
    group_name TEXT NOT NULL,
    definition TEXT NOT NULL,
    revision BIGINT NOT NULL,
    quota BIGINT NOT NULL,
    issued BIGINT NOT NULL DEFAULT 0,
    scrapped BIGINT NOT NULL DEFAULT 0,
    beyond BIGINT NOT NULL DEFAULT 0,
    listed BIGINT NOT NULL DEFAULT 0,
    opens_at BIGINT NOT NULL,
    closes_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    closed_at BIGINT NULL,
    closed_by TEXT NULL,
    report TEXT NULL,
    CHECK (issued >= 0 AND issued <= quota + scrapped)
) /* WITHOUT ROWID */;

CREATE INDEX lots_created ON lots (created_at, name);

-- Of a lot's units, those that are in the field and those that were scrapped: counted from the index alone.
CREATE INDEX devices_lot_seen ON devices (lot) WHERE lot IS NOT NULL AND seen_at IS NOT NULL;

-- The units of a lot that was ordered by a list. scrapped_at marks the units that were reported as scrapped, listed before or not.
CREATE TABLE lot_units (
    lot TEXT NOT NULL,
    device_id TEXT NOT NULL,
    is_listed BIGINT NOT NULL,
    scrapped_at BIGINT NULL,
    scrap_reason TEXT NULL,
    PRIMARY KEY (lot, device_id)
) /* WITHOUT ROWID */;

CREATE INDEX lot_units_scrapped ON lot_units (lot, device_id) WHERE scrapped_at IS NOT NULL;
