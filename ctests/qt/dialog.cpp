/* A message box inside on_message, with Qt's event loop on the queue's descriptor: it does not spin, other
 * connections are heard meanwhile, and what came for its own connection follows when it is closed. */
#include "check.h"
#include "peer.h"
#include "record.h"

#include <QApplication>
#include <QMessageBox>
#include <QSocketNotifier>
#include <QTimer>

#include <cstring>

namespace {

int notified, depth, heard_in_dialog;
record first, other;

void open_a_dialog(ws_id, const ws_event* event, void*) {
  if (event->type != HOSTWS_EVENT_MESSAGE) return;
  CHECK_INT(depth++, 0); // the callbacks of a connection never nest
  if (first.messages == 1) {
    const int before = notified;
    QMessageBox box(QMessageBox::Information, "A message", QString::fromUtf8(event->data));
    // While it is open, more messages come for its own connection and for another.
    QTimer::singleShot(0, [] {
      for (int i = 0; i < 20; i++) CHECK_INT(ws_send(first.ws, "more", -1, 0), HOSTWS_OK);
    });
    QTimer::singleShot(300, [] { CHECK_INT(ws_send(other.ws, "meanwhile", -1, 0), HOSTWS_OK); });
    QTimer watch;
    QObject::connect(&watch, &QTimer::timeout, [&box] {
      if (other.messages == 0) return;
      heard_in_dialog = depth;
      QTimer::singleShot(300, &box, &QMessageBox::accept);
    });
    watch.start(10);
    box.exec();
    CHECK_INT(first.messages, 1);
    CHECK_INT(other.messages, 1);
    // One for the message of the other, and a few to spare. A loop that spins has a hundred thousand a second.
    CHECK(notified - before < 50);
  }
  depth--;
  if (first.messages == 21) QCoreApplication::quit();
}

}  // namespace

int main(int argc, char** argv) {
  peer_start();
  QApplication app(argc, argv);
  first.hook = open_a_dialog;
  record_open(&first, peer_url("ws", "/echo"), nullptr);
  record_open(&other, peer_url("ws", "/echo"), nullptr);
  PUMP(first.opens && other.opens);

  QSocketNotifier notifier(static_cast<qintptr>(ws_queue_fd(0)), QSocketNotifier::Read);
  QObject::connect(&notifier, &QSocketNotifier::activated, [] {
    notified++;
    CHECK(ws_poll(0, 0, 0) >= 0);
  });
  QTimer::singleShot(PATIENCE_MS, [] { check_failed(__FILE__, __LINE__, "in time: the end"); });
  CHECK_INT(ws_send(first.ws, "hello", -1, 0), HOSTWS_OK);
  QCoreApplication::exec();

  CHECK_INT(first.messages, 21);
  CHECK_INT(heard_in_dialog, 1);
  record_close(&first);
  record_close(&other);
  CHECK_INT(ws_shutdown(PATIENCE_MS), HOSTWS_OK);
  return 0;
}
