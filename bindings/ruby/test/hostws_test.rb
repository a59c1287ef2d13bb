# frozen_string_literal: true

# The gem as it was installed, beside the test server: HOSTWS_WS is its address, HOSTWS_NOBODY one where nobody listens.

require "hostws"
require "minitest/autorun"
require "open3"
require "timeout"

WS = ENV.fetch("HOSTWS_WS")
NOBODY = ENV.fetch("HOSTWS_NOBODY")
README = File.read(File.expand_path("../README.md", __dir__), encoding: "UTF-8")

class HostwsTest < Minitest::Test
  def program(text, *arguments)
    Timeout.timeout(60) { Open3.capture3(Gem.ruby, "-e", text, *arguments) }
  end

  def test_text_and_bytes_come_back_as_they_were_sent
    Hostws.connect("#{WS}/echo") do |ws|
      ["hello", "héllo €, 日本 \0 end", "", "\0\xff".b, "".b, "x" * (1 << 20)].each do |message|
        ws << message
        back = ws.receive(timeout: 30)
        assert_equal [message, message.encoding], [back, back.encoding]
      end
      ws.send("text", type: :blob)
      assert_equal "text".b, ws.receive(timeout: 30)
      ws.send("h\xe9".dup.force_encoding("ISO-8859-1"))
      assert_equal "hé", ws.receive(timeout: 30)
      assert_raises(Hostws::OptionError) { ws.send("\xff".dup.force_encoding("UTF-8")) }
      assert_raises(TypeError) { ws.send(Object.new) }
    end
  end

  def test_a_message_for_which_there_is_no_memory_ends_its_connection_and_no_other
    skip "Linux tells how much memory it has" unless File.exist?("/proc/self/status")
    # The library needs 50 MB for the message, and Ruby as much again.
    out, err, = program(<<~RUBY, WS)
      require "hostws"
      other = Hostws.connect(ARGV[0] + "/echo")
      used = File.read("/proc/self/status")[/VmSize:\\s*(\\d+)/, 1].to_i * 1024
      Process.setrlimit(:AS, used + 120_000_000)
      ws = Hostws.connect(ARGV[0] + "/flood?n=1&size=50000000")
      begin
        ws.receive(timeout: 30)
      rescue Hostws::ConnectionClosed => e
        p [e.code, e.was_clean?, e.errors.map(&:message)]
      end
      other << "on"
      p other.receive(timeout: 30)
    RUBY
    words = "there is no memory for a message of 50000000 bytes"
    assert_equal ["[1009, false, [#{words.inspect}]]\n\"on\"\n", ""], [out, err]
  end

  def test_objects_are_parsed_and_by_another_parser_too
    Hostws.connect("#{WS}/echo", data_type: "object") do |ws|
      ws.send({ "price" => 1.5, "names" => ["ä"] })
      assert_equal({ "price" => 1.5, "names" => ["ä"] }, ws.receive(timeout: 30))
    end
    parser = ->(text) { JSON.parse(text, symbolize_names: true) }
    Hostws.connect("#{WS}/object", data_type: :object, parser: parser) { |ws| assert_equal 1, ws.receive(timeout: 30)[:n] }
  end

  def test_an_iteration_ends_with_a_clean_end_and_raises_at_one_that_was_not
    Hostws.connect("#{WS}/close?code=1000") { |ws| assert_equal [], ws.to_a }
    Hostws.connect("#{WS}/flood?n=100&size=16") { |ws| assert_equal %w[0 1 2], ws.first(3).map { |text| text[/\d+/] } }
    error = assert_raises(Hostws::ConnectionClosed) { Hostws.connect("#{WS}/drop") { |ws| ws.each_message { flunk } } }
    assert_equal [1006, false, "ws"], [error.code, error.was_clean?, error.errors.first.component]
  end

  def test_refused_and_not_opened
    assert_match(/tls_cat/, assert_raises(Hostws::OptionError) { Hostws.connect(WS, tls_cat: "x") }.message)
    assert_match(/data_type/, assert_raises(Hostws::OptionError) { Hostws.connect(WS, data_type: "blub") }.message)
    assert_match(/stream_thr/, assert_raises(Hostws::OptionError) { Hostws.connect(WS, stream_threshold: 2000) }.message)
    error = assert_raises(Hostws::OpenError) { Hostws.connect(NOBODY) }
    assert_includes error.errors.map(&:component), "tcp"
    assert_nil error.status
    error = assert_raises(Hostws::OpenError) { Hostws.connect("#{WS}/no-such-path") }
    assert_equal [404, "there is nothing here"], [error.status, error.body]
    assert_kind_of Hostws::Error, error
  end

  def test_headers_and_facts_that_outlive_the_connection
    headers = [%w[X-Test one], %w[X-Test two]]
    kept = Hostws.connect("#{WS}/sub?choose=chat", headers: headers, subprotocols: "chat", close_timeout_ms: 60_000) do |ws|
      assert_equal ["Connected", "chat", 0], [ws.status, ws.subprotocol, ws.buffered_amount]
      ws
    end
    assert_equal ["Closed", "chat", "#{WS}/sub?choose=chat"], [kept.status, kept.subprotocol, kept.url]
    assert_includes kept.response_headers.map { |name, _| name.downcase }, "upgrade"
    assert_equal 1000, kept.explain["close"]["code"]
    assert_match(/\A\d+\.\d+\.\d+\z/, Hostws.library_version)
    assert_raises(Hostws::ConnectionClosed) { kept.send("x") }
    kept.close
  end

  def test_a_full_send_queue_waits_and_times_out
    ws = Hostws.connect("#{WS}/silent", send_queue_max: 200_000)
    assert_raises(Hostws::TimeoutError) { loop { ws.send("x" * 100_000, timeout: 0.3) } }
    ws.abort.close
    Hostws.connect("#{WS}/echo", send_queue_max: 200_000) do |echo|
      100.times { |i| echo.send(i.to_s.ljust(100_000), timeout: 60) }
      100.times { |i| assert_equal i, echo.receive(timeout: 60).to_i }
    end
  end

  def test_interruptions_lose_nothing
    Hostws.connect("#{WS}/flood?n=200000&size=16") do |ws|
      expected = raised = caught = 0
      reader = Thread.new do
        Thread.current.report_on_exception = false
        Thread.handle_interrupt(RuntimeError => :never) do
          while expected < 200_000
            begin
              message = Thread.handle_interrupt(RuntimeError => :on_blocking) { ws.receive(timeout: 30) }
              raise ArgumentError, "#{message} instead of #{expected}" unless message.to_i == expected

              expected += 1
            rescue RuntimeError
              caught += 1
            end
            # It does not outrun who interrupts it.
            sleep 0.001 while expected == 1000 && raised.zero?
          end
        end
      end
      while reader.alive?
        if expected.between?(1, 150_000) && caught == raised
          raised += 1
          reader.raise("now")
        end
        sleep 0.001
      end
      begin
        reader.join
      rescue RuntimeError
        caught += 1 # at the very end
      end
      assert_equal [200_000, raised], [expected, caught]
      assert_operator raised, :>, 0
    end
  end

  def test_a_handler_that_raises_loses_nothing
    raising = ->(_, event) { raise IndexError, event.type }
    Hostws.connect("#{WS}/echo", on_event: raising) do |ws|
      50.times { |i| ws.send(i.to_s).ping }
      got, raised = [], 0
      while got.size < 50
        begin
          got << ws.receive(timeout: 30).to_i
        rescue IndexError
          raised += 1
        end
      end
      assert_equal [*0...50], got
      assert_operator raised, :>, 0
    end
    options = { reconnect: true, reconnect_codes: "4001", reconnect_min_ms: 1, reconnect_max_ms: 2 }
    ws = Hostws.connect("#{WS}/late-close", on_event: raising, **options)
    ws.send("subscribe")
    sleep 0.3 # so that both events are there
    told = Array.new(2) { assert_raises(IndexError) { ws.receive(timeout: 30) }.message }
    assert_equal %w[reconnecting reconnected], told
    ws.abort.close
  end

  def test_threads_send_while_one_waits
    Hostws.connect("#{WS}/echo") do |ws|
      reader = Thread.new { Array.new(400) { ws.receive(timeout: 30) } }
      4.times.map { |i| Thread.new { 100.times { |j| ws.send("#{i}:#{j}") } } }.each(&:join)
      by_sender = reader.value.group_by { |message| message[/\d+/] }
      assert_equal 4, by_sender.size
      by_sender.each { |i, messages| assert_equal((0...100).map { |j| "#{i}:#{j}" }, messages) }
      assert_raises(Timeout::Error) { Timeout.timeout(0.05) { ws.receive } }
    end
  end

  def test_threads_wait_beside_each_other
    Hostws.connect("#{WS}/stall?for=500", send_queue_max: 200_000) do |ws|
      reader = Thread.new { assert_raises(Hostws::ConnectionClosed) { ws.receive } }
      sleep 0.05
      assert_raises(Hostws::TimeoutError) { Timeout.timeout(30) { ws.receive(timeout: 0.05) } }
      # There is room again while nothing comes that the reader waits for.
      Timeout.timeout(60) { 100.times { ws.send("x" * 50_000) } }
      ws.abort
      Timeout.timeout(30) { reader.join }
    end
  end

  def test_arguments_that_c_would_misunderstand_are_refused
    assert_raises(Hostws::OptionError) { Hostws.connect("#{WS}/echo\0/other") }
    { open_timeout_ms: Float::NAN, headers: 5, tls_ca: "\xff" }.each do |name, value|
      error = assert_raises(Hostws::OptionError) { Hostws.connect(WS, name => value) }
      assert_includes error.message, name.to_s
    end
    Hostws.connect("#{WS}/echo", reconnect: true) do |ws|
      [-> { ws.set_header("a", "b\0c") }, -> { ws.set_header("a\0b", "c") }, -> { ws.url = "#{WS}/\0" }, -> { ws.close(4000, "a\0b") }]
        .each { |call| assert_raises(Hostws::OptionError, &call) }
      # Fiddle would take them for addresses.
      [-> { ws.set_header("a", 5) }, -> { ws.set_header(5, "a") }, -> { ws.close(4000, 5) }, -> { ws.ping(5) }, -> { ws.answer(1, 5) },
       -> { ws.send(5) }].each { |call| assert_raises(TypeError, &call) }
      assert_raises(ArgumentError) { ws.receive(timeout: Float::NAN) }
      [Float::INFINITY, 1e300].each do |forever|
        ws.send("x")
        assert_equal "x", ws.receive(timeout: forever)
      end
    end
  end

  def test_it_reconnects_and_tells
    told = []
    # As it is printed in the README.
    subscribing = eval(README[/^```ruby\n(on_event = .*?)^```/m, 1])
    on_event = lambda do |ws, event|
      told << event.type
      subscribing.call(ws, event)
    end
    options = { reconnect: true, reconnect_codes: "4001", reconnect_min_ms: 1, reconnect_max_ms: 2 }
    ws = Hostws.connect("#{WS}/late-close", on_event: on_event, **options)
    ws.send("subscribe")
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 30
    while told.count("reconnected") < 3 && Process.clock_gettime(Process::CLOCK_MONOTONIC) < deadline
      assert_raises(Hostws::TimeoutError) { ws.receive(timeout: 0.02) }
    end
    assert_equal %w[reconnecting reconnected] * 2, told.first(4)
    ws.set_header("X-Token", "fresh")
    ws.set_header("X-Token", nil)
    assert_raises(Hostws::OptionError) { ws.url = "nowhere" }
    ws.abort.close
  end

  def test_a_question_is_answered_and_a_ping_too
    answering = ->(ws, event) { ws.answer(event.code, "refuse") if event.type == "ask" && JSON.parse(event.data)["attempt"] == 1 }
    error = assert_raises(Hostws::ConnectionClosed) do
      Hostws.connect("#{WS}/late-close", on_event: answering, reconnect: 5, reconnect_codes: "4001", ask: 4) do |ws|
        ws.send("x")
        ws.receive(timeout: 30)
      end
    end
    assert_equal 4001, error.code
    pongs = []
    Hostws.connect("#{WS}/echo", on_event: ->(_, event) { pongs << event }) do |ws|
      ws.ping("p")
      while pongs.empty?
        ws.send("x")
        ws.receive(timeout: 30)
      end
    end
    assert_equal %w[pong p], [pongs[0].type, pongs[0].data]
    assert_operator pongs[0].round_trip, :>, 0
  end

  def test_a_forked_child_starts_afresh
    said, error, status = program(<<~'RUBY', "#{WS}/echo")
      require "hostws"
      ws = Hostws.connect(ARGV[0])
      child = fork { Hostws.connect(ARGV[0]) { |own| own.send("child"); exit!(own.receive(timeout: 30) == "child") } }
      Process.wait(child)
      abort "child" unless $?.success?
      ws.send("parent")
      puts ws.receive(timeout: 30)
    RUBY
    assert_equal ["parent\n", "", true], [said, error, status.success?]
  end

  def test_what_was_sent_leaves_at_the_end_and_the_collector_closes_what_is_forgotten
    said, error, status = program(<<~'RUBY', "#{WS}/echo")
      require "hostws"
      ids = Thread.new { Array.new(20) { Hostws.connect(ARGV[0]).id } }.value
      closed = -> { ids.count { |id| Hostws::Library.ws_status(id) == Hostws::ABI::CLOSED } }
      6000.times { GC.start; break if closed.call >= 10; sleep 0.01 }
      # The collector may take the last ones for used.
      puts closed.call >= 10
      Hostws.connect(ARGV[0]).send("x" * 1000)
    RUBY
    assert_equal ["true\n", "", true], [said, error, status.success?]
  end

  def test_the_program_of_the_readme_runs_as_it_is_printed
    text = README[/^```ruby\n(.*?)^```/m, 1]
    assert_operator text.lines.count { |line| !line.strip.empty? }, :<=, 15
    assert_equal ["hello\n", "", true], program(text, "#{WS}/echo").then { |said, error, status| [said, error, status.success?] }
  end
end
