#include <hostws.h>

/* How far a slow server is behind. */
int is_congested(ws_id ws)
{
    return ws_buffered_amount(ws) > 256 * 1024;
}
