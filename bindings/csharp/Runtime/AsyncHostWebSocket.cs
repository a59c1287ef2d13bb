using System;
using System.Threading;
using System.Threading.Tasks;

namespace Hostws {
    /// <summary>
    /// A connection for async methods. One thread brings the events of all such connections; no thread waits for one of
    /// them. Events are raised while you receive, in their order among the messages, and in the context that awaits: in a
    /// program with windows on its thread. (So do not wait there for a task with Wait() or Result.)
    /// </summary>
    /// <example><code>
    /// using (var ws = await AsyncHostWebSocket.ConnectAsync("wss://quotes.example/stream")) {
    ///     await ws.SendAsync("subscribe");
    ///     await foreach (Message message in ws.Messages()) Console.WriteLine(message.Text);
    /// }
    /// </code></example>
    public sealed class AsyncHostWebSocket : Connection {
        readonly Inbox inbox;
        readonly object gate = new object();
        TaskCompletionSource<bool> change;
        int isReceiving;
        volatile int drained;

        AsyncHostWebSocket(string url, HostWebSocketOptions options) {
            inbox = new Inbox(this);
            int token = Pump.Add(this);
            try {
                Open(url, options, Pump.Queue, new IntPtr(token));
            } catch {
                Pump.Remove(token);
                throw;
            }
        }

        /// <summary>Opens a connection; the task ends when it is open.</summary>
        /// <exception cref="OptionException">The URL or an option is refused.</exception>
        /// <exception cref="OpenException">The connection could not be opened.</exception>
        public static async Task<AsyncHostWebSocket> ConnectAsync(
            string url, HostWebSocketOptions options = null, CancellationToken cancellationToken = default(CancellationToken)) {
            var ws = new AsyncHostWebSocket(url, options);
            try {
                while (true) {
                    Task changed = ws.Changed();
                    if (ws.IsOpen) return ws;
                    ws.ThrowIfEnded();
                    await Wait(changed, cancellationToken).ConfigureAwait(false);
                }
            } catch {
                ws.Dispose();
                throw;
            }
        }

        /// <summary>
        /// Receives the next message; one call at a time. Other events are raised meanwhile, in the context that awaits.
        /// </summary>
        /// <exception cref="OperationCanceledException">It was cancelled. No message is lost.</exception>
        /// <exception cref="ConnectionClosedException">The connection has ended.</exception>
        public Task<Message> ReceiveAsync(CancellationToken cancellationToken = default(CancellationToken)) {
            Message message;
            return TryReceive(out message) ? Task.FromResult(message) : ReceiveLater(cancellationToken);
        }

        /// <summary>The next message, if one is there.</summary>
        public bool TryReceive(out Message message) {
            Item item;
            while (inbox.TryTake(out item)) {
                message = item.Message;
                if (item.Event == null) return true;
                Raise(item.Event);
            }
            message = default(Message);
            return false;
        }

        /// <summary>Messages until the connection ends cleanly, for <c>await foreach</c>.</summary>
        public MessageStream Messages(CancellationToken cancellationToken = default(CancellationToken)) {
            return new MessageStream(this, cancellationToken);
        }

        /// <summary>Sends a message. The task is done at once, unless the send queue is full.</summary>
        /// <exception cref="OptionException">The message cannot be sent.</exception>
        /// <exception cref="ConnectionClosedException">The connection has ended.</exception>
        public Task SendAsync(Payload message, CancellationToken cancellationToken = default(CancellationToken)) {
            int before = drained;
            return TrySend(message) ? Task.CompletedTask : SendLater(message, before, cancellationToken);
        }

        /// <summary>Closes: what was sent leaves, and the server answers. The task ends when that is over.</summary>
        /// <param name="code">1000, or 3000 to 4999</param>
        /// <param name="reason">at most 123 bytes of UTF-8</param>
        /// <param name="cancellationToken">ends the wait, and not the closing</param>
        public async Task CloseAsync(int code = 1000, string reason = "",
                                     CancellationToken cancellationToken = default(CancellationToken)) {
            Terminate(code, reason);
            await EndedAsync(cancellationToken);
        }

