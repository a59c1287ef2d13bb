/* A TCP connection or TLS over one, blocking or not, with the same two calls. */
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct stream {
    int fd;
    SSL *tls; /* NULL: plain */
} stream;

/* Bytes moved; 0 at the end of the stream or after an error; -1 if it would block. */
ssize_t stream_read(stream *stream, void *data, size_t size);
ssize_t stream_write(stream *stream, const void *data, size_t size);
void stream_close(stream *stream);

/* A server's context, with a certificate of its own that is made on the spot. */
SSL_CTX *stream_server_context(void);

#endif
