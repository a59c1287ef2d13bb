// The package as it is published, beside the test server: HOSTWS_WS is its address, HOSTWS_NOBODY one where nobody listens.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Hostws;

static class Tests {
    static readonly string WS = Environment.GetEnvironmentVariable("HOSTWS_WS");
    static readonly string Nobody = Environment.GetEnvironmentVariable("HOSTWS_NOBODY");
    static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    static void Main() {
        int passed = 0, failed = 0;
        foreach (MethodInfo test in typeof(Tests).GetMethods(BindingFlags.Static | BindingFlags.Public)) {
            try {
                object result = test.Invoke(null, null);
                if (result is Task) Check(((Task)result).Wait(Long), "it is over in time");
                passed++;
            } catch (Exception error) {
                Console.Error.WriteLine("FAILED " + test.Name + ": " + (error.InnerException ?? error));
                failed++;
            }
        }
        Console.WriteLine("{0} passed, {1} failed", passed, failed);
        // At the end of Main, Mono sometimes waits for an idle thread of its pool, up to a minute.
        Environment.Exit(failed == 0 ? 0 : 1);
    }

    static void Check(bool holds, string words) {
        if (!holds) throw new Exception("not so: " + words);
    }

    static void Same<T>(T given, T wanted) {
        if (!EqualityComparer<T>.Default.Equals(given, wanted)) throw new Exception("\"" + given + "\" is not \"" + wanted + "\"");
    }

    static T Throws<T>(Action action) where T : Exception {
        try {
            action();
        } catch (T error) {
            return error;
        }
        throw new Exception("no " + typeof(T).Name);
    }

    /// <summary>Polls until it holds.</summary>
    static void PollUntil(HostWebSocket ws, Func<bool> holds) {
        for (DateTime end = DateTime.UtcNow + Long; !holds(); Thread.Sleep(1)) {
            Check(DateTime.UtcNow < end, "it happens in time");
            ws.Poll();
        }
    }

    public static void EventsComeInPollAndOnItsThread() {
        var told = new List<string>();
        var threads = new HashSet<int>();
        Action<string> tell = words => { told.Add(words); threads.Add(Thread.CurrentThread.ManagedThreadId); };
        using (var ws = new HostWebSocket(WS + "/echo", new HostWebSocketOptions { CloseTimeoutMs = 60000 })) {
            ws.Opened += (sender, happened) => { tell("open"); ws.Send("one"); };
            ws.MessageReceived += (sender, message) => { tell(message.Text); ((HostWebSocket)sender).Close(4000, "enough"); };
            ws.Terminated += (sender, happened) => tell(happened.Code + happened.Reason + happened.WasClean);
            PollUntil(ws, () => told.Count == 3);
            Same(ws.Poll(), 0);
            Same(ws.Status, ConnectionStatus.Closed);
        }
        Same(string.Join(" ", told), "open one 4000enoughTrue");
        Same(threads.Single(), Thread.CurrentThread.ManagedThreadId);
    }

    public static void AnErrorIsTold() {
        var told = new List<ConnectionEvent>();
        using (var ws = new HostWebSocket(Nobody)) {
            ws.Error += (sender, happened) => told.Add(happened);
            ws.Terminated += (sender, happened) => told.Add(happened);
            PollUntil(ws, () => told.Count == 2);
            Same(told[0].Errors[0].Code, (int)ErrorCode.Open);
            Check(told[0].Errors.Any(error => error.Component == "tcp"), "the cause is there");
            Same(told[1].Code, 1006);
            Check(Throws<OpenException>(() => ws.TrySend("x")).Message.Contains("refused"), "the words are there");
        }
    }

    public static void PollTakesAFewOfAFloodAndTheRestStaysWithTheServer() {
        int next = 0;
        using (var ws = new HostWebSocket(WS + "/flood?n=200000&size=1000")) {
            ws.MessageReceived += (sender, message) => Same(int.Parse(message.Text.Split(':')[0]), next++);
            PollUntil(ws, () => next > 0);
            Check(next <= 20000, "one poll takes what was there");
            int before = next, raised = 0;
            PollUntil(ws, () => {
                before = next;
                raised = ws.Poll(10);
                return raised > 0;
            });
            Check(raised <= 10 && next == before + raised, "no more than it was told");
            PollUntil(ws, () => next == 200000);
        }
    }

