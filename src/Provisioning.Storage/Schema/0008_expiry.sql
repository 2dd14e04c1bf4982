-- late_noted_at is when it was said of a device that it is late with the renewal of this certificate.
ALTER TABLE certificates ADD COLUMN late_noted_at BIGINT NULL;

-- What ends next: the forecast and the watch read it in this order.
CREATE INDEX certificates_ending ON certificates (not_after, serial) WHERE holder_kind = 'device' AND state = 'current';

-- What was said about the end of an authority: of the certificate with this hash, at what part of its life.
CREATE TABLE authority_notices (
    certificate BYTEA NOT NULL,
    percent BIGINT NOT NULL,
    noted_at BIGINT NOT NULL,
    PRIMARY KEY (certificate, percent)
) /* WITHOUT ROWID */;
