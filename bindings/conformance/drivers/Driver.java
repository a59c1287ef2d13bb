// The driver for Java: java Driver blocking|virtual. ../README.md says what it is told, and what it answers.

import com.hostws.*;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

public final class Driver {
    private static final String UNIT = "abcdefghijklmnopqrstuvw";
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final PrintStream OUTPUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private static final Map<String, WebSocket> CONNECTIONS = new HashMap<>();
    private static final Map<String, List<String>> EVENTS = new HashMap<>();

    public static void main(String[] arguments) throws Exception {
        Thread thread;
        if (arguments[0].equals("virtual")) {
            thread = (Thread) Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, (Runnable) Driver::serve);
        } else {
            thread = new Thread(Driver::serve);
            thread.start();
        }
        thread.join();
    }

    private static void serve() {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        input.lines().takeWhile(line -> !line.equals("exit")).forEach(line -> OUTPUT.println(
            answer(line.split("\t", -1)).stream().map(field -> field.replaceAll("[\t\r\n]", " ")).collect(Collectors.joining("\t"))));
    }

    private static List<String> answer(String[] command) {
        try {
            return obey(command);
        } catch (OptionException refused) {
            return List.of("refused", refused.getMessage());
        } catch (OpenException failed) {
            return List.of("failed", "" + failed.status(), components(failed.errors()), hex(failed.body()), failed.getMessage(),
                value(failed.headers(), "www-authenticate"));
        } catch (ConnectionClosedException closed) {
            return closed(closed);
        } catch (HostwsTimeoutException timeUp) {
            return List.of("timeout");
        } catch (Exception error) {
            return List.of("error", error.toString());
        }
    }

    private static List<String> obey(String[] said) throws Exception {
        WebSocket ws = CONNECTIONS.get(said.length > 1 ? said[1] : "");
        List<String> events = EVENTS.get(said.length > 1 ? said[1] : "");
        switch (said[0]) {
            case "open":
                open(said);
                return List.of("open");
            case "send":
                if (said[2].equals("blob")) ws.send(bytes(said[3]));
                else ws.send(new String(bytes(said[3]), StandardCharsets.UTF_8));
                return List.of("sent");
            case "recv":
                Message message = ws.receive(Duration.ofMillis(Long.parseLong(said[2])));
                return List.of(message.type().toString().toLowerCase(), hex(message.data()));
            case "echo":
                return List.of(echo(ws, said[2].equals("text"), Integer.parseInt(said[3])) ? "same" : "different");
            case "flood":
                for (int expected = 0; expected < Integer.parseInt(said[2]); expected++) {
                    String number = new String(ws.receive(LONG).data(), StandardCharsets.UTF_8).split(":")[0];
                    if (Integer.parseInt(number) != expected) return List.of("different", number + " instead of " + expected);
                }
                return List.of("ordered");
            case "mirror":
                while (true) ws.send(ws.receive());
            case "close":
                ws.close(Integer.parseInt(said[2]), new String(bytes(said[3]), StandardCharsets.UTF_8));
                return ended(ws);
            case "abort":
                ws.abort();
                return ended(ws);
            case "await":
                for (int left = Integer.parseInt(said[3]); !events.contains(said[2]) && left > 0; left -= 10) {
                    try { ws.receive(Duration.ofMillis(10)); } catch (HostwsTimeoutException notYet) { }
                }
                return List.of(events.remove(said[2]) ? said[2] : "timeout");
            case "ping":
                ws.ping(bytes(said[2]));
                return List.of("sent");
            case "get":
                return List.of(fact(ws, said[2]));
            case "sleep":
                Thread.sleep(Long.parseLong(said[1]));
                return List.of("slept");
            case "cancel":
                new Thread(Thread.currentThread()::interrupt).start();
                try {
                    ws.receive();
                    return List.of("error", "a message came");
                } catch (InterruptedException cancelled) {
                    return List.of("cancelled");
                }
            case "threads":
                return threads(ws, Integer.parseInt(said[2]), Integer.parseInt(said[3]));
            case "interrupt":
                OUTPUT.println("waiting");
                ws.receive();
                return List.of("error", "a message came");
            default:
                return List.of("unsupported");
        }
    }

    private static void open(String[] said) throws InterruptedException {
        Options options = new Options();
        for (int i = 3; i < said.length; i++) {
            String[] parts = said[i].split("[=:]", 2);
            if (parts[0].equals("headers")) options.header(parts[1].split(": ", 2)[0], parts[1].split(": ", 2)[1]);
            else options.set(parts[0], said[i].charAt(parts[0].length()) == '=' ? (Object) Long.valueOf(parts[1]) : parts[1]);
        }
        WebSocket ws = WebSocket.connect(said[2], options);
        List<String> events = new ArrayList<>();
        ws.onEvent(event -> events.add(event.type().toString().toLowerCase()));
        CONNECTIONS.put(said[1], ws);
        EVENTS.put(said[1], events);
    }

    private static boolean echo(WebSocket ws, boolean isText, int size) throws InterruptedException {
        String text = UNIT.repeat(size / UNIT.length() + 1).substring(0, size);
        if (isText) ws.send(text);
        else ws.send(text.getBytes(StandardCharsets.UTF_8));
        Message echo = ws.receive(LONG);
        return echo.isText() == isText && new String(echo.data(), StandardCharsets.UTF_8).equals(text);
    }

    private static List<String> threads(WebSocket ws, int count, int each) throws InterruptedException {
        List<Thread> senders = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String own = i + ":";
            senders.add(new Thread(() -> {
                for (int j = 0; j < each; j++) ws.send(own + j);
            }));
        }
        senders.forEach(Thread::start);
        int[] seen = new int[count];
        for (int i = 0; i < count * each; i++) {
            String[] parts = ws.receive(LONG).text().split(":");
            if (seen[Integer.parseInt(parts[0])]++ != Integer.parseInt(parts[1])) return List.of("different", String.join(":", parts));
        }
        for (Thread sender : senders) sender.join();
        return List.of("ordered");
    }

    /** How the connection has ended, which every call says from then on. */
    private static List<String> ended(WebSocket ws) throws InterruptedException {
        while (true) {
            try {
                ws.receive();
            } catch (ConnectionClosedException end) {
                return closed(end);
            }
        }
    }

    private static List<String> closed(ConnectionClosedException end) {
        return List.of("closed", "" + end.closeCode(), end.wasClean() ? "yes" : "no",
            hex(end.reason().getBytes(StandardCharsets.UTF_8)), components(end.errors()));
    }

    private static String fact(WebSocket ws, String name) {
        if (name.equals("status")) return ws.status().toString().charAt(0) + ws.status().toString().substring(1).toLowerCase();
        if (!name.startsWith("header:")) return name.equals("url") ? ws.url() : ws.subprotocol();
        return value(ws.responseHeaders(), name.substring(7));
    }

    private static String value(List<Map.Entry<String, String>> headers, String name) {
        return headers.stream().filter(it -> it.getKey().equalsIgnoreCase(name)).map(Map.Entry::getValue).findFirst().orElse("");
    }

    private static String components(List<ConnectionError> errors) {
        return errors.stream().map(ConnectionError::component).collect(Collectors.joining(","));
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte one : bytes) text.append(String.format("%02x", one));
        return text.toString();
    }

    private static byte[] bytes(String hex) {
        byte[] bytes = new byte[hex.length() / 2];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
        return bytes;
    }
}
