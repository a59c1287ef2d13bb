#include <hostws.h>
#include <stdio.h>

void show_headers(ws_id ws)
{
    char name[256], value[1024];
    for (int32_t i = 0; ws_response_header_at(ws, i, name, sizeof name, value, sizeof value) >= 0; i++)
        printf("%s: %s\n", name, value);
}
