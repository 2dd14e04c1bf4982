/* A TCP connection that is over at a certain time, whatever the other side does: connects, sends and receives end by then. The calls are what
 * mbedtls_ssl_set_bio takes, and return its errors. A port rewrites socket.c with the calls of its network stack. */
#ifndef SOCKET_H
#define SOCKET_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    int file;
    int64_t deadline; /* of platform_ticks */
} tcp;

/* 0, or an error. Close it whatever the outcome. */
int socket_open(tcp *tcp, const char *host, const char *port, int64_t deadline);

int socket_send(void *tcp, const unsigned char *bytes, size_t length);

int socket_receive(void *tcp, unsigned char *bytes, size_t length);

void socket_close(tcp *tcp);

#endif
