package hostws

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Options are those of ws_options in hostws.h, by their names: numbers, strings and booleans. One that the library does not
// know is refused by Dial. These are different here:
//
//	headers    a map[string]string or an http.Header
//	data_type  "text" (default), "blob" or "object"
//	reconnect  true, or a number of attempts in a row: the connection is opened again when it is lost
//	on_event   a func(*Conn, Event), called for each connection in order, on a goroutine of its own
type Options map[string]any

// split makes the JSON that ws_open() takes, and finds what is not for it.
func (o Options) split(queue int32) (string, func(*Conn, Event), error) {
	given := map[string]any{"queue": queue}
	var onEvent func(*Conn, Event)
	for name, value := range o {
		switch name {
		case "on_event":
			call, ok := value.(func(*Conn, Event))
			if !ok {
				return "", nil, &OptionError{"on_event: it is no func(*hostws.Conn, hostws.Event)"}
			}
			onEvent = call
		case "stream_threshold":
			return "", nil, &OptionError{"stream_threshold: this package delivers whole messages only"}
		case "reconnect":
			switch attempts := value.(type) {
			case bool:
				if attempts {
					given["reconnect_max"] = -1
				}
			default:
				given["reconnect_max"] = value
			}
		case "headers":
			if header, ok := value.(http.Header); ok {
				value = map[string][]string(header)
			}
			given[name] = value
		default:
			if file, ok := value.([]byte); ok { // as os.ReadFile gives it; JSON would have base64
				value = string(file)
			}
			given[name] = value
		}
	}
	text, err := json.Marshal(given)
	if err != nil {
		for name, value := range given {
			if _, refused := json.Marshal(value); refused != nil {
				err = fmt.Errorf("option %s: %w", name, refused)
			}
		}
		return "", nil, &OptionError{err.Error()}
	}
	return string(text), onEvent, nil
}
