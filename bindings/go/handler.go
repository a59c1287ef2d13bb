package hostws

import "sync"

// The most events that wait for a program's function; the oldest goes.
const manyEvents = 1024

// A handler calls the program's function for the events of a connection, in order. Nobody waits for it.
type handler struct {
	call func(*Conn, Event)

	mu        sync.Mutex
	waiting   []Event
	isRunning bool
}

func (h *handler) tell(c *Conn, event Event) {
	if h.call == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.waiting) == manyEvents {
		h.waiting = h.waiting[1:]
	}
	h.waiting = append(h.waiting, event)
	if !h.isRunning {
		h.isRunning = true
		go h.run(c)
	}
}

func (h *handler) run(c *Conn) {
	isDone := false
	defer func() {
		if !isDone { // the function has ended this goroutine, as runtime.Goexit does
			go h.run(c)
		}
	}()
	for {
		h.mu.Lock()
		if len(h.waiting) == 0 {
			h.isRunning = false
			h.mu.Unlock()
			isDone = true
			return
		}
		event := h.waiting[0]
		h.waiting = h.waiting[1:]
		h.mu.Unlock()
		h.call(c, event)
	}
}
