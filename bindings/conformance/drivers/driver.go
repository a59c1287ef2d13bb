// The driver for Go. ../README.md says what it is told, and what it answers.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hostws.com/go/hostws"
	"os"
	"strconv"
	"strings"
	"time"
)

type connection struct {
	*hostws.Conn
	events chan string
}

var (
	connections = map[string]connection{}
	always      = context.Background()
	kinds       = map[string]hostws.Kind{"text": hostws.Text, "blob": hostws.Blob, "object": hostws.Object}
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func number(text string) (value int)  { value, _ = strconv.Atoi(text); return }
func unhex(text string) (data []byte) { data, _ = hex.DecodeString(text); return }

func components(all []hostws.Cause) (names string) {
	for _, one := range all {
		names += "," + one.Component
	}
	return strings.TrimPrefix(names, ",")
}

func told(err error) []string {
	var refused *hostws.OptionError
	var failed *hostws.OpenError
	var closed *hostws.CloseError
	switch {
	case errors.As(err, &refused):
		return []string{"refused", refused.Message}
	case errors.As(err, &failed):
		return []string{"failed", fmt.Sprint(failed.Status), components(failed.Errors), hex.EncodeToString(failed.Body), err.Error(),
			failed.Header.Get("WWW-Authenticate")}
	case errors.As(err, &closed):
		clean := map[bool]string{true: "yes", false: "no"}[closed.WasClean]
		return []string{"closed", fmt.Sprint(closed.Code), clean, hex.EncodeToString([]byte(closed.Reason)), components(closed.Errors)}
	}
	if word := map[error]string{context.DeadlineExceeded: "timeout", context.Canceled: "cancelled"}[err]; word != "" {
		return []string{word}
	}
	return []string{"error", err.Error()}
}

func open(name, url string, given []string) {
	events := make(chan string, 1000)
	headers := map[string][]string{}
	options := hostws.Options{"headers": headers, "on_event": func(_ *hostws.Conn, event hostws.Event) { events <- event.Type }}
	for _, option := range given {
		place := strings.IndexAny(option, "=:")
		key, value := option[:place], option[place+1:]
		if header, text, _ := strings.Cut(value, ": "); key == "headers" {
			headers[header] = append(headers[header], text)
		} else if options[key] = value; option[place] == '=' {
			options[key] = number(value)
		}
	}
	conn, err := hostws.Dial(always, url, options)
	must(err)
	connections[name] = connection{conn, events}
}

func (c connection) read(ctx context.Context) hostws.Message {
	message, err := c.Read(ctx)
	must(err)
	return message
}

func (c connection) next(ms int) hostws.Message {
	ctx, cancel := context.WithTimeout(always, time.Duration(ms)*time.Millisecond)
	defer cancel()
	return c.read(ctx)
}

// ordered takes messages "I:J", or "J:" with one sender, whose numbers J count up from 0 for each I.
func (c connection) ordered(senders, count int) []string {
	seen := make([]int, senders)
	for n := 0; n < count; n++ {
		sender, place, _ := strings.Cut(c.next(30_000).String(), ":")
		if senders == 1 {
			sender, place = "0", sender
		}
		if want := &seen[number(sender)]; number(place) != *want {
			return []string{"different", fmt.Sprintf("%s instead of %d", place, *want)}
		}
		seen[number(sender)]++
	}
	return []string{"ordered"}
}

func (c connection) await(event string, ms int) string {
	for end := time.After(time.Duration(ms) * time.Millisecond); ; {
		select {
		case seen := <-c.events:
			if seen == event {
				return seen
			}
		case <-end:
			return "timeout"
		}
	}
}

func (c connection) do(command string, all []string) (said []string) {
	defer func() {
		if err, ok := recover().(error); ok {
			said = told(err)
		}
	}()
	fields := all[1:]
	switch command {
	case "open":
		open(all[0], fields[0], fields[1:])
		return []string{"open"}
	case "sleep":
		time.Sleep(time.Duration(number(all[0])) * time.Millisecond)
		return []string{"slept"}
	case "send":
		must(c.Write(always, kinds[fields[0]], unhex(fields[1])))
		return []string{"sent"}
	case "recv":
		message := c.next(number(fields[0]))
		return []string{message.Kind.String(), hex.EncodeToString(message.Data)}
	case "echo":
		data := bytes.Repeat([]byte("abcdefghijklmnopqrstuvw"), number(fields[1])/23+1)[:number(fields[1])]
		must(c.Write(always, kinds[fields[0]], data))
		if back := c.next(30_000); !bytes.Equal(back.Data, data) || back.Kind != kinds[fields[0]] {
			return []string{"different"}
		}
		return []string{"same"}
	case "flood":
		return c.ordered(1, number(fields[0]))
	case "mirror":
		for message, err := c.Read(always); err == nil; message, err = c.Read(always) {
			c.Write(always, message.Kind, message.Data)
		}
	case "close":
		must(c.Close(number(fields[0]), string(unhex(fields[1]))))
	case "abort":
		c.Abort()
	case "await":
		return []string{c.await(fields[0], number(fields[1]))}
	case "ping":
		must(c.Ping(unhex(fields[0])))
		return []string{"sent"}
	case "get":
		facts := map[string]string{"status": c.Status(), "url": c.URL(), "subprotocol": c.Subprotocol()}
		return []string{facts[fields[0]] + c.ResponseHeader().Get(strings.TrimPrefix(fields[0], "header:"))}
	case "cancel":
		ctx, cancel := context.WithCancel(always)
		time.AfterFunc(50*time.Millisecond, cancel)
		c.read(ctx)
	case "threads":
		for i := 0; i < number(fields[0]); i++ {
			go func(i int) {
				for j := 0; j < number(fields[1]); j++ {
					c.WriteText(always, fmt.Sprintf("%d:%d", i, j))
				}
			}(i)
		}
		return c.ordered(number(fields[0]), number(fields[0])*number(fields[1]))
	case "interrupt":
		fmt.Println("waiting")
		c.read(always)
	default:
		return []string{"unsupported"}
	}
	<-c.Done()
	return told(c.Err())
}

func main() {
	defer hostws.Shutdown(2 * time.Second)
	lines := bufio.NewReader(os.Stdin)
	for line, err := lines.ReadString('\n'); err == nil && line != "exit\n"; line, err = lines.ReadString('\n') {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		said := connections[fields[1]].do(fields[0], fields[1:])
		fmt.Println(strings.ReplaceAll(strings.Join(said, "\t"), "\n", " "))
	}
}
