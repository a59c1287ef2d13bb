# hostws from Ruby's fiddle, and Ctrl-C: Interrupt comes out of a wait that would last for ever.

require "fiddle"
require "fiddle/import"

module Hostws
  extend Fiddle::Importer
  dlload ENV.fetch("HOSTWS_SHARED_LIBRARY")
  extern "int ws_open(const char *, const char *, void *)"
  extern "int ws_send(int, const char *, long long, int)"
  extern "int ws_terminate(int, int, const char *)"
  extern "void *ws_next(int, int)"
  extern "int ws_last_error()"
  extern "const char *ws_last_error_message()"
  Event = struct(["unsigned int struct_size", "int type", "int ws", "int data_type", "void *data", "long long length"])
end

OPEN, MESSAGE, TERMINATE = 1, 2, 4

def next_event(wanted)
  found = Hostws.ws_next(0, 10_000)
  raise Hostws.ws_last_error_message.to_s if found.null?
  event = Hostws::Event.new(found)
  raise "event #{event.type}, not #{wanted}" unless event.type == wanted
  event
end

ws = Hostws.ws_open(ENV.fetch("HOSTWS_WS") + "/echo", nil, nil)
raise Hostws.ws_last_error_message.to_s unless ws.positive?
next_event(OPEN)

3.times do
  key = spawn("sh", File.join(__dir__, "press_ctrl_c.sh"), Process.pid.to_s)
  begin
    Hostws.ws_next(0, -1)
    raise "it returned, and nothing was raised"
  rescue Interrupt
    # That is what is wanted.
  end
  Process.wait(key)
end

# Nothing is lost.
Hostws.ws_send(ws, "still here", -1, 0)
event = next_event(MESSAGE)
raise "another message" unless event.data[0, event.length] == "still here"
Hostws.ws_terminate(ws, 0, nil)
next_event(TERMINATE)
