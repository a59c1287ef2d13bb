using System;
using System.Collections.Generic;
using System.Threading;

namespace Hostws {
    /// <summary>
    /// A connection whose events come inside calls of yours. A program with a loop (Unity's Update, Godot's _Process, a
    /// timer of WinForms) creates it and calls <see cref="Poll"/>, which raises the events and never waits. Any other
    /// program calls <see cref="Connect"/> and <see cref="Receive"/>.
    /// </summary>
    /// <example><code>
    /// using (var ws = HostWebSocket.Connect("wss://quotes.example/stream")) {
    ///     ws.Send("subscribe");
    ///     foreach (Message message in ws.Messages()) Console.WriteLine(message.Text);
    /// }
    /// </code></example>
    public sealed class HostWebSocket : Connection {
        /// <summary>The longest wait in one foreign call, which a thread's Interrupt or Abort cannot end.</summary>
        const int SliceMs = 500;
        [ThreadStatic] static NativeEvent[] batch;

        readonly Inbox inbox;
        readonly object pumping = new object();
        Portion portion;
        int queue;
        bool isRaising;
        volatile bool isDisposed;
        volatile int round, drained;

        /// <summary>Begins to open a connection, and returns at once. Opened follows in <see cref="Poll"/>.</summary>
        /// <exception cref="OptionException">The URL or an option is refused.</exception>
        public HostWebSocket(string url, HostWebSocketOptions options = null) {
            inbox = new Inbox(this);
            queue = Native.ws_queue_new();
            Check(queue);
            try {
                Open(url, options, queue, IntPtr.Zero);
            } catch {
                Free();
                throw;
            }
        }

        /// <summary>Closes what was forgotten.</summary>
        ~HostWebSocket() {
            Free();
        }

        /// <summary>A message arrived, and <see cref="Poll"/> delivers it.</summary>
        public event EventHandler<Message> MessageReceived;

        /// <summary>Opens a connection and waits until it is open.</summary>
        /// <exception cref="OptionException">The URL or an option is refused.</exception>
        /// <exception cref="OpenException">The connection could not be opened.</exception>
        public static HostWebSocket Connect(string url, HostWebSocketOptions options = null) {
            var ws = new HostWebSocket(url, options);
            try {
                var never = new Deadline(null);
                while (true) {
                    int seen = ws.round;
                    if (ws.IsOpen) return ws;
                    ws.ThrowIfEnded();
                    ws.Pump(seen, never);
                }
            } catch {
                ws.Dispose();
                throw;
            }
        }

        /// <summary>
        /// Raises the events for what has come, and returns at once. A handler that throws ends the call; the next call goes
        /// on after its event. Inside a handler the call does nothing.
        /// </summary>
        /// <param name="maxEvents">how many events to raise at most; 0: all that wait when the call begins</param>
        /// <returns>how many events were raised</returns>
        public int Poll(int maxEvents = 0) {
            if (isRaising || isDisposed) return 0;
            int left = inbox.Count + Math.Max(0, Native.ws_pending(queue)), raised = 0;
            if (maxEvents > 0) left = Math.Min(left, maxEvents);
            isRaising = true;
            try {
                while (raised < left && !isDisposed) {
                    Item item;
                    if (!inbox.TryTake(out item)) {
                        int seen = round;
                        Pump(seen, new Deadline(TimeSpan.Zero));
                        if (seen == round) break;
                        continue;
                    }
                    raised++;
                    if (item.Event != null) {
                        Raise(item.Event);
                    } else {
                        EventHandler<Message> handlers = MessageReceived;
                        if (handlers != null) handlers(this, item.Message);
                    }
                }
            } finally {
                isRaising = false;
            }
            return raised;
        }

        /// <summary>Waits for the next message. Other events are raised meanwhile.</summary>
        /// <exception cref="TimeoutException">The time is up. The connection lives on.</exception>
        /// <exception cref="OperationCanceledException">It was cancelled. The connection lives on.</exception>
        /// <exception cref="ConnectionClosedException">The connection has ended.</exception>
        public Message Receive(TimeSpan? timeout = null, CancellationToken cancellationToken = default(CancellationToken)) {
            var deadline = new Deadline(timeout);
            Message message;
            if (TryReceive(out message)) return message;
            using (cancellationToken.Register(() => Native.ws_wake(queue))) {
                while (true) {
                    int seen = round;
                    bool hasEnded = HasEnded;
                    if (TryReceive(out message)) return message;
                    if (hasEnded) ThrowIfEnded();
                    cancellationToken.ThrowIfCancellationRequested();
                    if (!Pump(seen, deadline)) throw new TimeoutException("no message within " + timeout);
                }
            }
        }

