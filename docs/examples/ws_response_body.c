#include <hostws.h>
#include <stdio.h>

/* What a server writes beside its refusal often says why. */
void show_refusal(ws_id ws)
{
    char body[2048];
    if (ws_response_body(ws, body, sizeof body) > 0)
        fprintf(stderr, "HTTP %d: %s\n", (int)ws_response_status(ws), body);
}
