#include "csr.h"

#include "platform.h"

#include <mbedtls/asn1write.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/sha256.h>
#include <stdio.h>
#include <string.h>

/* mbedtls_x509write_csr_der is not used. It takes a subject as text and writes it in string types of its own choice, but EST compares octets;
 * and up to 2.28.3 and 3.4 it writes NULL as the parameters of ecdsa-with-SHA256, which RFC 5758 §3.2 says MUST be absent. */
static const uint8_t ecdsa_with_sha256[] = { 0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02 };

#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)
#define SIGNATURE_ROOM (sizeof ecdsa_with_sha256 + MBEDTLS_ECDSA_MAX_LEN + 16) /* with all headers */

/* Puts the header of a value in front of it. As all of the functions below: from the end of a buffer to its start; the length, or an error. */
static int wrap(uint8_t **at, uint8_t *start, int length, int tag)
{
    int ret;
    MBEDTLS_ASN1_CHK_ADD(length, mbedtls_asn1_write_len(at, start, (size_t)length));
    MBEDTLS_ASN1_CHK_ADD(length, mbedtls_asn1_write_tag(at, start, (unsigned char)tag));
    return length;
}

/* CN=ID, as a UTF8String. */
static int write_name(uint8_t **at, uint8_t *start, const char *device_id)
{
    int ret, length = 0;
    MBEDTLS_ASN1_CHK_ADD(length, mbedtls_asn1_write_utf8_string(at, start, device_id, strlen(device_id)));
    MBEDTLS_ASN1_CHK_ADD(length, mbedtls_asn1_write_oid(at, start, MBEDTLS_OID_AT_CN, MBEDTLS_OID_SIZE(MBEDTLS_OID_AT_CN)));
    length = wrap(at, start, length, SEQUENCE);
    if (length > 0) length = wrap(at, start, length, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SET);
    return length < 0 ? length : wrap(at, start, length, SEQUENCE);
}

static int write_public_key(uint8_t **at, uint8_t *start, mbedtls_pk_context *key)
{
    int length = mbedtls_pk_write_pubkey_der(key, start, (size_t)(*at - start));
    if (length > 0) *at -= length;
    return length;
}

/* CertificationRequestInfo: version 1, the name, the key, no attributes. */
static int write_info(
    uint8_t **at, uint8_t *start, const slot *slot, const mbedtls_x509_crt *renewed, mbedtls_pk_context *key)
{
    int ret, length = 0;
    MBEDTLS_ASN1_CHK_ADD(length, wrap(at, start, 0, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_CONTEXT_SPECIFIC));
    MBEDTLS_ASN1_CHK_ADD(length, write_public_key(at, start, key));
    MBEDTLS_ASN1_CHK_ADD(
        length,
        renewed == NULL ? write_name(at, start, slot->device_id)
                        : mbedtls_asn1_write_raw_buffer(at, start, renewed->subject_raw.p, renewed->subject_raw.len));
    MBEDTLS_ASN1_CHK_ADD(length, mbedtls_asn1_write_int(at, start, 0));
    return wrap(at, start, length, SEQUENCE);
}

/* The algorithm and the signature over what is to be signed. */
static int write_signature(
    uint8_t **at, uint8_t *start, const uint8_t *signed_part, int signed_length, mbedtls_pk_context *key)
{
    uint8_t hash[32], signature[MBEDTLS_ECDSA_MAX_LEN];
    size_t signature_length;
    int ret = mbedtls_sha256_ret(signed_part, (size_t)signed_length, hash, 0), length = 0;
    if (ret == 0)
        ret = mbedtls_pk_sign(
            key, MBEDTLS_MD_SHA256, hash, sizeof hash, signature, &signature_length, platform_random, NULL);
    if (ret != 0) return ret;
    MBEDTLS_ASN1_CHK_ADD(length, mbedtls_asn1_write_bitstring(at, start, signature, 8 * signature_length));
    MBEDTLS_ASN1_CHK_ADD(length, mbedtls_asn1_write_raw_buffer(at, start, ecdsa_with_sha256, sizeof ecdsa_with_sha256));
    return length;
}

static int write_request(
    uint8_t csr[CSR_MAX], const slot *slot, const mbedtls_x509_crt *renewed, mbedtls_pk_context *key)
{
    /* What is signed is known first and stands first. It is made where there is room behind it for the signature. */
    uint8_t *info_end = csr + CSR_MAX - SIGNATURE_ROOM, *info = info_end, *at = csr + CSR_MAX;
    int info_length = write_info(&info, csr, slot, renewed, key);
    if (info_length < 0) return info_length;
    int length = write_signature(&at, info_end, info, info_length, key);
    if (length < 0) return length;
    at -= info_length;
    memmove(at, info, (size_t)info_length);
    return wrap(&at, csr, length + info_length, SEQUENCE);
}

outcome csr_make(const slot *slot, const mbedtls_x509_crt *renewed, uint8_t csr[CSR_MAX], size_t *length)
{
    mbedtls_pk_context key;
    mbedtls_pk_init(&key);
    int result = mbedtls_pk_parse_key(&key, slot->key, slot->key_length, NULL, 0);
    if (result == 0) result = write_request(csr, slot, renewed, &key);
    mbedtls_pk_free(&key);
    if (result > 0) {
        *length = (size_t)result;
        return OUTCOME_OK;
    }

    fprintf(stderr, "csr: cannot make a certification request: -0x%04x\n", (unsigned)-result);
    return OUTCOME_INTERNAL;
}
