#include "identity.h"

#include "csr.h"
#include "platform.h"

#include <errno.h>
#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/oid.h>
#include <mbedtls/platform_util.h>
#include <stdio.h>
#include <string.h>

#define PEM_MAX 4096

static outcome fail(const char *what, int error)
{
    fprintf(stderr, "identity: %s: -0x%04x\n", what, (unsigned)-error);
    return OUTCOME_INTERNAL;
}

bool identity_valid_id(const char *device_id)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:";
    size_t length = strlen(device_id);
    if (length < 1 || length > DEVICE_ID_MAX || strspn(device_id, allowed) != length) return false;
    return strchr("._-:", device_id[0]) == NULL;
}

static int make_key(mbedtls_pk_context *key)
{
    int error = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
    return error != 0
        ? error
        : mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), platform_random, NULL);
}

outcome identity_make_key(slot *slot)
{
    mbedtls_pk_context key;
    mbedtls_pk_init(&key);
    int error = make_key(&key);
    if (error == 0) {
        /* Mbed TLS writes DER from the end of the buffer. */
        int length = mbedtls_pk_write_key_der(&key, slot->key, sizeof slot->key);
        if (length > 0) {
            memmove(slot->key, slot->key + sizeof slot->key - (size_t)length, (size_t)length);
            mbedtls_platform_zeroize(slot->key + length, sizeof slot->key - (size_t)length);
            slot->key_length = (size_t)length;
        } else {
            error = length;
        }
    }

    mbedtls_pk_free(&key);
    return error == 0 ? OUTCOME_OK : fail("cannot make a key", error);
}

/* Whose it is: the common name says it, or where the profile has none the serial number in the subject (IEEE 802.1AR). */
static bool is_named(const mbedtls_x509_crt *certificate, const char *name)
{
    const mbedtls_x509_name *says = NULL;
    for (const mbedtls_x509_name *part = &certificate->subject; part != NULL; part = part->next) {
        bool is_common = MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &part->oid) == 0;
        if (is_common || MBEDTLS_OID_CMP(MBEDTLS_OID_AT_SERIAL_NUMBER, &part->oid) == 0) says = part;
        if (is_common) break;
    }

    return says != NULL && says->val.len == strlen(name) && memcmp(says->val.p, name, says->val.len) == 0;
}

outcome identity_accept(slot *slot, const uint8_t *der, size_t length)
{
    credential fresh;
    mbedtls_x509_crt_init(&fresh.certificate);
    mbedtls_pk_init(&fresh.key);
    int error = mbedtls_x509_crt_parse_der(&fresh.certificate, der, length);
    if (error == 0 && fresh.certificate.raw.len != length) error = MBEDTLS_ERR_X509_INVALID_FORMAT;
    if (error == 0) error = mbedtls_pk_parse_key(&fresh.key, slot->key, slot->key_length, NULL, 0);
    if (error == 0) error = mbedtls_pk_check_pair(&fresh.certificate.pk, &fresh.key);
    bool named = error == 0 && is_named(&fresh.certificate, slot->device_id);
    /* What fits now must also fit the next request, which repeats the subject. */
    bool fits = length <= sizeof slot->certificate && fresh.certificate.subject_raw.len <= CSR_SUBJECT_MAX;
    int64_t from = identity_time(&fresh.certificate.valid_from), until = identity_time(&fresh.certificate.valid_to);
    identity_free(&fresh);

    /* A certificate that does not fit the key would leave the device without an identity once the old one is gone. */
    if (!named || !fits) {
        const char *why = named ? "the certificate, or the subject in it, is too large" : "the answer is no certificate for this key and device";
        fprintf(stderr, "identity: %s: -0x%04x\n", why, (unsigned)-error);
        return OUTCOME_PROTOCOL;
    }

    memcpy(slot->certificate, der, length);
    slot->certificate_length = length;
    slot->renew_after = from + (until - from) / 10 * 6;
    slot->renew_before = 0;
    return OUTCOME_OK;
}

outcome identity_load(credential *credential, const slot *slot)
{
    mbedtls_x509_crt_init(&credential->certificate);
    mbedtls_pk_init(&credential->key);
    int error = mbedtls_x509_crt_parse_der(&credential->certificate, slot->certificate, slot->certificate_length);
    if (error == 0) error = mbedtls_pk_parse_key(&credential->key, slot->key, slot->key_length, NULL, 0);
    return error == 0 ? OUTCOME_OK : fail("cannot read the stored identity", error);
}

/* Reads a PEM file; on a device this is a constant in the image. The buffer is shared: use it before the next call, and wipe it if it holds
 * a key. */
static uint8_t *read_pem(const char *path, size_t *length)
{
    static uint8_t pem[PEM_MAX];
    int64_t count = platform_read(path, pem, sizeof pem - 1);
    if (count < 0) {
        fprintf(stderr, "%s: cannot be read (at most %d bytes): %s\n", path, PEM_MAX - 1, strerror(errno));
        mbedtls_platform_zeroize(pem, sizeof pem);
        return NULL;
    }

    /* The parsers want a string, and count its end. */
    pem[count] = '\0';
    *length = (size_t)count + 1;
    return pem;
}

static outcome bad_pem(const char *path, int error)
{
    fprintf(stderr, "%s: not PEM of the expected kind: -0x%04x\n", path, (unsigned)-error);
    return OUTCOME_USAGE;
}

outcome identity_load_anchors(mbedtls_x509_crt *anchors, const char *path)
{
    mbedtls_x509_crt_init(anchors);
    size_t length;
    const uint8_t *pem = read_pem(path, &length);
    if (pem == NULL) return OUTCOME_USAGE;
    int error = mbedtls_x509_crt_parse(anchors, pem, length);
    return error == 0 ? OUTCOME_OK : bad_pem(path, error);
}

outcome identity_load_pem(credential *credential, const char *certificate_path, const char *key_path)
{
    mbedtls_pk_init(&credential->key);
    outcome result = identity_load_anchors(&credential->certificate, certificate_path);
    if (result != OUTCOME_OK) return result;

    size_t length;
    uint8_t *pem = read_pem(key_path, &length);
    if (pem == NULL) return OUTCOME_USAGE;
    int error = mbedtls_pk_parse_key(&credential->key, pem, length, NULL, 0);
    mbedtls_platform_zeroize(pem, length);
    if (error == 0) error = mbedtls_pk_check_pair(&credential->certificate.pk, &credential->key);
    return error == 0 ? OUTCOME_OK : bad_pem(key_path, error);
}

void identity_free(credential *credential)
{
    mbedtls_x509_crt_free(&credential->certificate);
    mbedtls_pk_free(&credential->key);
}

void identity_serial(const mbedtls_x509_crt *certificate, char text[SERIAL_TEXT_MAX])
{
    const uint8_t *octets = certificate->serial.p;
    size_t count = certificate->serial.len;
    /* The octet that only keeps the number positive is not part of it. */
    if (count > 1 && octets[0] == 0) octets++, count--;
    text[0] = '\0';
    for (size_t i = 0; i < count && 2 * i + 2 < SERIAL_TEXT_MAX; i++) snprintf(text + 2 * i, 3, "%02X", octets[i]);
}

int64_t identity_time(const mbedtls_x509_time *time)
{
    /* Days since 1970-01-01 in the Gregorian calendar, the year taken to start in March. */
    int64_t year = time->year - (time->mon <= 2);
    int64_t month = (time->mon + 9) % 12;
    int64_t days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + time->day - 1 - 719468;
    return ((days * 24 + time->hour) * 60 + time->min) * 60 + time->sec;
}