    public static void AHandlerThatThrowsEndsThePollAndLosesNothing() {
        var got = new List<string>();
        using (var ws = HostWebSocket.Connect(WS + "/flood?n=20&size=8")) {
            ws.MessageReceived += (sender, message) => {
                got.Add(message.Text);
                Same(ws.Poll(), 0);
                if (got.Count % 2 == 1) throw new InvalidOperationException("mine");
            };
            for (DateTime end = DateTime.UtcNow + Long; got.Count < 20; Thread.Sleep(1)) {
                Check(DateTime.UtcNow < end, "they come in time");
                try {
                    ws.Poll();
                } catch (InvalidOperationException mine) {
                    Same(mine.Message, "mine");
                }
            }
        }
        Check(got.Select((text, i) => int.Parse(text.Split(':')[0]) == i).All(same => same), "in order");
    }

    public static void LargeMessagesAreFetchedAFewAtATime() {
        using (var ws = HostWebSocket.Connect(WS + "/flood-binary?n=200&size=100000")) {
            object inbox = typeof(HostWebSocket).GetField("inbox", BindingFlags.NonPublic | BindingFlags.Instance).GetValue(ws);
            PropertyInfo count = inbox.GetType().GetProperty("Count");
            int most = 0;
            for (int i = 0; i < 200; i++) {
                Same(ws.Receive(Long).Data.Length, 100000);
                most = Math.Max(most, (int)count.GetValue(inbox));
            }
            Check(most < 16, "no more than 16 at once");
        }
    }

    sealed class Mine : Exception { }

    public static void AHandlerThatThrowsWhileAMessageIsAwaitedLosesNothing() {
        using (var ws = HostWebSocket.Connect(WS + "/echo"))
            LosesNothing(ws, message => ws.Send(message), () => ws.Receive(Long));
        AsyncHostWebSocket waiting = AsyncHostWebSocket.ConnectAsync(WS + "/echo").GetAwaiter().GetResult();
        using (waiting) LosesNothing(waiting, message => Wait(waiting.SendAsync(message)), () => {
            Task<Message> next = waiting.ReceiveAsync();
            Wait(next);
            return next.Result;
        });
    }

    static void Wait(Task task) {
        Check(Task.WhenAny(task, Task.Delay(Long)).GetAwaiter().GetResult() == task, "it comes in time");
        task.GetAwaiter().GetResult();
    }

    static void LosesNothing(Connection ws, Action<string> send, Func<Message> receive) {
        const int Count = 50;
        ws.EventReceived += (sender, happened) => { throw new Mine(); };
        for (int i = 0; i < Count; i++) {
            send("" + i);
            ws.Ping();
        }
        int got = 0, thrown = 0;
        while (got < Count) {
            try {
                Same(receive().Text, "" + got);
                got++;
            } catch (Mine) {
                thrown++;
            }
        }
        Check(thrown > 0, "its exceptions come out of the wait");
    }

    public static void NoMessageComesAfterClose() {
        int got = 0;
        using (var ws = HostWebSocket.Connect(WS + "/flood?n=100000&size=16")) {
            ws.MessageReceived += (sender, message) => { got++; ws.Close(); };
            PollUntil(ws, () => got > 0);
            Check(ws.WaitClosed(Long), "it ends");
            Same(got, 1);
        }
    }

    public static void TextAndBytesComeBackAsTheyWereSent() {
        using (var ws = HostWebSocket.Connect(WS + "/echo")) {
            foreach (string text in new[] { "", "héllo €, 日本 🙂 \0 end", new string('é', 1024), new string('x', 1 << 20) }) {
                ws.Send(text);
                Message message = ws.Receive(Long);
                Same(message.Text, text);
                Check(message.Data.SequenceEqual(Encoding.UTF8.GetBytes(text)), "its bytes");
                ws.Send(message);
                Same(ws.Receive(Long).Text, text);
            }
            ws.Send(new byte[0]);
            Check(ws.Receive(Long).Data.Length == 0, "an empty message");
            ws.Send(new ArraySegment<byte>(new byte[] { 1, 0, 255, 4 }, 1, 2));
            Message blob = ws.Receive(Long);
            Check(blob.Data.SequenceEqual(new byte[] { 0, 255 }) && blob.Text == null && blob.Type == DataType.Blob, "a part");
            Throws<ArgumentException>(() => ws.Send("\ud800"));
            Throws<ArgumentNullException>(() => ws.Send((string)null));
            Throws<ArgumentNullException>(() => ws.Send((byte[])null));
        }
    }

