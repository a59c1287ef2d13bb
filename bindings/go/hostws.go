// Package hostws is a WebSocket client over the library hostws, with reconnecting, proxies, client certificates,
// compression and back-pressure.
//
//	ws, err := hostws.Dial(ctx, "wss://quotes.example/stream", nil)
//	if err != nil {
//		return err
//	}
//	defer ws.Close(1000, "")
//	err = ws.WriteText(ctx, "subscribe")
//	for {
//		message, err := ws.Read(ctx)
//		...
//	}
//
// All connections share one queue of the library and one goroutine that takes events from it. No connection has a thread.
package hostws

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// A Kind says what a message is.
type Kind int32

// The kinds of messages.
const (
	Text   Kind = TEXT   // UTF-8
	Blob   Kind = BLOB   // bytes
	Object Kind = OBJECT // the text of a JSON object or array
)

// String is "text", "blob" or "object".
func (k Kind) String() string { return kindName(k) }

// A Message is what a server has sent. Its data is the receiver's own. Small messages share memory: copy one that you keep for long.
type Message struct {
	Kind Kind
	Data []byte
}

// String is the data as text.
func (m Message) String() string { return string(m.Data) }

// An Event is something that is no message: "reconnecting", "reconnected", "pong", "warning", "ask", "expired".
type Event struct {
	Type      string
	Code      int
	Reason    string
	WasClean  bool
	Errors    []Cause
	Delay     time.Duration // until the attempt
	RoundTrip time.Duration // since the ping
	Flags     uint32        // what a question is about: an ASK_ constant
	Data      []byte        // the payload of a pong; the facts of a question, as JSON
}

// A Conn is a connection. All its methods may be called from any goroutine.
type Conn struct {
	id     int32
	inbox  inbox
	events handler

	mu      sync.Mutex
	drained chan struct{} // closed when there is room to send again
	opened  chan struct{} // closed when it is open
	ended   chan struct{} // closed when it has ended, and then these are set:
	isOpen  bool
	errors  []Cause
	end     error
	last    facts
}

// facts are what is known of a connection when the library has forgotten it.
type facts struct {
	url, subprotocol string
	header           http.Header
	unsent           int64
}

// Dial opens a connection, and returns when it is open. The error is an *OptionError, an *OpenError or the context's.
// The context counts for the opening only.
func Dial(ctx context.Context, url string, options Options) (*Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := &Conn{drained: make(chan struct{}), opened: make(chan struct{}), ended: make(chan struct{})}
	c.inbox.init(func(paused bool) { pause(c.id, paused) })
	if err := hub.open(c, url, options); err != nil {
		return nil, err
	}
	select {
	case <-c.opened:
		return c, nil
	case <-c.ended:
		return nil, c.Err()
	case <-ctx.Done():
		c.Abort()
		return nil, ctx.Err()
	}
}

// Read returns the next message. After the last one it fails with the connection's end: a *CloseError, which is io.EOF
// for errors.Is if the end was clean. When the context ends, the connection lives on.
func (c *Conn) Read(ctx context.Context) (Message, error) {
	for {
		if message, ok := c.inbox.take(); ok {
			return message, nil
		}
		if message, ok, err := c.wait(ctx); ok || err != nil {
			return message, err
		}
	}
}

// wait returns when there may be a message, or there will be none.
func (c *Conn) wait(ctx context.Context) (message Message, ok bool, err error) {
	c.inbox.rest()
	defer c.inbox.wake()
	select {
	case <-c.inbox.arrived:
	case <-ctx.Done():
		err = ctx.Err()
	case <-c.ended:
		if message, ok = c.inbox.take(); !ok {
			err = c.Err()
		}
	}
	return
}

// ReadJSON reads a message into v.
func (c *Conn) ReadJSON(ctx context.Context, v any) error {
	message, err := c.Read(ctx)
	if err != nil {
		return err
	}
	return json.Unmarshal(message.Data, v)
}

