#include "socket.h"

#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Until something can be done, or the time is over. The time counts also where there is always something to do: a peer that sends a byte now
 * and then, or records without end, gets no more of it than one that is silent. */
static bool wait_for(int file, short what, int64_t deadline)
{
    struct pollfd wanted = { .fd = file, .events = what };
    for (;;) {
        int64_t left = deadline - platform_ticks();
        if (left <= 0) return false;
        int ready = poll(&wanted, 1, (int)left);
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return true; /* the call that follows says what is wrong */
    }
}

static bool connect_to(int file, const struct addrinfo *address, int64_t deadline)
{
    if (fcntl(file, F_SETFL, O_NONBLOCK) != 0) return false;
    if (connect(file, address->ai_addr, address->ai_addrlen) == 0) return true;
    int error = errno;
    socklen_t size = sizeof error;
    return error == EINPROGRESS && wait_for(file, POLLOUT, deadline)
        && getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

int socket_open(tcp *tcp, const char *host, const char *port, int64_t deadline)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP };
    struct addrinfo *addresses;
    tcp->file = -1;
    tcp->deadline = deadline;
    if (getaddrinfo(host, port, &hints, &addresses) != 0) return MBEDTLS_ERR_NET_UNKNOWN_HOST;

    int left = 0;
    for (const struct addrinfo *address = addresses; address != NULL; address = address->ai_next) left++;
    for (const struct addrinfo *address = addresses; address != NULL && tcp->file < 0; address = address->ai_next, left--) {
        /* One that does not answer leaves the others their share. */
        int64_t now = platform_ticks();
        int file = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
        if (file < 0) continue;
        if (connect_to(file, address, now + (deadline - now) / left)) tcp->file = file;
        else close(file);
    }

    freeaddrinfo(addresses);
    return tcp->file < 0 ? MBEDTLS_ERR_NET_CONNECT_FAILED : 0;
}

int socket_send(void *context, const unsigned char *bytes, size_t length)
{
    const tcp *tcp = context;
    if (!wait_for(tcp->file, POLLOUT, tcp->deadline)) return MBEDTLS_ERR_SSL_TIMEOUT;
    ssize_t count = send(tcp->file, bytes, length, MSG_NOSIGNAL);
    if (count >= 0) return (int)count;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_NET_SEND_FAILED;
}

int socket_receive(void *context, unsigned char *bytes, size_t length)
{
    const tcp *tcp = context;
    if (!wait_for(tcp->file, POLLIN, tcp->deadline)) return MBEDTLS_ERR_SSL_TIMEOUT;
    ssize_t count = recv(tcp->file, bytes, length, 0);
    if (count >= 0) return (int)count;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_NET_RECV_FAILED;
}

void socket_close(tcp *tcp)
{
    if (tcp->file >= 0) close(tcp->file);
    tcp->file = -1;
}
