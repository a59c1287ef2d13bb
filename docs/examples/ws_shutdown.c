#include <hostws.h>
#include <stdio.h>

/* Lets what was sent leave, and closes every connection, within two seconds. */
int end_program(void)
{
    if (ws_shutdown(2000) == HOSTWS_OK)
        return 0;
    fprintf(stderr, "%s\n", ws_last_error_message());
    return 1;
}
