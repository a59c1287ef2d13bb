#include <hostws.h>

/* The program was compiled with one header and runs with another library. */
int is_library_old(void)
{
    return ws_version_number() < HOSTWS_VERSION_NUMBER;
}
