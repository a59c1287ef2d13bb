#include <hostws.h>
#include <stdio.h>

void show_url(ws_id ws)
{
    char url[256];
    int64_t length = ws_url(ws, url, sizeof url);
    if (length >= 0)
        printf("%s%s\n", url, length >= (int64_t)sizeof url ? "..." : "");
}
