#include <hostws.h>
#include <stddef.h>

/* Gets the user_data back where there is only an id. */
void *user_data_of(ws_id ws)
{
    ws_handler handler = {.struct_size = sizeof handler};
    return ws_get_handler(ws, &handler) == HOSTWS_OK ? handler.user_data : NULL;
}
