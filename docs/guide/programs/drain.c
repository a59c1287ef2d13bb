#include <hostws.h>
#include <stddef.h>

const char *next_line(void);  /* of your program: NULL when there is none */
void put_back(const char *);  /* of your program: the next line is this one again */

/* Sends all lines that fit. Called at the beginning, and again by each DRAIN. */
static void send_lines(ws_id ws)
{
    const char *line;
    while ((line = next_line()) != NULL) {
        if (ws_send(ws, line, -1, HOSTWS_TEXT) == HOSTWS_E_AGAIN) {
            put_back(line);
            return;
        }
    }
}

void on_event(ws_id ws, const ws_event *event, void *user_data)
{
    (void)user_data;
    if (event->type == HOSTWS_EVENT_DRAIN)
        send_lines(ws);
}
