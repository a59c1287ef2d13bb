#include <hostws.h>
#include <stdio.h>
#include <stdlib.h>

/* Prints each event as JSON. An event that has no room stays for the next call. */
void print_json(void)
{
    int64_t size = 4096, length = 0;
    char *buffer = malloc((size_t)size);
    while (buffer != NULL && (length = ws_next_json(0, -1, buffer, size)) != HOSTWS_E_IDLE) {
        if (length >= size) {
            free(buffer);
            size = length + 1;
            buffer = malloc((size_t)size);
        } else if (length > 0) {
            puts(buffer);
        }
    }
    free(buffer);
}
