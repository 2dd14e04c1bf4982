/* Enrollment over Secure Transport (RFC 7030, RFC 8951): the same requests and the same certificates, in base64, and the latter in
 * PKCS#7. */
#ifndef EST_H
#define EST_H

#include "csr.h"
#include "outcome.h"

#define LABEL_MAX 64
#define EST_PATH_MAX (sizeof "/.well-known/est//simplereenroll" + LABEL_MAX)
#define EST_REQUEST_MAX ((CSR_MAX + 2) / 3 * 4 + 1)
#define TOKEN_MAX 128 /* a token has 54 characters */
#define AUTHORIZATION_MAX (sizeof "Basic " + (sizeof "device:" - 1 + TOKEN_MAX + 2) / 3 * 4)

/* Where an operation is: below a label, which is the name of an enrollment group, or without one. */
void est_path(char path[EST_PATH_MAX], const char *label, const char *operation);

/* A certification request in base64, without line breaks. */
outcome est_request(const uint8_t *csr, size_t csr_length, uint8_t text[EST_REQUEST_MAX], size_t *length);

/* The certificate of an answer: base64, with white space anywhere, of a certs-only message (RFC 5751 §3.2.2) with exactly one. It is decoded
 * in its place, and the certificate points into it. Anything else is OUTCOME_PROTOCOL. */
outcome est_certificate(uint8_t *answer, size_t length, const uint8_t **certificate, size_t *certificate_length);

/* An enrollment token from a file, as a password for HTTP Basic (RFC 7617). Wipe it after use. */
outcome est_authorization(const char *token_path, char authorization[AUTHORIZATION_MAX]);

#endif
