package hostws

import (
	"runtime"
	"testing"
	"time"
)

func TestAFunctionThatEndsItsGoroutineLosesNoEvent(t *testing.T) {
	told := make(chan string)
	h := handler{call: func(_ *Conn, event Event) {
		told <- event.Type
		runtime.Goexit()
	}}
	wanted := []string{"reconnecting", "reconnected", "pong"}
	for _, name := range wanted {
		h.tell(nil, Event{Type: name})
	}
	for _, name := range wanted {
		select {
		case got := <-told:
			if got != name {
				t.Fatalf("%s instead of %s", got, name)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("no " + name)
		}
	}
}
