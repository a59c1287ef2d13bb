package hostws

import (
	"testing"
	"time"
)

func TestReadersHaveTheirTimeThoughTheProgramStoodStill(t *testing.T) {
	if handOverParts < 2 {
		t.Fatal("one pause takes all of their time")
	}
	for _, reads := range []bool{true, false} {
		var b inbox
		b.init(func(bool) {})
		parts, ended := make(chan time.Time), make(chan struct{})
		go func() {
			waitForReaders([]*inbox{&b}, parts)
			close(ended)
		}()
		pass := func() {
			select {
			case parts <- time.Time{}:
			case <-ended:
				t.Fatal("it waits no longer")
			case <-time.After(30 * time.Second):
				t.Fatal("it takes no notice of the time")
			}
		}
		for part := 1; part < handOverParts; part++ {
			pass()
		}
		if reads {
			b.rest()
		} else {
			pass()
		}
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			t.Fatal("it waits for ever")
		}
	}
}
