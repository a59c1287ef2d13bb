#include <hostws.h>

/* The last calls of a plug-in before its code is unloaded. */
void before_unload(void)
{
    ws_shutdown(1000);
    ws_queue_discard(0);
}