        /// <summary>Waits until the connection has ended, and raises the events; messages are dropped.</summary>
        public async Task EndedAsync(CancellationToken cancellationToken = default(CancellationToken)) {
            while (true) {
                Task changed = Changed();
                bool hasEnded = HasEnded;
                Message ignored;
                while (TryReceive(out ignored)) { }
                if (hasEnded) return;
                await Wait(changed, cancellationToken);
            }
        }

        /// <summary>Closes, for <c>await using</c>.</summary>
        public Task DisposeAsync() {
            return HasEnded ? Task.CompletedTask : CloseAsync();
        }

        /// <inheritdoc/>
        public override void Dispose() {
            Silence();
            CloseNormally();
        }

        internal override void Silence() {
            inbox.Silence();
        }

        async Task<Message> ReceiveLater(CancellationToken cancellationToken) {
            if (Interlocked.Exchange(ref isReceiving, 1) != 0)
                throw new InvalidOperationException("another ReceiveAsync is waiting on this connection");
            try {
                while (true) {
                    Task changed = Changed();
                    bool hasEnded = HasEnded;
                    Message message;
                    if (TryReceive(out message)) return message;
                    if (hasEnded) ThrowIfEnded();
                    await Wait(changed, cancellationToken);
                }
            } finally {
                Volatile.Write(ref isReceiving, 0);
            }
        }

        /// <summary>On the pump's thread.</summary>
        internal unsafe void Deliver(NativeEvent* raw) {
            // The opening thread may not know it yet.
            Id = raw->Ws;
            ConnectionEvent happened = Take(raw, inbox);
            if (happened == null) inbox.PauseIfMuch();
            else if (happened.Type == EventType.Drain) drained++;
        }

        /// <summary>Tells those who wait that something has come.</summary>
        internal void Signal() {
            TaskCompletionSource<bool> it;
            lock (gate) {
                it = change;
                change = null;
            }
            if (it != null) it.TrySetResult(true);
        }

        async Task SendLater(Payload message, int before, CancellationToken cancellationToken) {
            do {
                while (true) {
                    Task changed = Changed();
                    if (before != drained || HasEnded) break;
                    await Wait(changed, cancellationToken).ConfigureAwait(false);
                }
                before = drained;
            } while (!TrySend(message));
        }

        /// <summary>Ends with the next signal. What is looked at after this call is not missed.</summary>
        Task Changed() {
            lock (gate) {
                change = change ?? new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
                return change.Task;
            }
        }

        static async Task Wait(Task changed, CancellationToken cancellationToken) {
            cancellationToken.ThrowIfCancellationRequested();
            if (!cancellationToken.CanBeCanceled) {
                await changed.ConfigureAwait(false);
                return;
            }
            var cancelled = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            using (cancellationToken.Register(() => cancelled.TrySetResult(true)))
                await Task.WhenAny(changed, cancelled.Task).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The messages of a connection, one after the other. C# 8 iterates it with <c>await foreach</c>.</summary>
    public struct MessageStream {
        readonly AsyncHostWebSocket connection;
        readonly CancellationToken cancellationToken;

        internal MessageStream(AsyncHostWebSocket connection, CancellationToken cancellationToken) {
            this.connection = connection;
            this.cancellationToken = cancellationToken;
        }

        /// <summary>Begins to iterate.</summary>
        public Enumerator GetAsyncEnumerator() {
            return new Enumerator(connection, cancellationToken);
        }

        /// <summary>The place in the messages.</summary>
        public sealed class Enumerator {
            readonly AsyncHostWebSocket connection;
            readonly CancellationToken cancellationToken;

            internal Enumerator(AsyncHostWebSocket connection, CancellationToken cancellationToken) {
                this.connection = connection;
                this.cancellationToken = cancellationToken;
            }

            /// <summary>The message.</summary>
            public Message Current { get; private set; }

            /// <summary>Waits for the next message. False: the connection has ended cleanly.</summary>
            public async Task<bool> MoveNextAsync() {
                try {
                    Current = await connection.ReceiveAsync(cancellationToken).ConfigureAwait(false);
                    return true;
                } catch (ConnectionClosedException) {
                    if (connection.EndedCleanly) return false;
                    throw;
                }
            }
        }
    }
}
