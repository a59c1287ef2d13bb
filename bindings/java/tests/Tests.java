// The jar as it is published, beside the test server: HOSTWS_WS is its address, HOSTWS_NOBODY one where nobody listens.

import com.hostws.*;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

public final class Tests {
    private static final String WS = System.getenv("HOSTWS_WS");
    private static final String NOBODY = System.getenv("HOSTWS_NOBODY");
    private static final Duration LONG = Duration.ofSeconds(60);

    public static void main(String[] arguments) throws Exception {
        int passed = 0, failed = 0;
        for (Method test : Tests.class.getDeclaredMethods()) {
            if (test.getParameterCount() > 0 || !java.lang.reflect.Modifier.isPublic(test.getModifiers())) continue;
            try {
                test.invoke(null);
                passed++;
            } catch (InvocationTargetException error) {
                System.err.println("FAILED " + test.getName());
                error.getCause().printStackTrace();
                failed++;
            }
        }
        System.out.println(passed + " passed, " + failed + " failed");
        System.exit(failed);
    }

    private interface Body {
        void run() throws Exception;
    }

    private static void check(boolean holds, String words) {
        if (!holds) throw new AssertionError("not so: " + words);
    }

    private static void same(Object given, Object wanted) {
        check(given.equals(wanted), "\"" + given + "\" is \"" + wanted + "\"");
    }

    private static <T extends Throwable> T fails(Class<T> type, Body body) throws Exception {
        try {
            body.run();
        } catch (Throwable error) {
            if (type.isInstance(error)) return type.cast(error);
            throw error;
        }
        throw new AssertionError("no " + type.getSimpleName());
    }

    public static void aListenerIsCalledOnTheThreadThatRuns() throws Exception {
        List<String> told = new ArrayList<>();
        Thread here = Thread.currentThread();
        WebSocket connection = WebSocket.open(WS + "/echo", new Options().closeTimeoutMs(60000));
        Listener listener = new Listener() {
            @Override
            public void onOpen(WebSocket ws) {
                told.add("open");
                ws.send("one");
            }

            @Override
            public void onMessage(WebSocket ws, Message message) {
                check(Thread.currentThread() == here, "it is this thread");
                told.add(message.text());
                ws.close(4000, "enough");
            }

            @Override
            public void onTerminate(WebSocket ws, Event end) {
                told.add(end.code() + end.reason() + end.wasClean());
            }
        };
        connection.run(listener);
        connection.run(listener);
        same(told, List.of("open", "one", "4000enoughtrue"));
        same(connection.status(), Status.CLOSED);
    }

    public static void pollTakesWhatIsThere() throws Exception {
        WebSocket ws = WebSocket.open(NOBODY, new Options());
        List<String> told = new ArrayList<>();
        Listener listener = new Listener() {
            @Override
            public void onError(WebSocket it, Event error) {
                told.add("error " + error.errors().get(0).code());
            }

            @Override
            public void onTerminate(WebSocket it, Event end) {
                told.add("end " + end.code());
            }
        };
        for (long end = System.nanoTime() + LONG.toNanos(); told.size() < 2; Thread.sleep(1)) {
            check(System.nanoTime() < end, "it happens in time");
            check(ws.poll(listener, 1) <= 1, "one at most");
        }
        same(told, List.of("error " + ErrorCode.OPEN, "end 1006"));
        check(fails(OpenException.class, () -> ws.send("x")).getMessage().contains("refused"), "the words are there");
    }

    public static void pollTakesNoMoreThanWasThere() throws Exception {
        int[] got = {0};
        try (WebSocket ws = WebSocket.connect(WS + "/echo")) {
            Listener listener = new Listener() {
                @Override
                public void onMessage(WebSocket it, Message message) {
                    got[0]++;
                    // The next one is there before the call goes on.
                    it.send("x");
                    try {
                        Thread.sleep(50);
                    } catch (InterruptedException interrupted) {
                        throw new IllegalStateException(interrupted);
                    }
                }
            };
            ws.poll(listener);
            ws.send("x");
            for (long end = System.nanoTime() + LONG.toNanos(); got[0] == 0; Thread.sleep(1)) {
                check(System.nanoTime() < end, "it comes in time");
                ws.poll(listener);
            }
            same(got[0], 1);
            same(ws.poll(listener, 0), 0);
        }
    }

