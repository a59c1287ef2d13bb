#include <hostws.h>
#include <stdio.h>

/* Writes the server's certificate where other tools can read it. */
int save_certificate(ws_id ws, FILE *file)
{
    char der[8192];
    int64_t length = ws_peer_certificate(ws, der, sizeof der);
    if (length < 0 || length > (int64_t)sizeof der)
        return 0;
    return fwrite(der, 1, (size_t)length, file) == (size_t)length;
}
