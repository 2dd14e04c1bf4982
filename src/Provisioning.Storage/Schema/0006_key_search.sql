-- The search for RSA keys that have a prime in common. Each RSA key of a device is here once, numbered in the order in which the keys
-- were found. shared_at is when it was found to share a prime; that is acted upon once.
CREATE TABLE rsa_keys (
    number BIGINT NOT NULL PRIMARY KEY,
    key_thumbprint BYTEA NOT NULL UNIQUE,
    device_id TEXT NOT NULL,
    modulus BYTEA NOT NULL,
    shared_at BIGINT NULL,
    CHECK (length(key_thumbprint) = 32)
);

-- How far it has come: 'collected' is an audit entry, the keys of all certificates up to which are in rsa_keys; 'searched' is the
-- number of a key up to which each was compared with all before it. Nothing is lost with a row: the search starts over.
CREATE TABLE key_search (
    name TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL
) /* WITHOUT ROWID */;
