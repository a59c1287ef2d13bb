#include <hostws.h>
#include <stdio.h>

void on_error(ws_id ws, const ws_event *event, void *user_data)
{
    (void)user_data;
    if (ws_response_status(ws) == 401)
        fprintf(stderr, "The server wants other credentials.\n");
    else
        fprintf(stderr, "%s\n", event->errors[event->error_count - 1].message);
}
