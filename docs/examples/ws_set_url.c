#include <hostws.h>
#include <stdio.h>

/* Goes on where the stream broke off. */
void resume_after(ws_id ws, unsigned long sequence)
{
    char url[128];
    snprintf(url, sizeof url, "wss://quotes.example/stream?after=%lu", sequence);
    if (ws_set_url(ws, url) < 0)
        fprintf(stderr, "%s\n", ws_last_error_message());
}
