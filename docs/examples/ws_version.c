#include <hostws.h>
#include <stdio.h>

void show_version(void)
{
    printf("hostws %s\n", ws_version());
}
