#include <hostws.h>

/* Whether there is enough to make it worth while to update the window. */
int is_worth_drawing(void)
{
    return ws_pending(0) > 0;
}
