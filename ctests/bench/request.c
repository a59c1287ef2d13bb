/* The upgrade request, and the line that replaces it on a raw connection. */
#define _GNU_SOURCE
#include "server.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST_MAX = 8192 };

static bool parse_path(connection *c, const char *path) {
    unsigned long size = 0, count = 0, tick_ns = 0;
    c->answer_first = 0x82;
    if (sscanf(path, "/flood-text/%lu/%lu", &size, &count) == 2) {
        c->task = FLOOD;
        c->answer_first = 0x81;
    } else if (sscanf(path, "/flood/%lu/%lu", &size, &count) == 2) {
        c->task = FLOOD;
    } else if (sscanf(path, "/sink/%lu/%lu", &size, &count) == 2) {
        c->task = SINK;
    } else if (sscanf(path, "/weigh/%lu", &count) == 1) {
        c->task = WEIGH;
    } else if (sscanf(path, "/json/%lu", &count) == 1) {
        c->task = JSON;
    } else if (sscanf(path, "/ticks/%lu/%lu/%lu", &size, &count, &tick_ns) == 3 && size >= sizeof(uint64_t)) {
        c->task = TICKS;
    } else if (strncmp(path, "/pings", 6) == 0) {
        c->task = PINGS;
    } else if (strncmp(path, "/echo", 5) == 0) {
        c->task = ECHO;
    } else {
        return false;
    }
    c->message_size = size;
    c->message_count = count;
    c->tick_ns = tick_ns;
    return true;
}

static int accept_key(const char *key, size_t size, char *accept) {
    char joined[128];
    unsigned char digest[SHA_DIGEST_LENGTH];
    int length = snprintf(joined, sizeof joined, "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", (int)size, key);
    SHA1((unsigned char *)joined, (size_t)length, digest);
    return EVP_EncodeBlock((unsigned char *)accept, digest, sizeof digest);
}

/* The line that accepts what was offered, or nothing. Which of the two parameters: both or none. */
static const char *accept_deflate(connection *c) {
    c->is_deflated = strcasestr(c->request, "permessage-deflate") != NULL;
    c->is_fresh = strcasestr(c->request, "server_no_context_takeover") != NULL;
    if (!c->is_deflated) {
        return "";
    }
    return c->is_fresh ? "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                         "client_no_context_takeover\r\n"
                       : "Sec-WebSocket-Extensions: permessage-deflate\r\n";
}

static void answer(connection *c, bytes *out) {
    char *text = (char *)out->data + out->size;
    if (c->is_raw) {
        out->size += (size_t)sprintf(text, "ok\n");
        return;
    }
    const char *name = strcasestr(c->request, "\r\nSec-WebSocket-Key:");
    const char *key = name ? name + strlen("\r\nSec-WebSocket-Key:") : NULL;
    if (!key) {
        out->size += (size_t)sprintf(text, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        c->is_ending = true;
        return;
    }
    key += strspn(key, " ");
    char accept[64];
    accept_key(key, strcspn(key, " \r\n"), accept);
    out->size += (size_t)sprintf(text,
                                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                 "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
                                 accept, accept_deflate(c));
}

bool request_read(connection *c, const uint8_t **data, size_t *size, bytes *out) {
    if (!c->request) {
        c->request = malloc(REQUEST_MAX + 1);
    }
    size_t before = c->request_size;
    size_t taken = *size < REQUEST_MAX - before ? *size : REQUEST_MAX - before;
    memcpy(c->request + before, *data, taken);
    c->request_size += taken;
    c->request[c->request_size] = 0;

    c->is_raw = strncmp(c->request, "RAW ", 4) == 0;
    const char *mark = c->is_raw ? "\n" : "\r\n\r\n";
    const char *end = strstr(c->request, mark);
    if (!end) {
        c->is_ending = c->request_size == REQUEST_MAX;
        return false;
    }
    size_t used = (size_t)(end - c->request) + strlen(mark) - before;
    *data += used;
    *size -= used;
    if (parse_path(c, c->request + 4)) {
        answer(c, out);
    } else {
        c->is_ending = true;
    }
    free(c->request);
    c->request = NULL;
    return !c->is_ending;
}
