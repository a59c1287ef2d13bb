using System;
using System.Collections.Generic;
using System.Threading;

namespace Hostws {
    /// <summary>The thread that brings the events of all connections for async methods. It ends after the last of them.</summary>
    internal static unsafe class Pump {
        const int SliceMs = 500;
        static readonly object gate = new object();
        static readonly Dictionary<int, AsyncHostWebSocket> served = new Dictionary<int, AsyncHostWebSocket>();
        static Thread thread;
        static int last;
        static volatile bool isUnloading;

        /// <summary>The queue of these connections.</summary>
        public static readonly int Queue = Native.ws_queue_new();

        static Pump() {
            if (Queue < 0) throw HostwsException.Of(Queue, Native.LastWords());
            AppDomain.CurrentDomain.DomainUnload += (sender, arguments) => Unload();
        }

        /// <summary>Takes a connection that is about to open; its events carry the number.</summary>
        public static int Add(AsyncHostWebSocket connection) {
            lock (gate) {
                served.Add(++last, connection);
                if (thread == null) {
                    thread = new Thread(Run) { IsBackground = true, Name = "hostws" };
                    thread.Start();
                }
                return last;
            }
        }

        public static void Remove(int token) {
            lock (gate) served.Remove(token);
        }

        static void Run() {
            var batch = new NativeEvent[Portion.Most];
            var portion = new Portion();
            var changed = new List<AsyncHostWebSocket>();
            while (true) {
                lock (gate) {
                    if (served.Count == 0 || isUnloading) {
                        thread = null;
                        return;
                    }
                }
                fixed (NativeEvent* events = batch) {
                    events->StructSize = (uint)sizeof(NativeEvent);
                    int count = Native.ws_next_batch(Queue, events, portion.Next, SliceMs);
                    long bytes = 0;
                    for (int i = 0; i < count; i++) {
                        AsyncHostWebSocket connection = Deliver(events + i);
                        bytes += events[i].Length;
                        if (connection != null && (changed.Count == 0 || changed[changed.Count - 1] != connection))
                            changed.Add(connection);
                    }
                    portion.Fetched(count, bytes);
                }
                foreach (AsyncHostWebSocket connection in changed) connection.Signal();
                changed.Clear();
            }
        }

        static AsyncHostWebSocket Deliver(NativeEvent* raw) {
            int token = (int)(IntPtr)raw->UserData;
            AsyncHostWebSocket connection;
            lock (gate) {
                if (!served.TryGetValue(token, out connection)) return null;
                if (raw->Type == (int)EventType.Terminate) served.Remove(token);
            }
            connection.Deliver(raw);
            return connection;
        }

        /// <summary>When Unity loads the scripts again, no thread may be in a foreign call.</summary>
        static void Unload() {
            Thread it;
            lock (gate) it = thread;
            isUnloading = true;
            Native.ws_wake(Queue);
            if (it != null) it.Join(1000);
            Native.ws_queue_free(Queue);
        }
    }
}
