package hostws

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// A Cause is an entry of a stack of errors: the general one first, then its causes.
type Cause struct {
	Code      int
	Component string // "ws", "http", "proxy", "tls", "tcp", "dns", "json" or "os"
	Message   string
}

// An OptionError says that an option, the URL or an argument is refused. Nothing was opened, and nothing sent.
type OptionError struct{ Message string }

func (e *OptionError) Error() string { return "hostws: " + e.Message }

// An OpenError says why a connection could not be opened.
type OpenError struct {
	Errors []Cause
	Status int // the HTTP status with which the server refused, or 0
	Header http.Header
	Body   []byte
}

func (e *OpenError) Error() string {
	if len(e.Errors) == 0 {
		return "hostws: the connection could not be opened"
	}
	return "hostws: " + sentence(e.Errors)
}

// A CloseError says how a connection has ended.
type CloseError struct {
	Code     int
	Reason   string
	WasClean bool
	Errors   []Cause
}

func (e *CloseError) Error() string {
	words := fmt.Sprintf("hostws: closed with %d", e.Code)
	if e.Reason != "" {
		words += " (" + e.Reason + ")"
	}
	if len(e.Errors) > 0 {
		words += ": " + sentence(e.Errors)
	}
	return words
}

// Is makes a clean end io.EOF, and every end net.ErrClosed.
func (e *CloseError) Is(target error) bool {
	return target == net.ErrClosed || target == io.EOF && e.WasClean
}

// An Error is any other failure of the library, such as that memory has run out.
type Error struct {
	Code    int // an E_ constant
	Message string
}

func (e *Error) Error() string { return "hostws: " + e.Message }

func sentence(errors []Cause) string {
	words := make([]string, len(errors))
	for i, one := range errors {
		words[i] = one.Message
	}
	return strings.Join(words, ": ")
}

func refusal(code int, words string) error {
	switch code {
	case E_OPTION, E_URL, E_ARGUMENT, E_JSON, E_UTF8, E_TOO_BIG:
		return &OptionError{words}
	}
	return &Error{code, words}
}

func isClosed(err error) bool {
	var other *Error
	return errors.As(err, &other) && other.Code == E_CLOSED
}