    public static void aListenerThatThrowsLosesNothing() throws Exception {
        List<String> got = new ArrayList<>();
        try (WebSocket ws = WebSocket.connect(WS + "/flood?n=20&size=8")) {
            Listener listener = new Listener() {
                @Override
                public void onMessage(WebSocket it, Message message) {
                    got.add(message.text().split(":")[0]);
                    if (got.size() == 20) ws.abort();
                    else throw new IllegalStateException("mine");
                }
            };
            for (int i = 0; i < 19; i++) fails(IllegalStateException.class, () -> ws.run(listener));
            ws.run(listener);
        }
        for (int i = 0; i < 20; i++) same(got.get(i), "" + i);
    }

    public static void aConsumerThatThrowsWhileAMessageIsAwaitedLosesNothing() throws Exception {
        int count = 50;
        try (WebSocket ws = WebSocket.connect(WS + "/echo")) {
            ws.onEvent(event -> {
                throw new IllegalStateException(event.type().name());
            });
            for (int i = 0; i < count; i++) {
                ws.send("" + i);
                ws.ping(new byte[0]);
            }
            int got = 0;
            int thrown = 0;
            while (got < count) {
                try {
                    same(ws.receive(Duration.ofSeconds(30)).text(), "" + got);
                    got++;
                } catch (IllegalStateException mine) {
                    thrown++;
                }
            }
            check(thrown > 0, "what it throws comes out of the wait");
        }
    }

    public static void textAndBytesComeBackAsTheyWereSent() throws Exception {
        try (WebSocket ws = WebSocket.connect(WS + "/echo")) {
            byte[] large = new byte[5 << 20];
            for (int i = 0; i < 5; i++) {
                int size = large.length >> 2 * i;
                large[size - 1] = (byte) i;
                ws.send(Arrays.copyOf(large, size));
                check(Arrays.equals(ws.receive(LONG).data(), Arrays.copyOf(large, size)), size + " bytes");
            }
            for (String text : List.of("", "héllo €, 日本 🙂 \0 end", "é".repeat(40000), "x".repeat(1 << 20))) {
                ws.send(text);
                Message message = ws.receive(LONG);
                same(message.text(), text);
                check(Arrays.equals(message.data(), text.getBytes(StandardCharsets.UTF_8)), "its bytes");
                ws.send(message);
                same(ws.receive(LONG).text(), text);
            }
            ws.send(new byte[0]);
            check(ws.receive(LONG).data().length == 0, "an empty message");
            ByteBuffer part = ByteBuffer.wrap(new byte[] {1, 0, -1, 4}, 1, 2);
            ws.send(part, null);
            Message blob = ws.receive(LONG);
            check(Arrays.equals(blob.data(), new byte[] {0, -1}) && !blob.isText() && blob.text() == null, "a part");
            same(part.remaining(), 2);
            for (String bad : List.of("\ud800", "\udc00x", "x\ud800y")) {
                same(fails(OptionException.class, () -> ws.send(bad)).code(), ErrorCode.UTF8);
            }
        }
    }

    public static void optionsHaveMethodsAndNames() throws Exception {
        Options options = new Options().openTimeoutMs(10000).tlsVerify(TlsVerify.FULL).deflate(true).dataType(DataType.OBJECT)
            .header("X-Test", "one").header("X-Test", "t\"wo").set("max_message", 5000L);
        try (WebSocket ws = WebSocket.connect(WS + "/headers", options)) {
            Message seen = ws.receive(LONG);
            same(seen.type(), DataType.OBJECT);
            check(seen.text().contains("one") && seen.text().contains("t\\\"wo"), "both headers were sent: " + seen.text());
            same(fails(OptionException.class, () -> ws.send("no JSON")).code(), ErrorCode.JSON);
        }
    }

