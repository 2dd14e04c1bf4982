#include "transport.h"

#include "heap.h"
#include "platform.h"

#include <stdio.h>
#include <string.h>

/* No true clock shows less than this: seconds at the time that the firmware was built, which the Makefile says. */
#ifndef BUILD_TIME
#error "BUILD_TIME is missing"
#endif

#define CLOCK_SLACK (24 * 60 * 60)

/* One suite family, the service's: elliptic curves, forward secrecy, authenticated encryption. A device that talks to
 * one service needs no more, and a port compiles no more. */
static const int suites[] = {
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    0,
};
static const mbedtls_ecp_group_id curves[] = {
    MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_NONE
};
static const int hashes[] = { MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_NONE };

bool endpoint_parse(endpoint *endpoint, const char *url)
{
    static const char scheme[] = "https://";
    if (strncmp(url, scheme, sizeof scheme - 1) != 0) return false;
    const char *host = url + sizeof scheme - 1;
    size_t host_length = strcspn(host, ":/?#");
    const char *port = "443", *end = host + host_length;
    size_t port_length = 3;
    if (*end == ':') {
        port = end + 1;
        port_length = strspn(port, "0123456789");
        end = port + port_length;
    }

    if (*end == '/') end++;
    if (*end != '\0' || host_length < 1 || host_length >= sizeof endpoint->host) return false;
    if (port_length < 1 || port_length >= sizeof endpoint->port) return false;
    memcpy(endpoint->host, host, host_length);
    endpoint->host[host_length] = '\0';
    memcpy(endpoint->port, port, port_length);
    endpoint->port[port_length] = '\0';
    return true;
}

known_time transport_time(int64_t seen_time)
{
    known_time time;
    int64_t clock = platform_clock();
    time.earliest = seen_time > BUILD_TIME ? seen_time : BUILD_TIME;
    /* A clock that runs a little behind the service is set; one that shows 1970, or last winter, is not. */
    time.clock_is_set = clock + CLOCK_SLACK >= time.earliest;
    time.now = time.clock_is_set && clock > time.earliest ? clock : time.earliest;
    return time;
}

/* Mbed TLS judges validity by time(), which says 1970 on a board without a battery: every certificate would be "not yet
 * valid", and the device could never ask for the time. So validity is judged here, by what is known:
 *   - expired is expired: notAfter is held against the clock, or against the earliest time it can be;
 *   - "not yet valid" can only be told by a clock that is set.
 * Chain, name, key usage and signature algorithms stay with Mbed TLS; nothing else is forgiven. */
static int judge_validity(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    (void)depth;
    const known_time *time = context;
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    if (time->now > identity_time(&certificate->valid_to)) *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    if (time->clock_is_set && time->now + CLOCK_SLACK < identity_time(&certificate->valid_from))
        *flags |= MBEDTLS_X509_BADCERT_FUTURE;
    return 0;
}

static outcome fail(const char *what, int error)
{
    if (heap_was_exhausted()) return OUTCOME_HEAP;
    fprintf(stderr, "transport: %s: -0x%04x%s\n", what, (unsigned)-error, error == MBEDTLS_ERR_SSL_TIMEOUT ? " (takes too long)" : "");
    return OUTCOME_NETWORK;
}

