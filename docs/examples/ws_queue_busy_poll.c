#include <hostws.h>

/* This thread has a core to itself: it looks for 100 microseconds before it sleeps. */
void prepare_trading_thread(void)
{
    ws_queue_busy_poll(0, 100);
}
