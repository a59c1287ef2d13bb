#ifdef _WIN32
#include <hostws.h>
#include <windows.h>

/* A loop of one's own on Windows: messages for windows, and the connections. */
void run(void)
{
    HANDLE events = ws_queue_handle(0);
    MSG message;

    for (;;) {
        MsgWaitForMultipleObjects(1, &events, FALSE, INFINITE, QS_ALLINPUT);
        ws_poll(0, 0, 0);
        while (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE)) {
            if (message.message == WM_QUIT)
                return;
            TranslateMessage(&message);
            DispatchMessageW(&message);
        }
    }
}
#endif
