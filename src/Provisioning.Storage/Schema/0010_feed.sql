-- The entries that relying parties are told of. Whoever reads them says the same condition, word for word: then both engines read this index
-- and not the audit.
CREATE INDEX audit_events ON audit (sequence) WHERE action IN ('certificate-revoked', 'certificate-held', 'hold-released',
    'device-suspended', 'device-resumed', 'device-quarantined', 'device-released', 'device-decommissioned',
    'renewal-late', 'authority-expiring');

-- Receivers that the events are brought to. secret counts the secrets, which are derived and kept nowhere; the one before counts until
-- previous_until. delivered is the number of the last event that was taken. One node at a time has it: lease_node, until lease_until.
CREATE TABLE webhooks (
    id TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    description TEXT NULL,
    types TEXT NULL,
    enabled BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    secret BIGINT NOT NULL,
    previous_until BIGINT NULL,
    delivered BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    failing_since BIGINT NULL,
    paused_at BIGINT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    deliveries BIGINT NOT NULL,
    lease_node TEXT NULL,
    lease_until BIGINT NOT NULL
) /* WITHOUT ROWID */;

-- The last tries of each, for people.
CREATE TABLE webhook_deliveries (
    webhook TEXT NOT NULL,
    number BIGINT NOT NULL,
    message TEXT NOT NULL,
    type TEXT NOT NULL,
    at BIGINT NOT NULL,
    status BIGINT NULL,
    problem TEXT NULL,
    took BIGINT NOT NULL,
    PRIMARY KEY (webhook, number)
) /* WITHOUT ROWID */;
