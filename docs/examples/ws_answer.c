#include <hostws.h>
#include <stddef.h>

/* With options.ask = HOSTWS_ASK_CREDENTIALS: the server has refused the old token. */
void on_event(ws_id ws, const ws_event *event, void *user_data)
{
    const char *token = user_data;
    if (event->type == HOSTWS_EVENT_ASK && event->flags == HOSTWS_ASK_CREDENTIALS)
        ws_answer(ws, event->code, token != NULL ? token : "refuse", -1);
}