    private static String refused(String name, Object value) throws Exception {
        return fails(OptionException.class, () -> WebSocket.connect(WS, new Options().set(name, value))).getMessage();
    }

    public static void whatIsRefusedSaysSo() throws Exception {
        check(refused("tls_cat", "x").contains("tls_cat"), "an unknown name");
        check(refused("open_timeout_ms", "x").contains("open_timeout_ms"), "a wrong type");
        check(refused("open_timeout_ms", new Object()).contains("open_timeout_ms"), "no value at all");
        check(refused("stream_threshold", 2000).contains("stream_threshold"), "what the package cannot do");
        check(fails(OptionException.class, () -> WebSocket.connect("nowhere")).getMessage().contains("ws://"), "the URL");
        check(fails(OptionException.class, () -> WebSocket.connect(WS + "/\0")).getMessage().contains("NUL"), "a NUL");
        check(fails(NullPointerException.class, () -> WebSocket.connect(null)).getMessage().contains("null"), "a null");
        try (WebSocket ws = WebSocket.connect(WS + "/echo")) {
            fails(OptionException.class, () -> ws.close(999, ""));
            fails(NullPointerException.class, () -> ws.onEvent(null));
            same(ws.status(), Status.CONNECTED);
        }
    }

    public static void anIterationEndsWithTheConnection() throws Exception {
        try (WebSocket ws = WebSocket.connect(WS + "/close?code=1000")) {
            check(!ws.iterator().hasNext(), "a clean end");
        }
        try (WebSocket ws = WebSocket.connect(WS + "/drop")) {
            same(fails(ConnectionClosedException.class, () -> ws.iterator().next()).closeCode(), 1006);
        }
    }

    public static void aFullSendQueueIsToldOrWaitedFor() throws Exception {
        Options options = new Options().sendQueueMax(200000);
        WebSocket silent = WebSocket.connect(WS + "/silent", options);
        fails(HostwsTimeoutException.class, () -> {
            while (true) silent.send(ByteBuffer.allocate(100000), Duration.ofMillis(100));
        });
        // The wait may have ended while there was no room only because the library was slow.
        fails(HostwsTimeoutException.class, () -> {
            while (true) silent.send("x".repeat(100000), Duration.ZERO);
        });
        Thread.currentThread().interrupt();
        fails(HostwsException.class, () -> {
            while (true) silent.send(new byte[100000]);
        });
        check(Thread.interrupted(), "the thread stays interrupted");
        silent.abort();
        fails(ConnectionClosedException.class, () -> silent.receive(LONG));
        check(silent.bufferedAmount() > 0, "what never left stays known");
        same(silent.url(), WS + "/silent");
        check(silent.responseHeaders().stream().anyMatch(header -> header.getKey().equalsIgnoreCase("upgrade")), "the headers stay");
        try (WebSocket ws = WebSocket.connect(WS + "/echo", options)) {
            for (int i = 0; i < 100; i++) ws.send(new byte[100000]);
            for (int i = 0; i < 100; i++) same(ws.receive(LONG).data().length, 100000);
        }
    }

    public static void anInterruptLosesNoMessage() throws Exception {
        try (WebSocket ws = WebSocket.connect(WS + "/echo")) {
            fails(HostwsTimeoutException.class, () -> ws.receive(Duration.ofMillis(5)));
            Thread here = Thread.currentThread();
            for (int i = 0; i < 200; i++) {
                ws.send("" + i);
                Thread other = new Thread(here::interrupt);
                other.start();
                Message message = null;
                try {
                    message = ws.receive(LONG);
                    other.join();
                } catch (InterruptedException interrupted) {
                    other.join();
                }
                Thread.interrupted();
                same((message == null ? ws.receive(LONG) : message).text(), "" + i);
            }
        }
    }

