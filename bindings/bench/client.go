// The client of Go for bench.py: client MODE URL N SIZE.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"hostws.com/go/hostws"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func now() time.Duration {
	if os.Getenv("BENCH_CPU") != "1" {
		return time.Duration(time.Now().UnixNano())
	}
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func main() {
	mode, url := os.Args[1], os.Args[2]
	count, _ := strconv.Atoi(os.Args[3])
	size, _ := strconv.Atoi(os.Args[4])
	ctx := context.Background()
	isFlood := strings.HasPrefix(mode, "flood")
	place := url + "/echo"
	if isFlood {
		place = fmt.Sprintf("%s/%s/%d/%d", url, mode, size, count)
	}
	ws, err := hostws.Dial(ctx, place, nil)
	must(err)
	defer ws.Abort()

	start := now()
	message := bytes.Repeat([]byte("x"), size)
	ahead := 1
	if mode == "flight" {
		ahead = 128
	}
	if isFlood {
		ahead = count
		message = []byte("go")
		must(ws.Write(ctx, hostws.Text, message))
	} else {
		for i := 0; i < ahead; i++ {
			must(ws.Write(ctx, hostws.Blob, message))
		}
	}
	for i := 0; i < count; i++ {
		_, err := ws.Read(ctx)
		must(err)
		if i < count-ahead {
			must(ws.Write(ctx, hostws.Blob, message))
		}
	}
	fmt.Printf("%.6f\n", (now() - start).Seconds())
}
