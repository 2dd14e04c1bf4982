-- Imports of devices. rows is how many are done; content is a hash over them, by which the same file is known again.
CREATE TABLE imports (
    id TEXT NOT NULL PRIMARY KEY,
    rows BIGINT NOT NULL,
    registered BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    bad BIGINT NOT NULL,
    content BYTEA NOT NULL,
    actor TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    finished_at BIGINT NULL
) /* WITHOUT ROWID */;

CREATE TABLE import_problems (
    import TEXT NOT NULL,
    line BIGINT NOT NULL,
    device_id TEXT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (import, line)
) /* WITHOUT ROWID */;
