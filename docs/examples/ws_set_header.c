#include <hostws.h>
#include <stdio.h>

const char *fresh_token(void);

/* Each attempt gets a token of its own. */
void on_event(ws_id ws, const ws_event *event, void *user_data)
{
    (void)user_data;
    if (event->type == HOSTWS_EVENT_RECONNECTING) {
        char bearer[512];
        snprintf(bearer, sizeof bearer, "Bearer %s", fresh_token());
        ws_set_header(ws, "Authorization", bearer);
    }
}
