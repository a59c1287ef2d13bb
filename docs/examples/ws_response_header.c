#include <hostws.h>
#include <stdio.h>

/* How the server limits its clients, if it says so. */
void show_limit(ws_id ws)
{
    char value[64];
    if (ws_response_header(ws, "X-RateLimit-Remaining", value, sizeof value) >= 0)
        printf("requests left: %s\n", value);
}
