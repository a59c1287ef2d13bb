package hostws

import "sync"

// When so many messages, or bytes, wait for a reader, its connection is paused, so that its server waits.
const (
	manyMessages, manyBytes = 1024, 1 << 20
	fewMessages, fewBytes   = 256, 1 << 18
)

// An inbox has the messages that nobody has read yet.
type inbox struct {
	arrived chan struct{} // has a token while somebody should look

	mu        sync.Mutex
	messages  []Message
	first     int
	bytes     int
	isPaused  bool
	isDropped bool
	pause     func(bool)
}

func (b *inbox) init(pause func(bool)) {
	b.arrived = make(chan struct{}, 1)
	b.pause = pause
}

func (b *inbox) put(messages []Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.isDropped {
		return
	}
	if b.first == len(b.messages) {
		b.messages, b.first = messages, 0
	} else {
		b.messages = append(b.messages, messages...)
	}
	for _, message := range messages {
		b.bytes += len(message.Data)
	}
	if !b.isPaused && (len(b.messages)-b.first >= manyMessages || b.bytes >= manyBytes) {
		b.isPaused = true
		b.pause(true)
	}
	b.wake()
}

func (b *inbox) take() (Message, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.first == len(b.messages) {
		return Message{}, false
	}
	message := b.messages[b.first]
	b.messages[b.first] = Message{}
	b.first++
	b.bytes -= len(message.Data)
	left := len(b.messages) - b.first
	if b.isPaused && left <= fewMessages && b.bytes <= fewBytes {
		b.isPaused = false
		b.pause(false)
	}
	if left > 0 {
		b.wake() // for another reader
	}
	return message, true
}

// drop forgets what waits, and what still comes.
func (b *inbox) drop() {
	b.mu.Lock()
	b.messages, b.first, b.bytes, b.isDropped = nil, 0, 0, true
	b.mu.Unlock()
}

func (b *inbox) wake() {
	select {
	case b.arrived <- struct{}{}:
	default:
	}
}
