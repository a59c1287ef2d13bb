/* The smallest program that shows that the header, the library and the loader agree. */
#include <hostws.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    ws_handler handler;
    memset(&handler, 0, sizeof handler);
    handler.struct_size = sizeof handler;

    ws_id ws = ws_new("no address", &handler, NULL);
    printf("hostws %s: %d, %s\n", ws_version(), (int)ws, ws_last_error_message());
    return ws < 0 && ws_last_error() == ws && ws_last_error_message()[0] != '\0' ? 0 : 1;
}
