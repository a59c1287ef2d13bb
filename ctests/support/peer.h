/* The server of the tests: a separate process, which ends with the test. */
#ifndef PEER_H
#define PEER_H

#ifdef __cplusplus
extern "C" {
#endif

/* Starts it. Call this before any function of the library, because it forks. */
void peer_start(void);
/* Ends it now; without this it ends at exit. */
void peer_stop(void);
/* A URL on its port of that kind ("ws", "wss", "raw", "closed" ...). One of a few buffers of this thread. */
const char *peer_url(const char *kind, const char *path);
/* The same with this host instead of 127.0.0.1. */
const char *peer_url_at(const char *kind, const char *host, const char *path);
int peer_port(const char *kind);
/* "@" and the file of the authority that signed the certificate of its wss port. */
const char *peer_ca(void);
/*
 * "@" and the file that goes with that kind of port: "wss-mutual" lets in the client whose certificate and key are in
 * its file; in that of "wss-encrypted" the key is encrypted with "open sesame". That of "unix" is a socket which leads
 * to the port of "ws".
 */
const char *peer_file(const char *kind);

#ifdef __cplusplus
}
#endif

#endif
