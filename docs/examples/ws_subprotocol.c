#include <hostws.h>
#include <string.h>

int speaks_mqtt(ws_id ws)
{
    char chosen[32];
    return ws_subprotocol(ws, chosen, sizeof chosen) > 0 && strcmp(chosen, "mqtt") == 0;
}
