/* One HTTP/1.1 request and its answer, in fixed buffers. */
#ifndef HTTP_H
#define HTTP_H

#include "transport.h"

#define HTTP_HEAD_MAX 1024
#define HTTP_BODY_MAX 2048
#define HTTP_ERROR_MAX 40

typedef struct {
    const char *method;
    const char *path;    /* with the query */
    const char *accept;
    const char *authorization; /* NULL when the certificate says who asks, as it mostly does */
    const char *content_type; /* NULL when there is no body */
    const uint8_t *body;
    size_t body_length;
} http_request;

typedef struct {
    int status;
    size_t head_length;
    char head[HTTP_HEAD_MAX + 1];
    size_t body_length;  /* 0 unless the status is 200 or 201: what an error says in words, nobody here reads */
    uint8_t body[HTTP_BODY_MAX];
} http_response;

/* Sends and receives. What is larger than the buffers, chunked or not HTTP/1.1 is OUTCOME_PROTOCOL. */
outcome http_exchange(
    transport *transport, const endpoint *endpoint, const http_request *request, http_response *response);

/* A header as a number, or -1 when it is missing or not a number. */
int64_t http_number(const http_response *response, const char *name);

/* Whether there is such a header, whatever it says. */
bool http_has(const http_response *response, const char *name);

/* A header as text; empty when it is missing or does not fit. */
void http_text(const http_response *response, const char *name, char *text, size_t size);

#endif
