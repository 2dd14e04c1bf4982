-- Every version of every profile; the highest one counts. Nothing is changed here and nothing deleted: a deletion is a version.
CREATE TABLE profiles (
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    definition TEXT NOT NULL,
    origin TEXT NOT NULL,
    is_deleted BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (name, version)
) /* WITHOUT ROWID */;
