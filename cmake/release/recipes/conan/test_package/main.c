#include <hostws.h>
#include <stdio.h>

int main(void) {
    printf("hostws %s\n", ws_version());
    return ws_new("not a URL", NULL, NULL) != HOSTWS_E_URL;
}
