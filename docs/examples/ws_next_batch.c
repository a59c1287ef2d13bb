#include <hostws.h>

/* Adds up what comes, up to 64 events with each call. */
int64_t count_bytes(ws_queue queue)
{
    ws_event events[64];
    int64_t bytes = 0;
    int32_t count;
    do {
        events[0].struct_size = sizeof events[0];
        count = ws_next_batch(queue, events, 64, 1000);
        for (int32_t i = 0; i < count; i++)
            bytes += events[i].length;
    } while (count > 0);
    return bytes;
}
