#include <hostws.h>
#include <stdio.h>

/* Returns 1 if the line was accepted; 0: try again after the DRAIN event; -1: it never will be. */
int send_line(ws_id ws, const char *line)
{
    switch (ws_send(ws, line, -1, HOSTWS_TEXT)) {
    case HOSTWS_OK:
        return 1;
    case HOSTWS_E_AGAIN:
        return 0;
    default:
        fprintf(stderr, "%s\n", ws_last_error_message());
        return -1;
    }
}
