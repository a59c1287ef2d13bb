package hostws

// The calls of the library. No other file knows C.

/*
#cgo CFLAGS: -I${SRCDIR}
#cgo !hostws_shared,linux,amd64 LDFLAGS: ${SRCDIR}/lib/linux_amd64/libhostws.a -lssl -lcrypto -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc
#cgo !hostws_shared,linux,arm64 LDFLAGS: ${SRCDIR}/lib/linux_arm64/libhostws.a -lssl -lcrypto -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc
#cgo hostws_shared LDFLAGS: -lhostws

#include "hostws.h"
#include <stdlib.h>
#include <string.h>

// A result, and the library's words about it: both on one thread, which Go may change between two calls.
typedef struct { int64_t code; char *words; } result;

static result with_words(int64_t code) {
    result r = {code, NULL};
    if (code < 0 && code != HOSTWS_E_AGAIN) r.words = strdup(ws_last_error_message());
    return r;
}

static result open_connection(const char *url, const char *options) { return with_words(ws_open(url, options, NULL)); }
static result send_message(ws_id ws, const void *data, int64_t length, int32_t kind) {
    return with_words(ws_send(ws, data, length, kind));
}
static result terminate(ws_id ws, int32_t code, const char *reason) { return with_words(ws_terminate(ws, code, reason)); }
static result ping(ws_id ws, const void *data, int32_t length) { return with_words(ws_ping(ws, data, length)); }
static result set_header(ws_id ws, const char *name, const char *value) { return with_words(ws_set_header(ws, name, value)); }
static result set_url(ws_id ws, const char *url) { return with_words(ws_set_url(ws, url)); }
static result answer(ws_id ws, int32_t question, const char *value, int64_t length) {
    return with_words(ws_answer(ws, question, value, length));
}
static result shut_down(int32_t ms) { return with_words(ws_shutdown(ms)); }
static int32_t next_batch(ws_queue queue, ws_event *events, int32_t capacity) {
    events[0].struct_size = sizeof *events;
    return ws_next_batch(queue, events, capacity, -1);
}
*/
import "C"

import (
	"math"
	"net/http"
	"strings"
	"time"
	"unsafe"
)

const batch = 256

// slab is the most that small messages share, and small what fits into one.
const slab, small = 64 << 10, 4 << 10

// taken makes an error of a result, and frees its words.
func taken(r C.result) (int64, error) {
	if r.words == nil {
		return int64(r.code), nil
	}
	defer C.free(unsafe.Pointer(r.words))
	return int64(r.code), refusal(int(r.code), C.GoString(r.words))
}

func pointer(data []byte) unsafe.Pointer {
	if len(data) == 0 {
		return nil
	}
	return unsafe.Pointer(&data[0])
}

func newQueue() int32               { return int32(C.ws_queue_new()) }
func version() string               { return C.GoString(C.ws_version()) }
func kindName(kind Kind) string     { return C.GoString(C.ws_data_type_name(C.int32_t(kind))) }
func statusName(id int32) string    { return C.GoString(C.ws_status_name(C.ws_status(C.ws_id(id)))) }
func abort(id int32)                { C.ws_abort(C.ws_id(id)) }
func bufferedAmount(id int32) int64 { return int64(C.ws_buffered_amount(C.ws_id(id))) }
func responseStatus(id int32) int   { return int(C.ws_response_status(C.ws_id(id))) }

func pause(id int32, paused bool) {
	var value C.int32_t
	if paused {
		value = 1
	}
	C.ws_pause(C.ws_id(id), value)
}

// C reads a text up to a NUL.
func noNUL(name, text string) error {
	if strings.IndexByte(text, 0) >= 0 {
		return &OptionError{name + " contains a NUL"}
	}
	return nil
}

// C would take the lower 32 bits.
func clamped(n int) C.int32_t {
	switch {
	case n > math.MaxInt32:
		return math.MaxInt32
	case n < math.MinInt32:
		return math.MinInt32
	}
	return C.int32_t(n)
}

func open(url, options string) (int32, error) {
	if err := noNUL("the URL", url); err != nil {
		return 0, err
	}
	u, o := C.CString(url), C.CString(options)
	defer C.free(unsafe.Pointer(u))
	defer C.free(unsafe.Pointer(o))
	id, err := taken(C.open_connection(u, o))
	return int32(id), err
}

// send is false while there is no room.
func send(id int32, kind Kind, data []byte) (bool, error) {
	code, err := taken(C.send_message(C.ws_id(id), pointer(data), C.int64_t(len(data)), C.int32_t(kind)))
	return code >= 0, err
}

func terminate(id int32, code int, reason string) error {
	if err := noNUL("the reason", reason); err != nil {
		return err
	}
	text := C.CString(reason)
	defer C.free(unsafe.Pointer(text))
	_, err := taken(C.terminate(C.ws_id(id), clamped(code), text))
	return err
}

func sendPing(id int32, data []byte) error {
	if len(data) > 126 { // 125 are allowed
		data = data[:126]
	}
	_, err := taken(C.ping(C.ws_id(id), pointer(data), C.int32_t(len(data))))
	return err
}

