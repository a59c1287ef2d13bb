#ifdef _WIN32
#include <hostws.h>
#include <windows.h>

enum { MESSAGE_FOR_SOCKETS = WM_APP + 1 };

LRESULT CALLBACK window_procedure(HWND window, UINT message, WPARAM wparam, LPARAM lparam)
{
    switch (message) {
    case WM_CREATE:
        ws_queue_post_message(0, window, MESSAGE_FOR_SOCKETS);
        return 0;
    case MESSAGE_FOR_SOCKETS:
        ws_poll((ws_queue)wparam, 0, 0);
        return 0;
    case WM_DESTROY:
        ws_queue_post_message(0, NULL, 0);
        PostQuitMessage(0);
        return 0;
    }
    return DefWindowProcW(window, message, wparam, lparam);
}
#endif
