/* Keys and certificates: everything that is about who the device is, and nothing about where it
 * is stored or how it travels. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include "outcome.h"
#include "store.h"

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#define SERIAL_TEXT_MAX 41 /* 20 octets as hex (RFC 5280 §4.1.2.2), and the end */

/* A certificate and the key that belongs to it, ready for a handshake. */
typedef struct {
    mbedtls_x509_crt certificate;
    mbedtls_pk_context key;
} credential;

/* The rule of the service: 1 to 64 of A-Z a-z 0-9 . _ - : that start with a letter or a digit. */
bool identity_valid_id(const char *device_id);

/* Makes a P-256 key into the slot. */
outcome identity_make_key(slot *slot);

/* Takes a certificate that the service gave into the slot, if it is one for this slot: this key, this ID. It is to be renewed after 60 % of
 * its life, unless somebody knows better. */
outcome identity_accept(slot *slot, const uint8_t *der, size_t length);

/* The key and certificate of a slot. Free it whatever the outcome. */
outcome identity_load(credential *credential, const slot *slot);

/* The key and certificate of someone else, from PEM files without a passphrase. Free it whatever the outcome. */
outcome identity_load_pem(credential *credential, const char *certificate_path, const char *key_path);

void identity_free(credential *credential);

/* Trust anchors from a PEM file. */
outcome identity_load_anchors(mbedtls_x509_crt *anchors, const char *path);

/* The serial number as the service writes it: upper-case hex. */
void identity_serial(const mbedtls_x509_crt *certificate, char text[SERIAL_TEXT_MAX]);

/* A time of a certificate in Unix seconds. */
int64_t identity_time(const mbedtls_x509_time *time);

#endif