    public static void OptionsHavePropertiesAndNames() {
        var options = new HostWebSocketOptions {
            OpenTimeoutMs = 10000, TlsVerify = TlsVerify.Full, Deflate = true, DataType = DataType.Object,
            Headers = { { "X-Test", "one" }, { "X-\u0054est", "t\"wo" } },
        };
        Same(options["open_timeout_ms"], 10000);
        options["max_message"] = 5000;
        Same(options.DataType, DataType.Object);
        using (var ws = HostWebSocket.Connect(WS + "/headers", options)) {
            Message seen = ws.Receive(Long);
            Same(seen.Type, DataType.Object);
            Check(seen.Text.Contains("one") && seen.Text.Contains("t\\\"wo"), "both headers were sent: " + seen.Text);
            Check(Throws<OptionException>(() => ws.Send("no JSON")).Code == ErrorCode.Json, "it is checked");
        }
    }

    public static void WhatIsRefusedSaysSo() {
        Func<string, object, string> refused = (name, value) => {
            var options = new HostWebSocketOptions();
            options[name] = value;
            return Throws<OptionException>(() => new HostWebSocket(WS, options)).Message;
        };
        Check(refused("tls_cat", "x").Contains("tls_cat"), "an unknown name");
        Check(refused("open_timeout_ms", "x").Contains("open_timeout_ms"), "a wrong type");
        Check(refused("open_timeout_ms", new object()).Contains("open_timeout_ms"), "no value at all");
        Check(refused("stream_threshold", 2000).Contains("stream_threshold"), "what the package cannot do");
        Check(Throws<OptionException>(() => HostWebSocket.Connect("nowhere")).Message.Contains("ws://"), "the URL");
        Check(Throws<OptionException>(() => HostWebSocket.Connect(WS + "/\0")).Message.Contains("NUL"), "a NUL");
        Throws<ArgumentNullException>(() => HostWebSocket.Connect(null));
        using (var ws = HostWebSocket.Connect(WS + "/echo")) {
            Throws<OptionException>(() => ws.Close(999));
            Same(ws.Status, ConnectionStatus.Connected);
        }
    }

    public static void AFullSendQueueIsToldOrWaitedFor() {
        var options = new HostWebSocketOptions { SendQueueMax = 200000 };
        using (var ws = HostWebSocket.Connect(WS + "/silent", options)) {
            Throws<TimeoutException>(() => { while (true) ws.Send(new byte[100000], TimeSpan.FromMilliseconds(100)); });
            // The wait may have ended while there was no room only because the library was slow.
            for (int tries = 0; ws.TrySend(new byte[100000]); tries++) Check(tries < 1000, "there is no room");
            ws.Abort();
            Throws<ConnectionClosedException>(() => ws.Receive(Long));
            Check(ws.BufferedAmount > 0, "what never left stays known");
            Same(ws.Url, WS + "/silent");
            Check(ws.ResponseHeaders.Exists(header => header.Key.ToLowerInvariant() == "upgrade"), "the headers stay");
        }
        using (var ws = HostWebSocket.Connect(WS + "/echo", options)) {
            for (int i = 0; i < 100; i++) ws.Send(new byte[100000], Long);
            Same(Enumerable.Range(0, 100).Sum(i => ws.Receive(Long).Data.Length), 10000000);
            Task<int> receiving = Task.Factory.StartNew(
                () => Enumerable.Range(0, 100).Sum(i => ws.Receive(Long).Data.Length), TaskCreationOptions.LongRunning);
            for (int i = 0; i < 100; i++) ws.Send(new byte[100000], Long);
            Check(receiving.Wait(Long) && receiving.Result == 10000000, "also while another thread receives");
        }
    }

    public static void AWaitIsCancelledOrDisposed() {
        var ws = HostWebSocket.Connect(WS + "/echo");
        var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Throws<OperationCanceledException>(() => ws.Receive(null, cancel.Token));
        Throws<TimeoutException>(() => ws.Receive(TimeSpan.FromMilliseconds(5)));
        Throws<TimeoutException>(() => ws.Receive(TimeSpan.MinValue));
        using (new Timer(_ => ws.Send("late"), null, 50, Timeout.Infinite))
            Same(ws.Receive(Timeout.InfiniteTimeSpan).Text, "late");
        ws.Send("still open");
        Same(ws.Receive(Long).Text, "still open");
        Task<bool> waiting = Task.Factory.StartNew(() => {
            try {
                ws.Receive();
                return false;
            } catch (ObjectDisposedException) {
                return true;
            }
        }, TaskCreationOptions.LongRunning);
        ws.Dispose();
        ws.Dispose();
        Check(waiting.Wait(Long) && waiting.Result, "the wait ended");
    }

