#include "http.h"

#include "failpoint.h"

#include <mbedtls/platform_util.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define REQUEST_HEAD_MAX 768

static outcome refuse(const char *why)
{
    fprintf(stderr, "http: %s\n", why);
    return OUTCOME_PROTOCOL;
}

/* The head of a request; its length, or -1 where it does not fit. It may hold a password: wipe it whatever the outcome. */
static int write_head(char head[REQUEST_HEAD_MAX], const endpoint *endpoint, const http_request *request)
{
    bool has_password = request->authorization != NULL;
    int length = snprintf(
        head, REQUEST_HEAD_MAX, "%s %s HTTP/1.1\r\nHost: %s:%s\r\nAccept: %s\r\nConnection: close\r\n%s%s%s",
        request->method, request->path, endpoint->host, endpoint->port, request->accept,
        has_password ? "Authorization: " : "", has_password ? request->authorization : "", has_password ? "\r\n" : "");
    if (length > 0 && length < REQUEST_HEAD_MAX) {
        size_t room = REQUEST_HEAD_MAX - (size_t)length;
        length += request->content_type == NULL
            ? snprintf(head + length, room, "\r\n")
            : snprintf(head + length, room, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                       request->content_type, request->body_length);
    }

    return length >= 0 && length < REQUEST_HEAD_MAX ? length : -1;
}

static outcome send_request(transport *transport, const endpoint *endpoint, const http_request *request)
{
    char head[REQUEST_HEAD_MAX];
    int length = write_head(head, endpoint, request);
    outcome result = length < 0 ? refuse("the request does not fit its buffer") : transport_write(transport, head, (size_t)length);
    mbedtls_platform_zeroize(head, sizeof head);
    if (result == OUTCOME_OK) result = transport_write(transport, request->body, request->body_length);
    FAILPOINT("request-sent");
    return result;
}

/* The length of the head with its empty line, or 0 while that has not come. Bytes, not a string: a body may follow. */
static size_t head_length(const char *bytes, size_t length)
{
    for (size_t i = 4; i <= length; i++)
        if (memcmp(bytes + i - 4, "\r\n\r\n", 4) == 0) return i;
    return 0;
}

/* Reads until the empty line. What came after it is the start of the body, and moves to where that belongs. */
static outcome receive_head(transport *transport, http_response *response)
{
    size_t received = 0;
    while ((response->head_length = head_length(response->head, received)) == 0) {
        if (received == HTTP_HEAD_MAX) return refuse("the head of the answer is larger than 1024 bytes");
        size_t count;
        outcome result = transport_read(transport, response->head + received, HTTP_HEAD_MAX - received, &count);
        if (result != OUTCOME_OK) return result;
        if (count == 0) {
            fprintf(stderr, "http: the connection ended before the answer\n");
            return OUTCOME_NETWORK;
        }

        received += count;
    }

    response->body_length = received - response->head_length;
    memcpy(response->body, response->head + response->head_length, response->body_length);
    response->head[response->head_length] = '\0';
    if (strlen(response->head) != response->head_length) return refuse("the head of the answer is not text");
    return OUTCOME_OK;
}

static outcome receive_body(transport *transport, http_response *response)
{
    int64_t expected = http_number(response, "Content-Length");
    char coding[16];
    http_text(response, "Transfer-Encoding", coding, sizeof coding);
    if (expected < 0 || coding[0] != '\0') return refuse("the answer does not say its length");
    if (expected > HTTP_BODY_MAX) return refuse("the body of the answer is larger than 2048 bytes");
    if (response->body_length > (size_t)expected) return refuse("more came than the answer announced");
    while (response->body_length < (size_t)expected) {
        size_t count;
        outcome result = transport_read(
            transport, response->body + response->body_length, (size_t)expected - response->body_length, &count);
        if (result != OUTCOME_OK) return result;
        if (count == 0) {
            fprintf(stderr, "http: the connection ended in the middle of the answer\n");
            return OUTCOME_NETWORK;
        }

        response->body_length += count;
    }

    return OUTCOME_OK;
}

outcome http_exchange(
    transport *transport, const endpoint *endpoint, const http_request *request, http_response *response)
{
    static const char version[] = "HTTP/1.1 ";
    memset(response, 0, sizeof *response);
    outcome result = send_request(transport, endpoint, request);
    if (result == OUTCOME_OK) result = receive_head(transport, response);
    if (result != OUTCOME_OK) return result;

    const char *digits = response->head + sizeof version - 1;
    if (strncmp(response->head, version, sizeof version - 1) != 0 || strspn(digits, "0123456789") != 3)
        return refuse("the answer is not HTTP/1.1");
    response->status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
    if (response->status == 200 || response->status == 201) return receive_body(transport, response);
    response->body_length = 0;
    return OUTCOME_OK;
}

/* The value of a header, not terminated; NULL when there is none. */
static const char *find(const http_response *response, const char *name, size_t *length)
{
    size_t name_length = strlen(name);
    const char *end = response->head + response->head_length;
    const char *line = strstr(response->head, "\r\n");
    while (line != NULL && (line += 2) < end) {
        const char *line_end = strstr(line, "\r\n");
        if (line_end == NULL || line_end == line) break;
        if (strncasecmp(line, name, name_length) == 0 && line[name_length] == ':') {
            const char *value = line + name_length + 1;
            while (*value == ' ' || *value == '\t') value++;
            while (line_end > value && (line_end[-1] == ' ' || line_end[-1] == '\t')) line_end--;
            *length = (size_t)(line_end - value);
            return value;
        }

        line = line_end;
    }

    return NULL;
}

bool http_has(const http_response *response, const char *name)
{
    size_t length;
    return find(response, name, &length) != NULL;
}

int64_t http_number(const http_response *response, const char *name)
{
    size_t length;
    const char *value = find(response, name, &length);
    if (value == NULL || length < 1 || length > 15) return -1;
    int64_t number = 0;
    for (size_t i = 0; i < length; i++) {
        if (value[i] < '0' || value[i] > '9') return -1;
        number = number * 10 + (value[i] - '0');
    }

    return number;
}

void http_text(const http_response *response, const char *name, char *text, size_t size)
{
    size_t length;
    const char *value = find(response, name, &length);
    if (value == NULL || length >= size) length = 0;
    if (length > 0) memcpy(text, value, length);
    text[length] = '\0';
}
