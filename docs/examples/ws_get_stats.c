#include <hostws.h>
#include <stdio.h>

void show_traffic(ws_id ws)
{
    ws_stats stats = {.struct_size = sizeof stats};
    if (ws_get_stats(ws, &stats) == HOSTWS_OK)
        printf("%llu messages in, %llu out, round trip %llu us\n", (unsigned long long)stats.messages_received,
               (unsigned long long)stats.messages_sent, (unsigned long long)stats.round_trip_us);
}
