package hostws_test

// The module as it is published, beside the test server: HOSTWS_WS is its address, HOSTWS_NOBODY one where nobody listens.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hostws.com/go/hostws"
)

var ws, nobody = os.Getenv("HOSTWS_WS"), os.Getenv("HOSTWS_NOBODY")

func in30s(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func dial(t *testing.T, path string, options hostws.Options) *hostws.Conn {
	t.Helper()
	conn, err := hostws.Dial(in30s(t), ws+path, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Abort)
	return conn
}

func read(t *testing.T, conn *hostws.Conn) hostws.Message {
	t.Helper()
	message, err := conn.Read(in30s(t))
	if err != nil {
		t.Fatal(err)
	}
	return message
}

func TestMessagesComeBackAsTheyWereSent(t *testing.T) {
	conn := dial(t, "/echo", hostws.Options{"close_timeout_ms": 60_000})
	for _, data := range []string{"hello", "héllo €, 日本 \x00 end", "", strings.Repeat("x", 4096), strings.Repeat("y", 1<<20)} {
		for _, kind := range []hostws.Kind{hostws.Text, hostws.Blob} {
			if err := conn.Write(in30s(t), kind, []byte(data)); err != nil {
				t.Fatal(err)
			}
			if message := read(t, conn); message.Kind != kind || string(message.Data) != data {
				t.Fatalf("%v %.20q came back for %v %.20q", message.Kind, message.Data, kind, data)
			}
		}
	}
	var refused *hostws.OptionError
	if err := conn.WriteText(in30s(t), "\xff"); !errors.As(err, &refused) {
		t.Fatal(err)
	}
	if err := conn.Close(4000, "enough"); err != nil {
		t.Fatal(err)
	}
	var end *hostws.CloseError
	if _, err := conn.Read(in30s(t)); !errors.As(err, &end) || end.Code != 4000 || end.Reason != "enough" || !end.WasClean {
		t.Fatal(err)
	}
	if err := conn.WriteText(in30s(t), "x"); !errors.Is(err, net.ErrClosed) {
		t.Fatal(err)
	}
}

func TestJSON(t *testing.T) {
	conn := dial(t, "/echo", hostws.Options{"data_type": "object"})
	type quote struct {
		Names []string
		Price float64
	}
	var back quote
	if err := conn.WriteJSON(in30s(t), quote{[]string{"ä"}, 1.5}); err != nil {
		t.Fatal(err)
	}
	if err := conn.ReadJSON(in30s(t), &back); err != nil || back.Names[0] != "ä" || back.Price != 1.5 {
		t.Fatal(back, err)
	}
}

func TestAFloodComesInOrderAndIsEachReadersOwn(t *testing.T) {
	conn := dial(t, "/flood-binary?n=100000&size=32", nil)
	var kept [][]byte
	for i := 0; i < 100_000; i++ {
		kept = append(kept, read(t, conn).Data)
	}
	for i, data := range kept {
		if want := strconv.Itoa(i) + ":"; !bytes.HasPrefix(data, []byte(want)) || len(data) != 32 || cap(data) != 32 {
			t.Fatalf("%q instead of %s", data, want)
		}
	}
}

func TestErrors(t *testing.T) {
	var refused *hostws.OptionError
	for url, options := range map[string]hostws.Options{
		ws: {"tls_cat": "x"}, "nowhere": nil, ws + "/echo": {"on_event": 5}, ws + "/": {"stream_threshold": 5000},
	} {
		if _, err := hostws.Dial(in30s(t), url, options); !errors.As(err, &refused) {
			t.Fatal(url, err)
		}
	}
	var failed *hostws.OpenError
	if _, err := hostws.Dial(in30s(t), nobody, nil); !errors.As(err, &failed) || failed.Status != 0 || len(failed.Errors) < 2 {
		t.Fatal(err)
	}
	_, err := hostws.Dial(in30s(t), ws+"/no-such-path", nil)
	if !errors.As(err, &failed) || failed.Status != 404 || string(failed.Body) != "there is nothing here" {
		t.Fatal(err)
	}
	var end *hostws.CloseError
	if _, err := dial(t, "/drop", nil).Read(in30s(t)); !errors.As(err, &end) || end.Code != 1006 || errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if _, err := dial(t, "/close?code=1000", nil).Read(in30s(t)); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
}

func TestContexts(t *testing.T) {
	conn := dial(t, "/echo", nil)
	short, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := conn.Read(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	conn.WriteText(in30s(t), "still open")
	if message := read(t, conn); message.String() != "still open" {
		t.Fatal(message)
	}
	gone, give := context.WithCancel(context.Background())
	give()
	if _, err := hostws.Dial(gone, ws+"/echo", nil); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestContextsThatEndAtAnyMomentLoseNoMessage(t *testing.T) {
	conn := dial(t, "/flood?n=5000&size=16", nil)
	all, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	for i := 0; i < 5000; {
		ctx, cancel := context.WithTimeout(all, time.Duration(i%40)*10*time.Microsecond)
		message, err := conn.Read(ctx)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) && all.Err() == nil {
			continue
		}
		if err != nil || !strings.HasPrefix(message.String(), strconv.Itoa(i)+":") {
			t.Fatalf("%q instead of %d: %v", message, i, err)
		}
		i++
	}
}

func TestArgumentsThatCWouldMisunderstandAreRefused(t *testing.T) {
	var refused *hostws.OptionError
	for name, options := range map[string]hostws.Options{
		"open_timeout_ms": {"open_timeout_ms": math.NaN()}, "proxy": {"proxy": func() {}},
	} {
		if _, err := hostws.Dial(in30s(t), ws, options); !errors.As(err, &refused) || !strings.Contains(err.Error(), name) {
			t.Fatal(name, err)
		}
	}
	// What os.ReadFile gives is a text.
	_, err := hostws.Dial(in30s(t), ws, hostws.Options{"proxy": []byte("gopher://nowhere")})
	if !errors.As(err, &refused) || strings.Contains(err.Error(), "Z29") {
		t.Fatal(err)
	}
	if _, err := hostws.Dial(in30s(t), ws+"/echo\x00/other", nil); !errors.As(err, &refused) {
		t.Fatal(err)
	}
	conn := dial(t, "/echo", hostws.Options{"reconnect": true})
	for name, err := range map[string]error{
		"code": conn.Close(1<<32+4000, ""), "reason": conn.Close(4000, "a\x00b"), "URL": conn.SetURL(ws + "/\x00"),
		"name": conn.SetHeader("a\x00b", "c"), "value": conn.SetHeader("a", "b\x00c"), "removed": conn.RemoveHeader("a\x00b"),
	} {
		if !errors.As(err, &refused) {
			t.Fatal(name, err)
		}
	}
	if conn.Status() != "Connected" {
		t.Fatal(conn.Status())
	}
}

func TestAFullSendQueueWaits(t *testing.T) {
	conn := dial(t, "/silent", hostws.Options{"send_queue_max": 200_000})
	short, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	var err error
	for err == nil {
		err = conn.Write(short, hostws.Blob, make([]byte, 100_000))
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	echo := dial(t, "/echo", hostws.Options{"send_queue_max": 200_000})
	go func() {
		for i := 0; i < 100; i++ {
			echo.Write(context.Background(), hostws.Blob, bytes.Repeat([]byte{byte(i)}, 100_000))
		}
	}()
	for i := 0; i < 100; i++ {
		if data := read(t, echo).Data; len(data) != 100_000 || data[99_999] != byte(i) {
			t.Fatalf("message %d", i)
		}
	}
}

func TestAConnectionThatNobodyReadsIsPausedAndOthersAreNot(t *testing.T) {
	slow, quick := dial(t, "/flood?n=1000000&size=1000", nil), dial(t, "/echo", nil)
	for i := 0; i < 200; i++ {
		quick.WriteText(in30s(t), "x")
		read(t, quick)
	}
	for i := 0; i < 5000; i++ {
		if message := read(t, slow); !strings.HasPrefix(message.String(), strconv.Itoa(i)+":") {
			t.Fatal(i, message.String()[:10])
		}
	}
}

func TestManyGoroutinesAndFewThreads(t *testing.T) {
	before := threads()
	var conns []*hostws.Conn
	var all sync.WaitGroup
	for i := 0; i < 50; i++ {
		conn := dial(t, "/echo", nil)
		conns = append(conns, conn)
		all.Add(1)
		go func() {
			defer all.Done()
			for j := 0; j < 100; j++ {
				if message, err := conn.Read(context.Background()); err != nil || message.String() != strconv.Itoa(j) {
					t.Error(message, err)
				}
			}
		}()
	}
	// While all of them wait: each that sends needs a thread for as long as the call takes.
	time.Sleep(50 * time.Millisecond)
	if grown := threads() - before; grown > 30 {
		t.Fatalf("%d more threads", grown)
	}
	for _, conn := range conns {
		conn := conn
		all.Add(1)
		go func() {
			defer all.Done()
			for j := 0; j < 100; j++ {
				conn.WriteText(context.Background(), strconv.Itoa(j))
			}
		}()
	}
	all.Wait()
}

func threads() int {
	entries, _ := os.ReadDir("/proc/self/task")
	return len(entries)
}

func TestItReconnectsAndTells(t *testing.T) {
	told := make(chan string, 1000)
	conn := dial(t, "/late-close", hostws.Options{
		"reconnect": true, "reconnect_codes": "4001", "reconnect_min_ms": 1, "reconnect_max_ms": 2,
		"on_event": func(conn *hostws.Conn, event hostws.Event) {
			told <- event.Type
			conn.WriteText(context.Background(), "again")
		},
	})
	conn.WriteText(in30s(t), "subscribe")
	for i := 0; i < 3; i++ {
		for _, want := range []string{"reconnecting", "reconnected"} {
			select {
			case got := <-told:
				if got != want {
					t.Fatalf("%s instead of %s", got, want)
				}
			case <-time.After(30 * time.Second):
				t.Fatal("no " + want)
			}
		}
	}
	if err := conn.SetHeader("X-Token", "fresh"); err != nil {
		t.Fatal(err)
	}
	if err := conn.RemoveHeader("X-Token"); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetURL("nowhere"); err == nil {
		t.Fatal("nowhere")
	}
}

func TestAQuestionIsAnswered(t *testing.T) {
	conn := dial(t, "/late-close", hostws.Options{
		"reconnect": 5, "reconnect_codes": "4001", "ask": hostws.ASK_RECONNECT,
		"on_event": func(conn *hostws.Conn, event hostws.Event) {
			if event.Type == "ask" && event.Flags == hostws.ASK_RECONNECT && json.Valid(event.Data) {
				conn.Answer(event.Code, "refuse")
			}
		},
	})
	conn.WriteText(in30s(t), "x")
	var end *hostws.CloseError
	if _, err := conn.Read(in30s(t)); !errors.As(err, &end) || end.Code != 4001 {
		t.Fatal(err)
	}
}

func TestPingAndFactsThatOutliveTheConnection(t *testing.T) {
	pongs := make(chan hostws.Event, 1)
	conn := dial(t, "/sub?choose=chat", hostws.Options{
		"subprotocols": "chat", "headers": http.Header{"X-Test": {"one", "two"}},
		"on_event": func(_ *hostws.Conn, event hostws.Event) { pongs <- event },
	})
	if err := conn.Ping([]byte("p")); err != nil {
		t.Fatal(err)
	}
	if pong := <-pongs; pong.Type != "pong" || string(pong.Data) != "p" || pong.RoundTrip <= 0 {
		t.Fatal(pong)
	}
	if err := conn.Ping(make([]byte, 126)); err == nil {
		t.Fatal("126 bytes")
	}
	facts := func() string {
		upgrade := strings.ToLower(conn.ResponseHeader().Get("Upgrade"))
		return fmt.Sprint(conn.URL(), conn.Subprotocol(), upgrade, conn.BufferedAmount())
	}
	before := facts()
	if want := fmt.Sprint(ws+"/sub?choose=chat", "chat", "websocket", 0); before != want {
		t.Fatal(before)
	}
	conn.Close(1000, "")
	<-conn.Done()
	if after := facts(); after != before || conn.Status() != "Closed" || !json.Valid(conn.Explain()) {
		t.Fatal(after)
	}
}

func TestShutdownSendsWhatWasSentAndStartsAnew(t *testing.T) {
	conn := dial(t, "/echo", nil)
	conn.WriteText(in30s(t), strings.Repeat("x", 1000))
	if err := hostws.Shutdown(60 * time.Second); err != nil {
		t.Fatal(err)
	}
	<-conn.Done()
	again := dial(t, "/echo", nil)
	again.WriteText(in30s(t), "again")
	if message := read(t, again); message.String() != "again" {
		t.Fatal(message)
	}
}

func BenchmarkFlood64(b *testing.B) {
	conn, err := hostws.Dial(context.Background(), fmt.Sprintf("%s/flood-binary?n=%d&size=64", ws, b.N), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Abort()
	for i := 0; i < b.N; i++ {
		if _, err := conn.Read(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
