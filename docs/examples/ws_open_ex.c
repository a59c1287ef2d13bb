#include <hostws.h>
#include <stdio.h>

/* The error message comes with the result, whatever thread asks for it later. */
ws_id open_with_words(const char *url, const char *options_json)
{
    char words[1024];
    ws_id ws = ws_open_ex(url, options_json, NULL, words, sizeof words);
    if (ws < 0)
        fprintf(stderr, "cannot open %s: %s\n", url, words);
    return ws;
}