    public static void AQuestionIsAnswered() {
        var options = new HostWebSocketOptions { ReconnectMax = -1, ReconnectCodes = "4001", Ask = Question.Reconnect };
        using (var ws = HostWebSocket.Connect(WS + "/late-close", options)) {
            ws.EventReceived += (sender, happened) => {
                Same(happened.Question, Question.Reconnect);
                Check(Encoding.UTF8.GetString(happened.Data).Contains("attempt"), "the facts");
                ws.Answer(happened.Code, "refuse");
            };
            ws.Send("x");
            Same(Throws<ConnectionClosedException>(() => { while (true) ws.Receive(Long); }).CloseCode, 4001);
        }
    }

    public static void WhatIsForgottenIsClosed() {
        int id = Forget();
        for (DateTime end = DateTime.UtcNow + Long; Facts(id) != ConnectionStatus.Closed; Thread.Sleep(10)) {
            Check(DateTime.UtcNow < end, "it is closed in time");
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    // In a frame of its own, so that nothing of it is left on the stack.
    static int Forget() {
        int id = 0;
        var forget = new Thread(() => id = HostWebSocket.Connect(WS + "/echo").Id);
        forget.Start();
        forget.Join();
        return id;
    }

    static ConnectionStatus Facts(int id) {
        Type native = typeof(HostWebSocket).Assembly.GetType("Hostws.Native");
        return (ConnectionStatus)(int)native.GetMethod("ws_status").Invoke(null, new object[] { id });
    }

    /// <summary>IL2CPP, and a collector that moves things, want no delegate, no object and no string there.</summary>
    public static void NothingButNumbersAndPointersGoesToTheLibrary() {
        MethodInfo[] functions = typeof(HostWebSocket).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(method => (method.Attributes & MethodAttributes.PinvokeImpl) != 0).ToArray();
        Check(functions.Length > 20, "these are the functions");
        foreach (MethodInfo function in functions) {
            foreach (Type type in function.GetParameters().Select(it => it.ParameterType).Concat(new[] { function.ReturnType })) {
                Check(type.IsPrimitive || type.IsPointer || type == typeof(void), function.Name + " takes or gives " + type);
            }
        }
    }

    public static void TheLibrarySaysWhatItIs() {
        Check(HostwsLibrary.BuildInfo.Contains(HostwsLibrary.Version), "its version");
        Same(typeof(HostWebSocket).Assembly.GetName().Version.ToString(3), HostwsLibrary.Version);
        Check(HostwsLibrary.Metrics.Contains("hostws_connections"), "its metrics");
        using (var ws = HostWebSocket.Connect(WS + "/echo")) Check(ws.Explain().Contains("\"attempts\""), "what happened");
    }

    public static async Task ManyConnectionsForAsyncMethodsShareAThread() {
        int before = System.Diagnostics.Process.GetCurrentProcess().Threads.Count;
        AsyncHostWebSocket[] all = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => AsyncHostWebSocket.ConnectAsync(WS + "/echo")));
        Task<string>[] answers = all.Select(async (ws, i) => {
            await ws.SendAsync(i.ToString());
            return (await ws.ReceiveAsync()).Text;
        }).ToArray();
        Check((await Task.WhenAll(answers)).SequenceEqual(Enumerable.Range(0, 200).Select(i => i.ToString())), "each its own");
        Check(System.Diagnostics.Process.GetCurrentProcess().Threads.Count < before + 150, "no thread for each");
        foreach (AsyncHostWebSocket ws in all) ws.Dispose();
    }

    public static async Task AnIterationEndsWithTheConnection() {
        AsyncHostWebSocket ws = await AsyncHostWebSocket.ConnectAsync(WS + "/close?code=1000");
        Check(!await ws.Messages().GetAsyncEnumerator().MoveNextAsync(), "a clean end");
        ws = await AsyncHostWebSocket.ConnectAsync(WS + "/drop");
        try {
            await ws.Messages().GetAsyncEnumerator().MoveNextAsync();
            Check(false, "a loss is thrown");
        } catch (ConnectionClosedException lost) {
            Same(lost.CloseCode, 1006);
        }
        using (var blocking = HostWebSocket.Connect(WS + "/close?code=1000")) Same(blocking.Messages().Count(), 0);
    }

