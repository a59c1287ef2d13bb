#include <hostws.h>
#include <stdio.h>

/* The answer comes as a PONG event with the same payload, and with round_trip_us. */
void measure(ws_id ws)
{
    if (ws_ping(ws, "measure", -1) < 0)
        fprintf(stderr, "%s\n", ws_last_error_message());
}