    public static void aReaderThatStopsStopsTheServer() throws Exception {
        try (WebSocket ws = WebSocket.connect(WS + "/flood?n=200000&size=1000")) {
            Thread.sleep(300);
            System.gc();
            long used = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
            check(used < 100 << 20, "it does not pile up: " + used);
            for (int i = 0; i < 200000; i++) same(ws.receive(LONG).text().split(":")[0], "" + i);
        }
    }

    public static void aQuestionIsAnswered() throws Exception {
        Options options = new Options().reconnectMax(-1).reconnectCodes("4001").ask(Question.RECONNECT);
        try (WebSocket ws = WebSocket.connect(WS + "/late-close", options)) {
            ws.onEvent(event -> {
                if (event.type() != EventType.ASK) return;
                same(event.question(), Question.RECONNECT);
                check(new String(event.data(), StandardCharsets.UTF_8).contains("attempt"), "the facts");
                ws.answer(event.code(), "refuse");
            });
            ws.send("x");
            same(fails(ConnectionClosedException.class, () -> {
                while (true) ws.receive(LONG);
            }).closeCode(), 4001);
        }
    }

    public static void manyThreadsWaitAtOnceAndNoneOfThemIsTheLibrarys() throws Exception {
        int count = 200;
        CountDownLatch done = new CountDownLatch(count);
        AtomicReference<Throwable> error = new AtomicReference<>();
        for (int i = 0; i < count; i++) {
            String text = "" + i;
            start(() -> {
                try (WebSocket ws = WebSocket.connect(WS + "/echo")) {
                    ws.send(text);
                    same(ws.receive(LONG).text(), text);
                } catch (Throwable wrong) {
                    error.set(wrong);
                }
                done.countDown();
            });
        }
        check(done.await(60, TimeUnit.SECONDS), "all are served");
        if (error.get() != null) throw new AssertionError(error.get());
    }

    /** A virtual thread, where the JDK has them. */
    private static void start(Runnable body) throws Exception {
        if (Runtime.version().feature() < 21) new Thread(body).start();
        else Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, body);
    }

    public static void aMessageLargerThanTheHeapEndsItsConnectionAndNoOther() throws Exception {
        int size = 60_000_000;
        Runtime heap = Runtime.getRuntime();
        List<byte[]> ballast = new ArrayList<>();
        System.gc();
        while (heap.maxMemory() - heap.totalMemory() + heap.freeMemory() > size / 4) ballast.add(new byte[100_000]);
        String words = "there is no memory for a message of " + size + " bytes";
        try (WebSocket other = WebSocket.connect(WS + "/echo")) {
            for (boolean listens : new boolean[] {false, true}) {
                try (WebSocket ws = WebSocket.connect(WS + "/flood?n=1&size=" + size)) {
                    List<String> told = new ArrayList<>();
                    if (listens) {
                        ws.run(new Listener() {
                            @Override public void onMessage(WebSocket it, Message message) { told.add("message"); }
                            @Override public void onError(WebSocket it, Event event) { told.add(event.errors().get(0).message()); }
                            @Override public void onTerminate(WebSocket it, Event event) { told.add("" + event.code()); }
                        });
                        same(told, List.of(words, "1009"));
                    }
                    ConnectionClosedException end = fails(ConnectionClosedException.class, () -> ws.receive(LONG));
                    same(end.closeCode(), 1009);
                    same(end.wasClean(), false);
                    same(end.errors().get(0).code(), ErrorCode.RESOURCES);
                    same(end.errors().get(0).message(), words);
                }
                other.send("on");
                same(other.receive(LONG).text(), "on");
            }
        }
        check(ballast.size() > 100, "the heap was full");
    }

    public static void theLibrarySaysWhatItIs() throws Exception {
        check(Hostws.buildInfo().contains(Hostws.version()), "its version");
        check(Hostws.metrics().contains("hostws_connections"), "its metrics");
        try (WebSocket ws = WebSocket.connect(WS + "/echo")) {
            check(ws.explain().contains("\"attempts\""), "what happened");
        }
    }
}
