/*
 * Fetches lists of revoked certificates: fetch_list URL...
 *
 * Wine accepts no certificate without one, and looks for it only among those that it has fetched before.
 */
#include <windows.h>
#include <wincrypt.h>

#include <stdio.h>

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        void *list = NULL;
        if (!CryptRetrieveObjectByUrlA(argv[i], CONTEXT_OID_CRL, 0, 60000, &list, NULL, NULL, NULL, NULL)) {
            return fprintf(stderr, "%s: error %lu\n", argv[i], GetLastError()), 1;
        }
        CertFreeCRLContext(list);
    }
    return 0;
}
