/* The descriptors of ws_queue_fd() and ws_wake_fd(), which are sockets. */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

int is_socket(intptr_t fd);
/* Waits until it is readable, without any other condition. Returns 0 if the time is up. */
int is_readable(intptr_t fd, int timeout_ms);
/* Reads all available bytes. */
void read_all(intptr_t fd);
void close_socket(intptr_t fd);
/* Writes a byte. Returns 1, or less if it failed. */
int write_byte(intptr_t fd);

#ifdef __cplusplus
}
#endif

#endif
