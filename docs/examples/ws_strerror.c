#include <hostws.h>
#include <stdio.h>

void explain(int32_t code)
{
    printf("%d: %s\n", (int)code, ws_strerror(code));
}
