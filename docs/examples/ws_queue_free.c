#include <hostws.h>

/* Ends a plug-in's connections, and no others. */
void end_plugin(ws_queue queue)
{
    while (ws_queue_free(queue) == HOSTWS_E_BUSY)
        ws_wake(queue); /* a thread of ours still polls it */
}
