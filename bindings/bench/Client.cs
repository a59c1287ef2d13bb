// The client of C# for bench.py: Client.exe MODE URL N SIZE [poll]. Receives in a loop, or in a handler that Poll() calls.

using System;
using System.Diagnostics;
using System.Globalization;
using Hostws;

static class Client {
    static double Now() {
        return Environment.GetEnvironmentVariable("BENCH_CPU") == "1"
            ? Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
    }

    static void Main(string[] arguments) {
        string mode = arguments[0], url = arguments[1];
        int count = int.Parse(arguments[2]), size = int.Parse(arguments[3]);
        bool isFlood = mode.StartsWith("flood"), polls = arguments.Length > 4;
        if (polls && mode == "rtt") Environment.Exit(77);
        url += isFlood ? "/" + mode + "/" + size + "/" + count : "/echo";
        using (var ws = HostWebSocket.Connect(url, new HostWebSocketOptions { SendQueueMax = -1 })) {
            int got = 0, sent = 0, ahead = mode == "flight" ? 128 : 1;
            byte[] payload = new byte[size];
            Action take = () => {
                got++;
                if (isFlood || sent == count) return;
                sent++;
                ws.Send(payload);
            };
            ws.MessageReceived += (sender, message) => take();
            double start = Now();
            if (isFlood) ws.Send("go");
            else for (; sent < ahead; sent++) ws.Send(payload);
            while (got < count) {
                if (polls) {
                    ws.Poll();
                } else {
                    ws.Receive();
                    take();
                }
            }
            Console.WriteLine((Now() - start).ToString("F6", CultureInfo.InvariantCulture));
            ws.Abort();
        }
    }
}
