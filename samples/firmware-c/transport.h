/* TLS 1.2 to the service, with a client certificate or, where a token does instead, without one. */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include "identity.h"
#include "outcome.h"
#include "socket.h"

#include <mbedtls/ssl.h>

#define HOST_MAX 128

/* Where the service is, how to know it, and how long to wait for it. */
typedef struct {
    char host[HOST_MAX];
    char port[6];
    const char *anchors_path;
    uint32_t timeout_ms; /* for all of an exchange, from connecting to the end of the answer */
} endpoint;

/* What is known about the time: true time is never before `earliest`; `now` is the clock, when it can be believed. */
typedef struct {
    int64_t earliest;
    int64_t now;
    bool clock_is_set;
} known_time;

typedef struct {
    tcp socket;
    mbedtls_ssl_context tls;
    mbedtls_ssl_config config;
    mbedtls_x509_crt anchors;
    known_time time;
} transport;

/* Takes https://host[:port]. */
bool endpoint_parse(endpoint *endpoint, const char *url);

/* What the clock is worth, given the latest time that the service has told. */
known_time transport_time(int64_t seen_time);

/* Connects and proves both ends to each other; only the service, where the credential is NULL. Close it whatever the outcome. */
outcome transport_open(transport *transport, const endpoint *endpoint, credential *credential, known_time time);

outcome transport_write(transport *transport, const void *bytes, size_t length);

/* Reads at least one byte, at most `length`; 0 in `count` is the end. */
outcome transport_read(transport *transport, void *bytes, size_t length, size_t *count);

/* Until when the certificate of the service is valid, in Unix seconds. */
int64_t transport_peer_expiry(const transport *transport);

void transport_close(transport *transport);

#endif
