/* The certification request (RFC 2986), with a subject of whatever form the certificate has that it is to replace. */
#ifndef CSR_H
#define CSR_H

#include "outcome.h"
#include "store.h"

#include <mbedtls/x509_crt.h>

#define CSR_MAX 768
#define CSR_SUBJECT_MAX 500 /* the rest is the key, the signature, and what holds it together */

/* Builds the certification request of a slot's key. Its subject is, octet by octet, that of the certificate that is to be renewed, as RFC
 * 7030 §4.2.2 wants it; for the first certificate (NULL) it is the slot's ID as the common name, and the service adds what the profile has. The
 * signature is deterministic (RFC 6979), so the same slot gives the same bytes each time: a retry is the same request. They are at the END
 * of the buffer. */
outcome csr_make(const slot *slot, const mbedtls_x509_crt *renewed, uint8_t csr[CSR_MAX], size_t *length);

#endif
