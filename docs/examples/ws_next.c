#include <hostws.h>
#include <stdio.h>

/* Prints what comes until no connection is left. */
void print_all(void)
{
    for (;;) {
        const ws_event *event = ws_next(0, -1);
        if (event != NULL && event->type == HOSTWS_EVENT_MESSAGE)
            printf("%.*s\n", (int)event->length, event->data);
        else if (event == NULL && ws_last_error() != HOSTWS_E_TIMEOUT)
            break; /* HOSTWS_E_IDLE; a timeout is a signal or ws_wake() */
    }
}
