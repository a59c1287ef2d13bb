#include <hostws.h>

int speaks_json(ws_id ws)
{
    return ws_data_type(ws) == HOSTWS_OBJECT;
}
