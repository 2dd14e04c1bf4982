-- shard is the part of its authority's CRL that lists a certificate, for ever; 0 is the CRL without shards. revocation_sequence is the
-- number of the audit entry that told last of its revocation, hold or release: what has changed since, whatever clocks did.
ALTER TABLE certificates ADD COLUMN shard BIGINT NOT NULL DEFAULT 0;
ALTER TABLE certificates ADD COLUMN revocation_sequence BIGINT NULL;

-- Holds every column that a CRL is made from, so that a million entries are one pass over one index; SQLite wants the state too, whatever
-- the condition says.
DROP INDEX certificates_revoked;
CREATE INDEX certificates_revoked ON certificates (authority, shard, not_after, serial, revoked_at, revocation_reason, state)
    WHERE state IN ('revoked', 'held');

-- And what a delta CRL is made from.
CREATE INDEX certificates_changed ON certificates (authority, shard, revocation_sequence, serial, revoked_at, revocation_reason, state)
    WHERE revocation_sequence IS NOT NULL;

-- Whether all certificates of a shard have expired. Who has no shards pays nothing for it.
CREATE INDEX certificates_of_shard ON certificates (authority, shard, not_after) WHERE shard > 0;

-- One sequence of numbers for each authority and shard, complete and delta CRLs together. base_number is that of a delta's base; sequence
-- is the last audit entry before its entries were read; scope is the SHA-256 of its issuingDistributionPoint.
CREATE TABLE crls_of_shards (
    authority TEXT NOT NULL,
    shard BIGINT NOT NULL,
    number BIGINT NOT NULL,
    base_number BIGINT NULL,
    sequence BIGINT NULL,
    scope BYTEA NULL,
    tbs_hash BYTEA NOT NULL,
    crl_hash BYTEA NULL,
    this_update BIGINT NOT NULL,
    next_update BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    PRIMARY KEY (authority, shard, number)
) /* WITHOUT ROWID */;
INSERT INTO crls_of_shards (authority, shard, number, tbs_hash, crl_hash, this_update, next_update, entries)
    SELECT authority, 0, number, tbs_hash, crl_hash, this_update, next_update, entries FROM crls;
DROP TABLE crls;
ALTER TABLE crls_of_shards RENAME TO crls;

-- The shards that there ever were, and who makes their CRLs now.
CREATE TABLE crl_shards (
    authority TEXT NOT NULL,
    shard BIGINT NOT NULL,
    lease_owner TEXT NULL,
    lease_until BIGINT NULL,
    PRIMARY KEY (authority, shard)
) /* WITHOUT ROWID */;

-- The addresses that the certificates of a shard name, all that there ever were.
CREATE TABLE crl_addresses (
    authority TEXT NOT NULL,
    shard BIGINT NOT NULL,
    address TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (authority, shard, address)
) /* WITHOUT ROWID */;

-- The newest CRLs, in pieces, where other nodes take them from.
CREATE TABLE crl_pieces (
    authority TEXT NOT NULL,
    shard BIGINT NOT NULL,
    number BIGINT NOT NULL,
    piece BIGINT NOT NULL,
    is_delta BIGINT NOT NULL,
    octets BYTEA NOT NULL,
    PRIMARY KEY (authority, shard, number, piece)
);
