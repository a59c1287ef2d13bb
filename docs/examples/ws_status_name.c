#include <hostws.h>
#include <stdio.h>

void show_status(ws_id ws)
{
    printf("connection %d is %s\n", (int)ws, ws_status_name(ws_status(ws)));
}