    public static async Task ACancelledReceiveLosesNoMessage() {
        using (AsyncHostWebSocket ws = await AsyncHostWebSocket.ConnectAsync(WS + "/echo")) {
            for (int i = 0; i < 200; i++) {
                var cancel = new CancellationTokenSource();
                Task<Message> waiting = ws.ReceiveAsync(cancel.Token);
                await ws.SendAsync(i.ToString());
                cancel.Cancel();
                Message message;
                try {
                    message = await waiting;
                } catch (OperationCanceledException) {
                    message = await ws.ReceiveAsync();
                }
                Same(message.Text, i.ToString());
            }
            Task<Message> first = ws.ReceiveAsync();
            try {
                await ws.ReceiveAsync();
                Check(false, "one at a time");
            } catch (InvalidOperationException) { }
            await ws.SendAsync("for the first");
            Same((await first).Text, "for the first");
        }
    }

    public static async Task AnAsyncReaderThatStopsStopsTheServer() {
        using (AsyncHostWebSocket ws = await AsyncHostWebSocket.ConnectAsync(WS + "/flood?n=100000&size=1000")) {
            await Task.Delay(300);
            long before = GC.GetTotalMemory(true);
            Check(before < 64 << 20, "it does not pile up");
            for (int i = 0; i < 100000; i++) Same(int.Parse((await ws.ReceiveAsync()).Text.Split(':')[0]), i);
        }
    }

    public static async Task AnAsyncSendWaitsForRoom() {
        var options = new HostWebSocketOptions { SendQueueMax = 200000 };
        using (AsyncHostWebSocket ws = await AsyncHostWebSocket.ConnectAsync(WS + "/echo", options)) {
            Task feeding = Task.Run(async () => { for (int i = 0; i < 100; i++) await ws.SendAsync(new byte[100000]); });
            for (int total = 0; total < 10000000;) total += (await ws.ReceiveAsync()).Data.Length;
            await feeding;
            await ws.CloseAsync(4000, "enough");
            Same(ws.Status, ConnectionStatus.Closed);
        }
    }

    /// <summary>The thread of a program with windows, in short.</summary>
    sealed class OneThread : SynchronizationContext {
        readonly System.Collections.Concurrent.BlockingCollection<Action> work =
            new System.Collections.Concurrent.BlockingCollection<Action>();

        public override void Post(SendOrPostCallback call, object state) {
            work.Add(() => call(state));
        }

        public void Run(Func<Task> main) {
            SetSynchronizationContext(this);
            Task task = main();
            task.ContinueWith(done => work.CompleteAdding(), TaskScheduler.Default);
            foreach (Action next in work.GetConsumingEnumerable()) next();
            SetSynchronizationContext(null);
            task.Wait();
        }
    }

    public static void EventsForAsyncMethodsAreRaisedInTheContextThatAwaits() {
        var threads = new List<int>();
        new OneThread().Run(async () => {
            using (AsyncHostWebSocket ws = await AsyncHostWebSocket.ConnectAsync(WS + "/echo")) {
                ws.EventReceived += (sender, happened) => threads.Add(Thread.CurrentThread.ManagedThreadId);
                for (int i = 0; i < 5; i++) {
                    Task<Message> waiting = ws.ReceiveAsync();
                    ws.Ping(new[] { (byte)i });
                    await Task.Delay(20);
                    await ws.SendAsync("x");
                    await waiting;
                }
                await ws.CloseAsync();
            }
        });
        Check(threads.Count >= 5 && threads.All(id => id == Thread.CurrentThread.ManagedThreadId), "on this thread");
    }

    public static async Task AnAsyncOpeningFailsOrIsCancelled() {
        try {
            await AsyncHostWebSocket.ConnectAsync(WS + "/no-such-path");
            Check(false, "it is refused");
        } catch (OpenException refused) {
            Same(refused.Status, 404);
        }
        var cancel = new CancellationTokenSource();
        cancel.Cancel();
        try {
            await AsyncHostWebSocket.ConnectAsync(WS + "/echo", null, cancel.Token);
        } catch (OperationCanceledException) { }
    }
}
