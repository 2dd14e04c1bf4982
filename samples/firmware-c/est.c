#include "est.h"

#include "platform.h"

#include <errno.h>
#include <mbedtls/asn1.h>
#include <mbedtls/base64.h>
#include <mbedtls/platform_util.h>
#include <stdio.h>
#include <string.h>

void est_path(char path[EST_PATH_MAX], const char *label, const char *operation)
{
    bool labeled = label != NULL;
    snprintf(path, EST_PATH_MAX, "/.well-known/est/%s%s%s", labeled ? label : "", labeled ? "/" : "", operation);
}

outcome est_request(const uint8_t *csr, size_t csr_length, uint8_t text[EST_REQUEST_MAX], size_t *length)
{
    return mbedtls_base64_encode(text, EST_REQUEST_MAX, length, csr, csr_length) == 0 ? OUTCOME_OK : OUTCOME_INTERNAL;
}

/* Base64 as RFC 4648 §4 has it, with white space anywhere (RFC 8951 §3.1), which mbedtls_base64_decode refuses within a line. What is
 * written never overtakes what is read: four characters become three octets at most. */
static bool decode(uint8_t *text, size_t length, size_t *decoded)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t group = 0;
    size_t digits = 0, padding = 0, written = 0;
    for (size_t i = 0; i < length; i++) {
        uint8_t character = text[i];
        if (character == ' ' || character == '\t' || character == '\r' || character == '\n') continue;
        const char *digit = memchr(alphabet, character, sizeof alphabet - 1);
        if (character == '=' ? ++padding > 2 : digit == NULL || padding > 0) return false;
        group = group << 6 | (digit == NULL ? 0u : (uint32_t)(digit - alphabet));
        if (++digits % 4 != 0) continue;

        /* Bits that stand for nothing are zero, so that there is one text for each content. */
        if ((group & ((1u << 8 * padding) - 1)) != 0) return false;
        for (size_t k = 0; k + padding < 3; k++) text[written++] = (uint8_t)(group >> (16 - 8 * k));
        group = 0;
    }

    *decoded = written;
    return digits % 4 == 0;
}

/* Steps into a value that reaches to the end, and not beyond. */
static bool enter(uint8_t **at, const uint8_t *end, int tag)
{
    size_t length;
    return mbedtls_asn1_get_tag(at, end, &length, tag) == 0 && *at + length == end;
}

/* Steps over octets that can be no others. */
static bool pass(uint8_t **at, const uint8_t *end, const uint8_t *octets, size_t length)
{
    if ((size_t)(end - *at) < length || memcmp(*at, octets, length) != 0) return false;
    *at += length;
    return true;
}

/* ContentInfo { signedData, [0] { SignedData { 1, no digests, data without content, [0] { the certificate }, no signers } } }: of a message
 * that nobody signs, only the certificate can be one or another (RFC 5652 §5.1). No CRLs; this service sends none. */
static bool find_certificate(uint8_t *at, const uint8_t *end, const uint8_t **certificate, size_t *certificate_length)
{
    static const uint8_t signed_data[] = { 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02 };
    static const uint8_t head[] = {
        0x02, 0x01, 0x01, 0x31, 0x00, 0x30, 0x0B, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01
    };
    static const uint8_t no_signers[] = { 0x31, 0x00 };
    const int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
    const int tagged = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_CONTEXT_SPECIFIC;
    if (!enter(&at, end, sequence) || !pass(&at, end, signed_data, sizeof signed_data)) return false;
    if (!enter(&at, end, tagged) || !enter(&at, end, sequence) || !pass(&at, end, head, sizeof head)) return false;
    if ((size_t)(end - at) < sizeof no_signers) return false;
    end -= sizeof no_signers;
    if (memcmp(end, no_signers, sizeof no_signers) != 0 || !enter(&at, end, tagged)) return false;
    *certificate = at;
    *certificate_length = (size_t)(end - at);
    return enter(&at, end, sequence);
}

outcome est_certificate(uint8_t *answer, size_t length, const uint8_t **certificate, size_t *certificate_length)
{
    size_t decoded;
    if (decode(answer, length, &decoded) && find_certificate(answer, answer + decoded, certificate, certificate_length))
        return OUTCOME_OK;
    fprintf(stderr, "est: the answer is not base64 of a message with one certificate and nothing else\n");
    return OUTCOME_PROTOCOL;
}

/* How much of a line is a token: what comes before the line break. 0 when there is something else in it, or nothing. */
static size_t token_length(const char *text, size_t length)
{
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r')) length--;
    if (length > TOKEN_MAX) return 0;
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] > '~') return 0;
    return length;
}

outcome est_authorization(const char *token_path, char authorization[AUTHORIZATION_MAX])
{
    /* The token says by itself what it is for; a user name there must be (RFC 7617 §2), and nobody looks at it. */
    static const char scheme[] = "Basic ", user[] = "device:";
    const size_t scheme_length = sizeof scheme - 1, user_length = sizeof user - 1;
    char login[sizeof user + TOKEN_MAX + 2];
    memcpy(login, user, user_length);
    int64_t count = platform_read(token_path, login + user_length, sizeof login - user_length);
    int reason = errno;
    size_t length = count <= 0 ? 0 : token_length(login + user_length, (size_t)count);
    memcpy(authorization, scheme, scheme_length);
    int error = 0;
    size_t written;
    if (length > 0)
        error = mbedtls_base64_encode(
            (unsigned char *)authorization + scheme_length, AUTHORIZATION_MAX - scheme_length, &written,
            (unsigned char *)login, user_length + length);
    mbedtls_platform_zeroize(login, sizeof login);
    if (length > 0) return error == 0 ? OUTCOME_OK : OUTCOME_INTERNAL;
    if (count < 0 && reason != EFBIG) fprintf(stderr, "%s: cannot be read: %s\n", token_path, strerror(reason));
    else fprintf(stderr, "%s: is not a token: one line of at most %d printable characters\n", token_path, TOKEN_MAX);
    return OUTCOME_USAGE;
}
