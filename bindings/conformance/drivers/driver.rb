# frozen_string_literal: true

# The driver for Ruby. ../README.md says what it is told, and what it answers.

require "hostws"
require "json"

class Driver
  def initialize
    @connections, @events, @objects = {}, {}, {}
  end

  def open(name, url, *given)
    options = { on_event: ->(_, event) { @events[name] << event.type } }
    given.each do |option|
      key, kind, value = option.partition(/[=:]/)
      if key == "headers"
        (options[:headers] ||= []) << value.split(": ", 2)
      else
        options[key.to_sym] = kind == "=" ? Integer(value) : value
      end
    end
    @events[name] = []
    @objects[name] = options[:data_type] == "object"
    @connections[name] = Hostws.connect(url, **options)
    ["open"]
  end

  def send(name, type, hex)
    message = type == "object" ? JSON.parse(text(hex)) : text(hex)
    @connections[name].send(message, type: type)
    ["sent"]
  end

  def recv(name, ms)
    message = @connections[name].receive(timeout: ms.to_i / 1000.0)
    return ["object", JSON.generate(message).unpack1("H*")] if @objects[name]

    [message.encoding == Encoding::BINARY ? "blob" : "text", message.unpack1("H*")]
  end

  def echo(name, type, size)
    message = ("abcdefghijklmnopqrstuvw" * (size.to_i / 23 + 1))[0, size.to_i]
    message = message.b if type == "blob"
    @connections[name].send(message)
    back = @connections[name].receive(timeout: 30)
    [back == message && back.encoding == message.encoding ? "same" : "different"]
  end

  def flood(name, count)
    @connections[name].each_message.with_index do |message, expected|
      return ["different", "#{message.to_i} instead of #{expected}"] if message.to_i != expected
      return ["ordered"] if expected + 1 == count.to_i
    end
  end

  def mirror(name)
    ws = @connections[name]
    loop { ws.send(ws.receive) }
  end

  def close(name, code, reason)
    @connections[name].close(code.to_i, text(reason))
    @connections[name].receive
  end

  def abort(name)
    @connections[name].abort
    @connections[name].receive
  end

  def await(name, event, ms)
    (ms.to_i / 10).times do
      place = @events[name].index(event)
      return [@events[name].delete_at(place)] if place

      begin
        @connections[name].receive(timeout: 0.01)
      rescue Hostws::TimeoutError
        next
      end
    end
    ["timeout"]
  end

  def ping(name, hex)
    @connections[name].ping(text(hex))
    ["sent"]
  end

  def get(name, fact)
    ws = @connections[name]
    header = fact.delete_prefix("header:")
    return [ws.public_send(fact)] if header == fact

    [ws.response_headers.find { |key, _| key.casecmp?(header) }&.last]
  end

  def sleep(ms)
    Kernel.sleep(ms.to_i / 1000.0)
    ["slept"]
  end

  def cancel(name)
    waiting = Thread.new do
      Thread.current.report_on_exception = false
      @connections[name].receive
    end
    Kernel.sleep 0.05
    waiting.raise("enough")
    waiting.join
  rescue RuntimeError => e
    [e.message == "enough" ? "cancelled" : "error"]
  end

  def threads(name, count, each)
    ws = @connections[name]
    senders = Array.new(count.to_i) { |i| Thread.new { each.to_i.times { |j| ws.send("#{i}:#{j}") } } }
    seen = [0] * count.to_i
    (count.to_i * each.to_i).times do
      i, j = ws.receive(timeout: 30).split(":").map(&:to_i)
      return ["different", "#{i}:#{j} instead of #{i}:#{seen[i]}"] if seen[i] != j

      seen[i] += 1
    end
    senders.each(&:join)
    ["ordered"]
  end

  def interrupt(name)
    puts "waiting"
    @connections[name].receive
  end

  private

  def text(hex)
    [hex.to_s].pack("H*").force_encoding(Encoding::UTF_8)
  end
end

def components(error)
  error.errors.map(&:component).join(",")
end

def answer(driver, command, fields)
  Driver.public_method_defined?(command, false) ? driver.public_send(command, *fields) : ["unsupported"]
rescue Hostws::OptionError => e
  ["refused", e]
rescue Hostws::OpenError => e
  challenge = e.headers.find { |name, _| name.casecmp?("www-authenticate") }&.last
  ["failed", e.status || 0, components(e), e.body.unpack1("H*"), e, challenge]
rescue Hostws::ConnectionClosed => e
  ["closed", e.code, e.was_clean ? "yes" : "no", e.reason.unpack1("H*"), components(e)]
rescue Hostws::TimeoutError
  ["timeout"]
rescue StandardError => e
  ["error", e.inspect]
end

$stdout.sync = true
driver = Driver.new
while (line = $stdin.gets) && line != "exit\n"
  command, *fields = line.chomp.split("\t", -1)
  puts answer(driver, command, fields).map { |field| field.to_s.split.join(" ") }.join("\t")
end
