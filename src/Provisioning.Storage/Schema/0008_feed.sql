-- The entries that relying parties are told of. Whoever reads them says the same condition, word for word: then both engines read this index
-- and not the audit.
CREATE INDEX audit_events ON audit (sequence) WHERE action IN ('certificate-revoked', 'certificate-held', 'hold-released',
    'device-suspended', 'device-resumed', 'device-quarantined', 'device-released', 'device-decommissioned');
