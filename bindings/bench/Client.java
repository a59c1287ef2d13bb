// The client of Java for bench.py: java Client MODE URL N SIZE.

import com.hostws.Options;
import com.hostws.WebSocket;
import java.lang.management.ManagementFactory;
import java.util.Locale;

public final class Client {
    private static double now() {
        boolean isCpu = "1".equals(System.getenv("BENCH_CPU"));
        return (isCpu ? ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime() : System.nanoTime()) / 1e9;
    }

    public static void main(String[] arguments) throws Exception {
        String mode = arguments[0];
        int count = Integer.parseInt(arguments[2]);
        int size = Integer.parseInt(arguments[3]);
        boolean isFlood = mode.startsWith("flood");
        String url = arguments[1] + (isFlood ? "/" + mode + "/" + size + "/" + count : "/echo");
        WebSocket ws = WebSocket.connect(url, new Options().sendQueueMax(-1));
        byte[] message = new byte[size];
        int ahead = mode.equals("flight") ? 128 : 1;
        double start = now();
        if (isFlood) {
            ws.send("go");
            for (int i = 0; i < count; i++) ws.receive();
        } else {
            for (int i = 0; i < ahead; i++) ws.send(message);
            for (int i = ahead; i < count; i++) {
                ws.receive();
                ws.send(message);
            }
            for (int i = 0; i < ahead; i++) ws.receive();
        }
        System.out.printf(Locale.ROOT, "%.6f%n", now() - start);
        ws.abort();
    }
}