// Write sends a message. It waits only while the send queue is full.
func (c *Conn) Write(ctx context.Context, kind Kind, data []byte) error {
	for {
		c.mu.Lock()
		drained, end := c.drained, c.end
		c.mu.Unlock()
		if end != nil {
			return end
		}
		sent, err := send(c.id, kind, data)
		if sent || err != nil {
			return c.explained(err)
		}
		select {
		case <-drained:
		case <-c.ended:
			return c.Err()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// WriteText sends text.
func (c *Conn) WriteText(ctx context.Context, text string) error {
	return c.Write(ctx, Text, []byte(text))
}

// WriteJSON sends v as JSON: in a text message, or with the option data_type "object" as an object.
func (c *Conn) WriteJSON(ctx context.Context, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.Write(ctx, Object, data)
}

// Close closes politely: what was sent leaves, and the server answers, within the option close_timeout_ms. code is 1000,
// or 3000 to 4999. The error is an *OptionError for the arguments, and nil however the connection ended: see Err.
func (c *Conn) Close(code int, reason string) error {
	if err := terminate(c.id, code, reason); err != nil && !isClosed(err) {
		return err
	}
	c.inbox.drop()
	<-c.ended
	return nil
}

// Abort drops the connection and what waits to be sent.
func (c *Conn) Abort() {
	abort(c.id)
	c.inbox.drop()
}

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.ended }

// Err is nil while the connection lives, then its end: a *CloseError or an *OpenError.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end
}

// ID is the library's number of the connection.
func (c *Conn) ID() int { return int(c.id) }

// Status is "Connecting", "Connected", "Closing" or "Closed".
func (c *Conn) Status() string { return statusName(c.id) }

// URL is without user and password.
func (c *Conn) URL() string {
	if c.Err() != nil {
		return c.last.url
	}
	return urlOf(c.id)
}

// Subprotocol is the one that the server chose, or "".
func (c *Conn) Subprotocol() string {
	if c.Err() != nil {
		return c.last.subprotocol
	}
	return subprotocolOf(c.id)
}

// ResponseHeader is that of the server's answer to the upgrade.
func (c *Conn) ResponseHeader() http.Header {
	if c.Err() != nil {
		return c.last.header
	}
	return headersOf(c.id)
}

// BufferedAmount is the number of bytes that were accepted and have not left; after the end, that never left.
func (c *Conn) BufferedAmount() int64 {
	if c.Err() != nil {
		return c.last.unsent
	}
	return bufferedAmount(c.id)
}

// Explain is all that has happened to the connection, as JSON.
func (c *Conn) Explain() json.RawMessage { return explain(c.id) }

// Ping sends a ping. The answer is an Event "pong".
func (c *Conn) Ping(data []byte) error { return c.explained(sendPing(c.id, data)) }

// SetHeader sets a header for the next attempt of a connection that reconnects, such as a fresh token.
func (c *Conn) SetHeader(name, value string) error { return c.explained(setHeader(c.id, name, &value)) }

// RemoveHeader takes a header out of the next attempt.
func (c *Conn) RemoveHeader(name string) error { return c.explained(setHeader(c.id, name, nil)) }

// SetURL sets the URL of the next attempt of a connection that reconnects.
func (c *Conn) SetURL(url string) error { return c.explained(setURL(c.id, url)) }

// Answer answers an Event "ask"; question is its Code.
func (c *Conn) Answer(question int, value string) error {
	return c.explained(answer(c.id, question, value))
}

// Shutdown closes all connections of the program, and returns when what was sent has left, or time is up. Call it at the
// end of main: Go ends a program without waiting for anybody.
func Shutdown(timeout time.Duration) error { return shutdown(timeout) }

// LibraryVersion is the version of the library in use.
func LibraryVersion() string { return version() }

// explained says how the connection ended, if that is why a call failed.
func (c *Conn) explained(err error) error {
	if err == nil || !isClosed(err) {
		return err
	}
	if end := c.Err(); end != nil {
		return end
	}
	return &CloseError{Code: 1006, Errors: []Cause{{Code: E_CLOSED, Component: "ws", Message: err.Error()}}}
}

// onEvent runs on the pump.
func (c *Conn) onEvent(event Event) {
	switch event.Type {
	case "open":
		c.isOpen = true
		close(c.opened)
	case "error":
		c.errors = event.Errors
	case "drain":
		c.onRoom()
	case "terminate":
		c.onTerminate(event)
	default:
		if event.Type == "expired" {
			c.onRoom()
		}
		c.events.tell(c, event)
	}
}

func (c *Conn) onRoom() {
	c.mu.Lock()
	close(c.drained)
	c.drained = make(chan struct{})
	c.mu.Unlock()
}

func (c *Conn) onTerminate(event Event) {
	last := facts{urlOf(c.id), subprotocolOf(c.id), headersOf(c.id), bufferedAmount(c.id)}
	var end error = &CloseError{event.Code, event.Reason, event.WasClean, c.errors}
	if !c.isOpen {
		open := &OpenError{Errors: c.errors, Header: last.header, Body: bodyOf(c.id)}
		if status := responseStatus(c.id); status > 0 {
			open.Status = status
		}
		end = open
	}
	c.mu.Lock()
	c.last, c.end = last, end
	c.mu.Unlock()
	close(c.ended)
}