        /// <summary>The next message, if one is there.</summary>
        public bool TryReceive(out Message message) {
            bool hasPumped = false;
            while (true) {
                Item item;
                if (inbox.TryTake(out item)) {
                    message = item.Message;
                    if (item.Event == null) return true;
                    Raise(item.Event);
                } else if (hasPumped) {
                    message = default(Message);
                    return false;
                } else {
                    hasPumped = true;
                    Pump(round, new Deadline(TimeSpan.Zero));
                }
            }
        }

        /// <summary>Messages until the connection ends cleanly.</summary>
        /// <exception cref="ConnectionClosedException">The connection was lost.</exception>
        public IEnumerable<Message> Messages() {
            while (true) {
                Message message;
                try {
                    message = Receive();
                } catch (ConnectionClosedException) {
                    if (EndedCleanly) yield break;
                    throw;
                }
                yield return message;
            }
        }

        /// <summary>Sends a message. Waits only while the send queue is full; see TrySend.</summary>
        /// <exception cref="TimeoutException">The send queue was full for that long, and the message is not sent.</exception>
        /// <exception cref="OptionException">The message cannot be sent.</exception>
        /// <exception cref="ConnectionClosedException">The connection has ended.</exception>
        public void Send(Payload message, TimeSpan? timeout = null) {
            int seen = round, before = drained;
            if (TrySend(message)) return;
            var deadline = new Deadline(timeout);
            do {
                while (before == drained && !HasEnded) {
                    inbox.PauseIfMuch();
                    if (!Pump(seen, deadline)) throw new TimeoutException("the send queue was full for " + timeout);
                    seen = round;
                }
                before = drained;
            } while (!TrySend(message));
        }

        /// <summary>
        /// Begins to close, and returns at once: what was sent leaves, then the close frame. No message is delivered any
        /// more; Terminated follows.
        /// </summary>
        /// <param name="code">1000, or 3000 to 4999</param>
        /// <param name="reason">at most 123 bytes of UTF-8</param>
        public void Close(int code = 1000, string reason = "") {
            Terminate(code, reason);
        }

        /// <summary>Waits until the connection has ended, and raises the events. False: the time is up.</summary>
        public bool WaitClosed(TimeSpan? timeout = null) {
            var deadline = new Deadline(timeout);
            while (true) {
                int seen = round;
                bool hasEnded = HasEnded;
                Message ignored;
                while (TryReceive(out ignored)) { }
                if (hasEnded) return true;
                if (!Pump(seen, deadline)) return false;
            }
        }

        /// <inheritdoc/>
        public override void Dispose() {
            if (isDisposed) return;
            isDisposed = true;
            inbox.Silence();
            // While Connecting this would give the opening up, with what waits to be sent.
            if (Status == ConnectionStatus.Connected) CloseNormally();
            Native.ws_wake(queue);
            lock (pumping) Free();
            GC.SuppressFinalize(this);
        }

        internal override void Silence() {
            inbox.Silence();
        }

        /// <summary>
        /// Waits until something has come since the round <paramref name="seen"/>, or a while. False: the time is up.
        /// </summary>
        bool Pump(int seen, Deadline deadline) {
            int left = deadline.Left;
            if (!Monitor.TryEnter(pumping, left == int.MaxValue ? -1 : left)) return false;
            try {
                if (isDisposed) throw new ObjectDisposedException(nameof(HostWebSocket));
                if (seen != round || queue <= 0) return true;
                left = deadline.Left;
                return Fetch(Math.Min(left, SliceMs)) > 0 || left > 0;
            } finally {
                Monitor.Exit(pumping);
            }
        }

        unsafe int Fetch(int timeout) {
            batch = batch ?? new NativeEvent[Portion.Most];
            int count;
            long bytes = 0;
            bool hasEnded = false;
            fixed (NativeEvent* events = batch) {
                events->StructSize = (uint)sizeof(NativeEvent);
                count = Native.ws_next_batch(queue, events, portion.Next, timeout);
                if (count < 0) throw HostwsException.Of(count, Native.LastWords());
                for (int i = 0; i < count; i++) {
                    ConnectionEvent happened = Take(events + i, inbox);
                    bytes += events[i].Length;
                    if (happened == null) continue;
                    if (happened.Type == EventType.Drain) drained++;
                    hasEnded |= happened.Type == EventType.Terminate;
                }
            }
            portion.Fetched(count, bytes);
            if (count > 0) round++;
            if (hasEnded) Free();
            GC.KeepAlive(this);
            return count;
        }

        void Free() {
            int it = Interlocked.Exchange(ref queue, -1);
            if (it > 0) Native.ws_queue_free(it);
        }
    }
}
