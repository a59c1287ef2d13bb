package hostws

import (
	"sync"
	"time"
)

// A message counts as read when the pump comes back for more, and a connection whose server broke the protocol ends then.
// So that an answer can leave before, the pump lets readers that have waited go first, for so long at most. It counts parts
// of that time: while the whole program stands still, one of them passes and not all.
const (
	handOver      = time.Millisecond
	handOverParts = 4
)

// hub is the one queue of the program, and its connections.
var hub = hubOf()

type connections struct {
	mu      sync.Mutex
	more    sync.Cond
	once    sync.Once
	queue   int32
	all     map[int32]*Conn
	failure error
}

func hubOf() *connections {
	h := &connections{all: map[int32]*Conn{}}
	h.more.L = &h.mu
	return h
}

func (h *connections) open(c *Conn, url string, options Options) error {
	h.once.Do(func() {
		h.queue = newQueue()
		if h.queue < 0 {
			h.failure = &Error{int(h.queue), "there is no memory for a queue"}
			return
		}
		go h.pump()
	})
	if h.failure != nil {
		return h.failure
	}
	text, onEvent, err := options.split(h.queue)
	if err != nil {
		return err
	}
	c.events.call = onEvent
	// The pump waits, so that it finds the connection when its first event comes.
	h.mu.Lock()
	defer h.mu.Unlock()
	id, err := open(url, text)
	if err != nil {
		return err
	}
	c.id = id
	h.all[id] = c
	h.more.Signal()
	return nil
}

func (h *connections) find(id int32) *Conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all[id]
}

func (h *connections) forget(id int32) {
	h.mu.Lock()
	delete(h.all, id)
	h.mu.Unlock()
}

// pump takes events as long as there are connections, and gives each what is its own.
func (h *connections) pump() {
	room := newEvents()
	for {
		h.mu.Lock()
		for len(h.all) == 0 {
			h.more.Wait()
		}
		h.mu.Unlock()
		count := room.next(h.queue)
		if count < 0 { // only while Shutdown runs
			time.Sleep(10 * time.Millisecond)
		}
		letReadersGoFirst(h.deliver(room, count))
	}
}

// deliver returns the inboxes for which a reader waits.
func (h *connections) deliver(room events, count int) (awaited []*inbox) {
	var shared []byte
	for i := 0; i < count; {
		id := room.id(i)
		c := h.find(id)
		if !room.isMessage(i) {
			if event := room.event(i); c != nil {
				c.onEvent(event)
				if event.Type == "terminate" {
					h.forget(id)
				}
			}
			i++
			continue
		}
		// Messages of one connection that follow each other are handed over together.
		var messages []Message
		for ; i < count && room.isMessage(i) && room.id(i) == id; i++ {
			var message Message
			message, shared = room.message(i, shared)
			messages = append(messages, message)
		}
		if c != nil && c.inbox.put(messages) {
			awaited = append(awaited, &c.inbox)
		}
	}
	return awaited
}

// letReadersGoFirst waits until they wait again.
func letReadersGoFirst(awaited []*inbox) {
	if len(awaited) > 0 {
		parts := time.NewTicker(handOver / handOverParts)
		defer parts.Stop()
		waitForReaders(awaited, parts.C)
	}
}

func waitForReaders(awaited []*inbox, parts <-chan time.Time) {
	for left := handOverParts; left > 0 && len(awaited) > 0; {
		select {
		case <-awaited[0].rested:
			awaited = awaited[1:]
		case <-parts:
			left--
		}
	}
}
