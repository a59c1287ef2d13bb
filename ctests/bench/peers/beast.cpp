// Boost.Beast with its synchronous calls, with the command line and the JSON lines of the client.
#include "bench.h"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using plain_stream = asio::ip::tcp::socket;
using tls_stream = beast::ssl_stream<plain_stream>;

namespace {

asio::io_context io;
asio::ssl::context tls{asio::ssl::context::tls_client}; // verifies nothing

void connect(const bench &bench, plain_stream &socket) {
    auto port = static_cast<unsigned short>(std::atoi(std::strrchr(bench.url, ':') + 1));
    socket.connect({asio::ip::address_v4::loopback(), port});
    socket.set_option(asio::ip::tcp::no_delay(true));
}

void connect(const bench &bench, tls_stream &stream) {
    connect(bench, stream.next_layer());
    stream.handshake(asio::ssl::stream_base::client);
}

template <class Stream> struct opener;

template <> struct opener<plain_stream> {
    static auto make() { return std::make_unique<websocket::stream<plain_stream>>(io); }
};

template <> struct opener<tls_stream> {
    static auto make() { return std::make_unique<websocket::stream<tls_stream>>(io, tls); }
};

template <class Stream> class client {
  public:
    explicit client(const bench &bench) : ws(opener<Stream>::make()) {
        if (bench.deflate != DEFLATE_OFF) {
            websocket::permessage_deflate deflate;
            deflate.client_enable = true;
            deflate.client_no_context_takeover = deflate.server_no_context_takeover = bench.deflate == DEFLATE_FRESH;
            ws->set_option(deflate);
        }
        ws->read_message_max(64 << 20);
        ws->auto_fragment(false);
        connect(bench, ws->next_layer());
        ws->handshake("127.0.0.1", bench_path(&bench));
        ws->binary(!bench.is_text);
    }

    void send(const char *data, std::size_t size) { ws->write(asio::buffer(data, size)); }

    /* Valid until the next. */
    asio::const_buffer receive() {
        buffer.clear();
        ws->read(buffer);
        return buffer.data();
    }

    void send_text(const char *data, std::size_t size) {
        ws->text(true);
        send(data, size);
    }

    void close() { ws->close(websocket::close_code::normal); }

  private:
    std::unique_ptr<websocket::stream<Stream>> ws;
    beast::flat_buffer buffer;
};

void check(bool is_good) {
    if (!is_good) {
        fail("beast: a message of another length");
    }
}

long length_of_line(const bench &bench, long at) {
    return bench.corpus.lengths[at % bench.corpus.count];
}

const char *line(const bench &bench, long at) {
    return bench.corpus.lines[at % bench.corpus.count];
}

// ---- modes ----

template <class Stream> void round_trips(const bench &bench, bool is_send_alone) {
    client<Stream> client(bench);
    std::string payload(bench.size, 'a');
    std::vector<uint64_t> samples(bench.n);
    for (auto &sample : samples) {
        auto sent = now_ns();
        client.send(payload.data(), payload.size());
        sample = now_ns() - sent;
        check(client.receive().size() == payload.size());
        if (!is_send_alone) {
            sample = now_ns() - sent;
        }
    }
    report_times(&bench, samples.data(), bench.n);
}

template <class Stream> void pipeline(const bench &bench) {
    client<Stream> client(bench);
    std::string payload(bench.size, 'a');
    auto started = now_ns();
    for (long i = 0; i < bench.in_flight; i++) {
        client.send(payload.data(), payload.size());
    }
    for (long received = 0; received < bench.n; received++) {
        client.receive();
        if (received + bench.in_flight < bench.n) {
            client.send(payload.data(), payload.size());
        }
    }
    report_rate(&bench, started);
}

template <class Stream> void flood(const bench &bench) {
    client<Stream> client(bench);
    auto started = now_ns();
    client.send("g", 1);
    for (long i = 0; i < bench.n; i++) {
        check(client.receive().size() == static_cast<std::size_t>(bench.size));
    }
    report_rate(&bench, started);
}

template <class Stream> void sink(const bench &bench) {
    client<Stream> client(bench);
    std::string payload(bench.size, 'a');
    auto started = now_ns();
    for (long i = 0; i < bench.n; i++) {
        client.send(payload.data(), payload.size());
    }
    client.receive();
    report_rate(&bench, started);
}

template <class Stream> void deflate_corpus(const bench &bench) {
    client<Stream> client(bench);
    auto started = now_ns();
    for (long i = 0; i < bench.n; i++) {
        client.send_text(line(bench, i), length_of_line(bench, i));
    }
    auto answer = client.receive();
    std::string digits(static_cast<const char *>(answer.data()), answer.size());
    report_corpus(&bench, started, std::atol(digits.c_str()));
}

template <class Stream> void inflate_corpus(const bench &bench) {
    client<Stream> client(bench);
    auto started = now_ns();
    client.send("g", 1);
    for (long i = 0; i < bench.n; i++) {
        check(client.receive().size() == static_cast<std::size_t>(length_of_line(bench, i)));
    }
    report_corpus(&bench, started, 0);
}

template <class Stream> void idle(const bench &bench) {
    long first_bytes = 0;
    std::vector<client<Stream>> clients;
    clients.reserve(bench.connections);
    for (long i = 0; i < bench.connections; i++) {
        clients.emplace_back(bench);
        if (bench.deflate != DEFLATE_OFF) {
            clients.back().send_text(line(bench, 0), length_of_line(bench, 0));
            clients.back().receive();
        }
        if (i == 0) {
            first_bytes = resident_bytes();
        }
    }
    report_memory(&bench, first_bytes);
}

template <class Stream> void start(const bench &bench) {
    client<Stream>(bench).close();
    report_started(&bench);
}

template <class Stream> int run(const bench &bench) {
    const std::pair<const char *, std::function<void()>> modes[] = {
        {"rtt", [&] { round_trips<Stream>(bench, false); }},
        {"call-send", [&] { round_trips<Stream>(bench, true); }},
        {"pipeline", [&] { pipeline<Stream>(bench); }},
        {"flood", [&] { flood<Stream>(bench); }},
        {"sink", [&] { sink<Stream>(bench); }},
        {"deflate", [&] { deflate_corpus<Stream>(bench); }},
        {"inflate", [&] { inflate_corpus<Stream>(bench); }},
        {"idle", [&] { idle<Stream>(bench); }},
        {"start", [&] { start<Stream>(bench); }},
    };
    for (const auto &mode : modes) {
        if (std::strcmp(mode.first, bench.mode) == 0) {
            mode.second();
            return 0;
        }
    }
    return UNAVAILABLE;
}

} // namespace

int main(int argc, char **argv) try {
    bench bench = bench_from(argc, argv);
    if (bench.busy_us || bench.is_pull || bench.is_looped || bench.is_reopened) {
        return UNAVAILABLE;
    }
    return std::strncmp(bench.url, "wss:", 4) == 0 ? run<tls_stream>(bench) : run<plain_stream>(bench);
} catch (const std::exception &error) {
    fail(error.what());
}
