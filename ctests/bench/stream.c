#include "stream.h"

#include <errno.h>
#include <openssl/x509.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t plain_result(ssize_t moved) {
    if (moved >= 0) {
        return moved;
    }
    return errno == EAGAIN || errno == EINTR ? -1 : 0;
}

static ssize_t tls_result(stream *stream, int moved) {
    if (moved > 0) {
        return moved;
    }
    int error = SSL_get_error(stream->tls, moved);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? -1 : 0;
}

ssize_t stream_read(stream *stream, void *data, size_t size) {
    if (!stream->tls) {
        return plain_result(recv(stream->fd, data, size, 0));
    }
    return tls_result(stream, SSL_read(stream->tls, data, (int)size));
}

ssize_t stream_write(stream *stream, const void *data, size_t size) {
    if (!stream->tls) {
        return plain_result(send(stream->fd, data, size, MSG_NOSIGNAL));
    }
    return tls_result(stream, SSL_write(stream->tls, data, (int)size));
}

void stream_close(stream *stream) {
    if (stream->tls) {
        SSL_shutdown(stream->tls);
        SSL_free(stream->tls);
    }
    close(stream->fd);
}

SSL_CTX *stream_server_context(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 3600);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, key);
    if (!X509_sign(certificate, key, EVP_sha256()) || SSL_CTX_use_certificate(context, certificate) != 1 ||
        SSL_CTX_use_PrivateKey(context, key) != 1) {
        fprintf(stderr, "no certificate could be made\n");
        exit(1);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return context;
}
