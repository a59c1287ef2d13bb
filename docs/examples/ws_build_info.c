#include <hostws.h>
#include <stdio.h>

/* For a bug report: which OpenSSL is inside? */
void show_build(void)
{
    printf("%s\n", ws_build_info());
}
