#include <hostws.h>
#include <stddef.h>

/* A connection that any thread may serve, one at a time. */
ws_id open_shared(const char *url, ws_queue *queue)
{
    *queue = ws_queue_new();
    if (*queue < 0)
        return *queue;
    ws_options options = {.struct_size = sizeof options, .queue = *queue};
    return ws_new(url, NULL, &options);
}