static int configure(transport *transport, const endpoint *endpoint, credential *credential)
{
    mbedtls_ssl_config *config = &transport->config;
    int error = mbedtls_ssl_config_defaults(
        config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    if (error != 0) return error;
    mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_ciphersuites(config, suites);
    mbedtls_ssl_conf_curves(config, curves);
    mbedtls_ssl_conf_sig_hashes(config, hashes);
    mbedtls_ssl_conf_rng(config, platform_random, NULL);
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(config, &transport->anchors, NULL);
    mbedtls_ssl_conf_verify(config, judge_validity, &transport->time);
    /* Each connection makes one request; a ticket would be heap for nothing. */
    mbedtls_ssl_conf_session_tickets(config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
    /* The server then sends records of at most 4 KB, so a port may build Mbed TLS with buffers of that size. Not less:
     * this version cannot put a handshake message together from several records, and the server's chain must fit. */
    error = mbedtls_ssl_conf_max_frag_len(config, MBEDTLS_SSL_MAX_FRAG_LEN_4096);
    if (error == 0 && credential != NULL)
        error = mbedtls_ssl_conf_own_cert(config, &credential->certificate, &credential->key);
    if (error == 0) error = mbedtls_ssl_setup(&transport->tls, config);
    /* This is also what the certificate is held against. */
    if (error == 0) error = mbedtls_ssl_set_hostname(&transport->tls, endpoint->host);
    return error;
}

static outcome shake_hands(transport *transport)
{
    int error;
    do {
        error = mbedtls_ssl_handshake(&transport->tls);
    } while (error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE);
    if (error == 0) return OUTCOME_OK;

    uint32_t flags = mbedtls_ssl_get_verify_result(&transport->tls);
    if (error != MBEDTLS_ERR_X509_CERT_VERIFY_FAILED || heap_was_exhausted()) return fail("handshake failed", error);
    char why[256];
    mbedtls_x509_crt_verify_info(why, sizeof why, "  ", flags);
    fprintf(stderr, "transport: the server is not the one that this device trusts:\n%s", why);
    return OUTCOME_UNTRUSTED;
}

outcome transport_open(transport *transport, const endpoint *endpoint, credential *credential, known_time time)
{
    transport->socket.file = -1;
    mbedtls_ssl_init(&transport->tls);
    mbedtls_ssl_config_init(&transport->config);
    transport->time = time;
    int64_t deadline = platform_ticks() + endpoint->timeout_ms;
    outcome result = identity_load_anchors(&transport->anchors, endpoint->anchors_path);
    if (result != OUTCOME_OK) return result;

    int error = configure(transport, endpoint, credential);
    if (error != 0) {
        fail("cannot set up TLS", error);
        return heap_was_exhausted() ? OUTCOME_HEAP : OUTCOME_INTERNAL;
    }

    error = socket_open(&transport->socket, endpoint->host, endpoint->port, deadline);
    if (error != 0) return fail("cannot connect", error);
    mbedtls_ssl_set_bio(&transport->tls, &transport->socket, socket_send, socket_receive, NULL);
    return shake_hands(transport);
}

outcome transport_write(transport *transport, const void *bytes, size_t length)
{
    const uint8_t *from = bytes;
    size_t written = 0;
    while (written < length) {
        int count = mbedtls_ssl_write(&transport->tls, from + written, length - written);
        if (count == MBEDTLS_ERR_SSL_WANT_READ || count == MBEDTLS_ERR_SSL_WANT_WRITE) continue;
        if (count < 0) return fail("cannot send", count);
        written += (size_t)count;
    }

    return OUTCOME_OK;
}

outcome transport_read(transport *transport, void *bytes, size_t length, size_t *count)
{
    int result;
    do {
        result = mbedtls_ssl_read(&transport->tls, bytes, length);
    } while (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE);
    *count = result > 0 ? (size_t)result : 0;
    return result >= 0 || result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ? OUTCOME_OK : fail("cannot receive", result);
}

int64_t transport_peer_expiry(const transport *transport)
{
    const mbedtls_x509_crt *peer = mbedtls_ssl_get_peer_cert(&transport->tls);
    return peer == NULL ? 0 : identity_time(&peer->valid_to);
}

void transport_close(transport *transport)
{
    /* Freeing wipes the session keys; a failed farewell does not matter, because the length of the answer is known. */
    mbedtls_ssl_close_notify(&transport->tls);
    mbedtls_ssl_free(&transport->tls);
    mbedtls_ssl_config_free(&transport->config);
    mbedtls_x509_crt_free(&transport->anchors);
    socket_close(&transport->socket);
}
