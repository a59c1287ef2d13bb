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
	rested  chan struct{} // has a token when somebody has begun to wait

	mu        sync.Mutex
	resting   int // readers that wait
	hasRested bool
	messages  []Message
	first     int
	bytes     int
	isPaused  bool
	isDropped bool
	pause     func(bool)
}

func (b *inbox) init(pause func(bool)) {
	b.arrived = make(chan struct{}, 1)
	b.rested = make(chan struct{}, 1)
	b.pause = pause
}

// put returns whether a reader waits for this, or may be about to: nobody has read yet.
func (b *inbox) put(messages []Message) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.isDropped {
		return false
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
	select { // an older token
	case <-b.rested:
	default:
	}
	give(b.arrived)
	return b.resting > 0 || !b.hasRested
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
		give(b.arrived) // for another reader
	}
	return message, true
}

// drop forgets what waits, and what still comes.
func (b *inbox) drop() {
	b.mu.Lock()
	b.messages, b.first, b.bytes, b.isDropped = nil, 0, 0, true
	b.mu.Unlock()
}

// rest counts a reader that begins to wait, and wake one that has waited.
func (b *inbox) rest() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.resting++
	b.hasRested = true
	give(b.rested)
}

func (b *inbox) wake() {
	b.mu.Lock()
	b.resting--
	b.mu.Unlock()
}

// give leaves a token, unless there is one.
func give(tokens chan struct{}) {
	select {
	case tokens <- struct{}{}:
	default:
	}
}