func setHeader(id int32, name string, value *string) error {
	if err := noNUL("the name", name); err != nil {
		return err
	}
	n := C.CString(name)
	defer C.free(unsafe.Pointer(n))
	var v *C.char
	if value != nil {
		if err := noNUL("the value", *value); err != nil {
			return err
		}
		v = C.CString(*value)
		defer C.free(unsafe.Pointer(v))
	}
	_, err := taken(C.set_header(C.ws_id(id), n, v))
	return err
}

func setURL(id int32, url string) error {
	if err := noNUL("the URL", url); err != nil {
		return err
	}
	u := C.CString(url)
	defer C.free(unsafe.Pointer(u))
	_, err := taken(C.set_url(C.ws_id(id), u))
	return err
}

func answer(id int32, question int, value string) error {
	v := C.CString(value)
	defer C.free(unsafe.Pointer(v))
	_, err := taken(C.answer(C.ws_id(id), clamped(question), v, C.int64_t(len(value))))
	return err
}

func shutdown(timeout time.Duration) error {
	_, err := taken(C.shut_down(milliseconds(timeout)))
	return err
}

func milliseconds(d time.Duration) C.int32_t {
	if ms := d.Milliseconds(); ms < 1<<31-1 {
		return C.int32_t(ms)
	}
	return 1<<31 - 1
}

// copied is what a getter has, whatever its length.
func copied(getter func(buffer *C.char, size C.int64_t) C.int64_t) []byte {
	for size := 1024; ; {
		room := make([]byte, size)
		length := int(getter((*C.char)(unsafe.Pointer(&room[0])), C.int64_t(size)))
		if length < size {
			return room[:max(length, 0)]
		}
		size = length + 1024 // another thread may add to it meanwhile
	}
}

func max(a, b int) int {
	if a > b {
		return a
	}
	return b
}

func urlOf(id int32) string {
	return string(copied(func(b *C.char, n C.int64_t) C.int64_t { return C.ws_url(C.ws_id(id), b, n) }))
}

func subprotocolOf(id int32) string {
	return string(copied(func(b *C.char, n C.int64_t) C.int64_t { return C.ws_subprotocol(C.ws_id(id), b, n) }))
}

func bodyOf(id int32) []byte {
	return copied(func(b *C.char, n C.int64_t) C.int64_t { return C.ws_response_body(C.ws_id(id), b, n) })
}

func explain(id int32) []byte {
	return copied(func(b *C.char, n C.int64_t) C.int64_t { return C.ws_explain(C.ws_id(id), b, n) })
}

func headersOf(id int32) http.Header {
	header := http.Header{}
	name, value := make([]byte, 256), make([]byte, 65536)
	n, v := (*C.char)(unsafe.Pointer(&name[0])), (*C.char)(unsafe.Pointer(&value[0]))
	for i := C.int32_t(0); ; i++ {
		if C.ws_response_header_at(C.ws_id(id), i, n, 256, v, 65536) < 0 {
			return header
		}
		header.Add(C.GoString(n), C.GoString(v))
	}
}

// events has room for what comes at once. It is C's memory, because the library keeps pointers in it.
type events struct{ room []C.ws_event }

func newEvents() events {
	memory := C.calloc(batch, C.sizeof_ws_event)
	return events{unsafe.Slice((*C.ws_event)(memory), batch)}
}

// next waits for events, and returns how many came, or a negative code.
func (e events) next(queue int32) int {
	return int(C.next_batch(C.ws_queue(queue), &e.room[0], batch))
}

func (e events) id(i int) int32 { return int32(e.room[i].ws) }

func (e events) isMessage(i int) bool { return e.room[i]._type == C.HOSTWS_EVENT_MESSAGE }

// message copies a payload; small ones share the slab, of which it returns what is left.
func (e events) message(i int, shared []byte) (Message, []byte) {
	event := &e.room[i]
	length := int(event.length)
	source := unsafe.Slice((*byte)(unsafe.Pointer(event.data)), length)
	if length > small {
		return Message{Kind(event.data_type), append([]byte(nil), source...)}, shared
	}
	if cap(shared)-len(shared) < length {
		shared = make([]byte, 0, slab)
	}
	start := len(shared)
	shared = append(shared, source...)
	return Message{Kind(event.data_type), shared[start:len(shared):len(shared)]}, shared
}

// event copies everything else.
func (e events) event(i int) Event {
	event := &e.room[i]
	return Event{
		Type:      C.GoString(C.ws_event_name(event._type)),
		Code:      int(event.code),
		Reason:    C.GoString(event.reason),
		WasClean:  event.was_clean != 0,
		Errors:    causes(event),
		Delay:     time.Duration(event.delay_ms) * time.Millisecond,
		RoundTrip: time.Duration(event.round_trip_us) * time.Microsecond,
		Flags:     uint32(event.flags),
		Data:      C.GoBytes(unsafe.Pointer(event.data), C.int(event.length)),
	}
}

func causes(event *C.ws_event) []Cause {
	var all []Cause
	for _, one := range unsafe.Slice(event.errors, int(event.error_count)) {
		all = append(all, Cause{int(one.code), C.GoString(one.component), C.GoString(one.message)})
	}
	return all
}
