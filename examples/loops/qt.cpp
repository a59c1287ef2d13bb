// hostws in Qt's event loop: a notifier on the queue's descriptor. A dialog inside on_message is allowed.
#include <hostws.h>

#include <QApplication>
#include <QMessageBox>
#include <QSocketNotifier>
#include <QTimer>
#include <cstdio>

static void on_open(ws_id ws, const ws_event*, void*) { ws_send(ws, "hello", -1, HOSTWS_TEXT); }

static void on_message(ws_id ws, const ws_event* event, void*) {
  std::puts(event->data);
  // While it is open, other connections go on; the next message of this one waits until it is closed.
  QMessageBox box(QMessageBox::Information, "A message", QString::fromUtf8(event->data, event->length));
  QTimer::singleShot(1500, &box, &QMessageBox::accept); // for whoever does not click
  box.exec();
  ws_terminate(ws, 1000, nullptr);
}

static void on_terminate(ws_id, const ws_event* event, void*) {
  std::printf("closed: %d %s\n", static_cast<int>(event->code), event->reason);
  QCoreApplication::quit();
}

int main(int argc, char** argv) {
  QApplication app(argc, argv);
  QApplication::setQuitOnLastWindowClosed(false);

  QSocketNotifier notifier(static_cast<qintptr>(ws_queue_loop_fd(0)), QSocketNotifier::Read);
  QObject::connect(&notifier, &QSocketNotifier::activated, [] { ws_poll(0, 0, 0); });

  ws_handler handler = {};
  handler.struct_size = sizeof handler;
  handler.on_open = on_open;
  handler.on_message = on_message;
  handler.on_terminate = on_terminate;
  if (argc < 2 || ws_new(argv[1], &handler, nullptr) < 0) {
    std::fprintf(stderr, "%s\n", argc < 2 ? "usage: qt URL" : ws_last_error_message());
    return 1;
  }
  return QApplication::exec();
}
