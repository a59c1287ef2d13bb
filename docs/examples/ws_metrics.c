#include <hostws.h>
#include <stdio.h>

void answer_a_scrape(FILE *client)
{
    char text[16384];
    int64_t length = ws_metrics(text, sizeof text);
    if (length < 0 || length >= (int64_t)sizeof text)
        return;
    fprintf(client, "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\n"
                    "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n\r\n%s",
            (long long)length, text);
}
