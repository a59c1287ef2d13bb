/*
 * win32_window: a Windows program with a message loop and one connection, all on one thread.
 *
 *     win32_window [URL]
 *
 * It shows the quotes of the demo server, which says its ports:
 *
 *     cargo run --example demo-server
 *     win32_window ws://127.0.0.1:PORT/ticker
 *
 * The library posts a message to the window when there is something to deliver, so quotes also come while the window
 * is moved or its menu is open.
 */

#define UNICODE
#include <hostws.h>
#include <windows.h>

#include <stdio.h>
#include <string.h>

enum { MESSAGE_FOR_SOCKETS = WM_APP + 1, LINES = 14, WIDTH = 100 };

static struct {
    HWND window;
    ws_id ws;
    char lines[LINES][WIDTH];
    long received;
} shown;

/* Adds a line, and drops the oldest. */
static void show(const char *line)
{
    memmove(shown.lines[0], shown.lines[1], sizeof shown.lines - sizeof shown.lines[0]);
    snprintf(shown.lines[LINES - 1], WIDTH, "%s", line);
    InvalidateRect(shown.window, NULL, TRUE);
}

static void on_open(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)event, (void)user_data;
    show("connected");
}

static void on_message(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)user_data;
    shown.received++;
    show(event->data);
}

static void on_error(ws_id ws, const ws_event *event, void *user_data)
{
    (void)ws, (void)user_data;
    for (int i = 0; i < event->error_count; i++) {
        show(event->errors[i].message);
    }
}

static void on_terminate(ws_id ws, const ws_event *event, void *user_data)
{
    char line[WIDTH];

    (void)ws, (void)user_data;
    snprintf(line, sizeof line, "closed: %d %s", (int)event->code, event->reason);
    show(line);
}

static void paint(HWND window)
{
    PAINTSTRUCT state;
    HDC context = BeginPaint(window, &state);
    char status[WIDTH];

    SelectObject(context, GetStockObject(ANSI_FIXED_FONT));
    SetBkMode(context, TRANSPARENT);
    snprintf(status, sizeof status, "%s, %ld messages", ws_status_name(ws_status(shown.ws)), shown.received);
    TextOutA(context, 10, 8, status, (int)strlen(status));
    for (int i = 0; i < LINES; i++) {
        TextOutA(context, 10, 36 + 18 * i, shown.lines[i], (int)strlen(shown.lines[i]));
    }
    EndPaint(window, &state);
}

static LRESULT CALLBACK procedure(HWND window, UINT message, WPARAM wparam, LPARAM lparam)
{
    switch (message) {
    case MESSAGE_FOR_SOCKETS:
        ws_poll((ws_queue)wparam, 0, 0);
        return 0;
    case WM_PAINT:
        paint(window);
        return 0;
    case WM_DESTROY:
        /* Nothing is to be drawn any more; the connection closes in ws_shutdown(). */
        ws_queue_post_message(0, NULL, 0);
        PostQuitMessage(0);
        return 0;
    default:
        return DefWindowProcW(window, message, wparam, lparam);
    }
}

int WINAPI WinMain(HINSTANCE instance, HINSTANCE previous, LPSTR command_line, int how)
{
    WNDCLASSW window_class = {0};
    ws_handler handler = {0};
    MSG message;
    const char *url = command_line[0] != 0 ? command_line : "ws://127.0.0.1:8080/ticker";

    (void)previous;
    window_class.lpfnWndProc = procedure;
    window_class.hInstance = instance;
    window_class.hCursor = LoadCursor(NULL, IDC_ARROW);
    window_class.hbrBackground = (HBRUSH)(COLOR_WINDOW + 1);
    window_class.lpszClassName = L"hostws";
    RegisterClassW(&window_class);
    shown.window = CreateWindowExW(0, L"hostws", L"hostws: quotes", WS_OVERLAPPEDWINDOW, CW_USEDEFAULT, CW_USEDEFAULT,
        640, 360, NULL, NULL, instance, NULL);
    if (shown.window == NULL || ws_queue_post_message(0, shown.window, MESSAGE_FOR_SOCKETS) != HOSTWS_OK) {
        return 1;
    }
    ShowWindow(shown.window, how);

    handler.struct_size = sizeof handler;
    handler.on_open = on_open;
    handler.on_message = on_message;
    handler.on_error = on_error;
    handler.on_terminate = on_terminate;
    shown.ws = ws_new(url, &handler, NULL);
    if (shown.ws < 0) {
        show(ws_last_error_message());
    }
    while (GetMessageW(&message, NULL, 0, 0) > 0) {
        TranslateMessage(&message);
        DispatchMessageW(&message);
    }
    ws_shutdown(2000);
    return (int)message.wParam;
}
