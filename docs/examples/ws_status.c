#include <hostws.h>

/* Whether a message would be accepted: it waits while the connection opens. */
int can_send(ws_id ws)
{
    int32_t status = ws_status(ws);
    return status == HOSTWS_CONNECTING || status == HOSTWS_CONNECTED;
}
