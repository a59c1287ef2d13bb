#include <hostws.h>
#include <stddef.h>

/* NULL from ws_next() has a reason. */
int is_over(ws_queue queue)
{
    return ws_next(queue, 0) == NULL && ws_last_error() == HOSTWS_E_IDLE;
}
