// A message that is too large for the heap, beside the test server: HOSTWS_WS is its address. The heap is to be limited to
// 48 MiB: MONO_GC_PARAMS=max-heap-size=48m for Mono, COMPlus_GCHeapHardLimit=3000000 for .NET.

using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Hostws;

static class Heap {
    const int Size = 60000000;
    static readonly string WS = Environment.GetEnvironmentVariable("HOSTWS_WS");
    static readonly string Words = "there is no memory for a message of " + Size + " bytes";
    static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    static void Main() {
        Poll();
        Receive();
        if (!Async().Wait(Long)) throw new TimeoutException("it is not over in time");
        Console.WriteLine("passed");
        // At the end of Main, Mono sometimes waits for an idle thread of its pool, up to a minute.
        Environment.Exit(0);
    }

    static void Same<T>(T given, T wanted) {
        if (!EqualityComparer<T>.Default.Equals(given, wanted)) throw new Exception("\"" + given + "\" is not \"" + wanted + "\"");
    }

    static void IsTheEnd(ConnectionClosedException end) {
        Same(end.CloseCode, 1009);
        Same(end.WasClean, false);
        Same(end.Errors[0].Code, (int)ErrorCode.Resources);
        Same(end.Errors[0].Message, Words);
    }

    static void Poll() {
        var told = new List<string>();
        using (var ws = new HostWebSocket(WS + "/flood?n=1&size=" + Size)) {
            bool isOver = false;
            ws.MessageReceived += (sender, message) => told.Add("message");
            ws.Error += (sender, error) => told.Add(error.Errors[0].Message);
            ws.Terminated += (sender, end) => { told.Add("" + end.Code); isOver = true; };
            for (DateTime end = DateTime.UtcNow + Long; !isOver; Thread.Sleep(1)) {
                if (DateTime.UtcNow > end) throw new TimeoutException("it does not end");
                ws.Poll();
            }
        }
        Same(string.Join(", ", told), Words + ", 1009");
    }

    static void Receive() {
        using (var ws = HostWebSocket.Connect(WS + "/flood?n=1&size=" + Size)) {
            try {
                ws.Receive(Long);
                throw new Exception("the message came");
            } catch (ConnectionClosedException end) {
                IsTheEnd(end);
            }
        }
    }

    static async Task Async() {
        AsyncHostWebSocket other = await AsyncHostWebSocket.ConnectAsync(WS + "/echo");
        AsyncHostWebSocket ws = await AsyncHostWebSocket.ConnectAsync(WS + "/flood?n=1&size=" + Size);
        try {
            await ws.ReceiveAsync();
            throw new Exception("the message came");
        } catch (ConnectionClosedException end) {
            IsTheEnd(end);
        }
        await other.SendAsync("on");
        Same((await other.ReceiveAsync()).Text, "on");
        await other.CloseAsync();
    }
}
