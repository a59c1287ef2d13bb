# frozen_string_literal: true

# The client of Ruby for bench.py: client.rb MODE URL N SIZE.

require "hostws"

mode, url, count, size = ARGV[0], ARGV[1], ARGV[2].to_i, ARGV[3].to_i
clock = ENV["BENCH_CPU"] == "1" ? Process::CLOCK_PROCESS_CPUTIME_ID : Process::CLOCK_MONOTONIC
is_flood = mode.start_with?("flood")
ws = Hostws.connect(is_flood ? "#{url}/#{mode}/#{size}/#{count}" : "#{url}/echo")

start = Process.clock_gettime(clock)
if is_flood
  ws.send("go")
  count.times { ws.receive }
else
  message = ("x" * size).b
  ahead = mode == "flight" ? 128 : 1
  ahead.times { ws.send(message) }
  (count - ahead).times do
    ws.receive
    ws.send(message)
  end
  ahead.times { ws.receive }
end
puts format("%.6f", Process.clock_gettime(clock) - start)
ws.abort
