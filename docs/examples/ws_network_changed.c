#include <hostws.h>

/* The system calls this when the machine is in another network. */
void on_network(void)
{
    ws_network_changed();
}
