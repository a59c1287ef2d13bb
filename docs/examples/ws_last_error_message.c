#include <hostws.h>
#include <stdio.h>

void check(int32_t result)
{
    if (result < 0)
        fprintf(stderr, "error %d: %s\n", (int)result, ws_last_error_message());
}
