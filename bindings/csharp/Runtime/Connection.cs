using System;
using System.Collections.Generic;
using System.Text;

namespace Hostws {
    /// <summary>
    /// What <see cref="HostWebSocket"/> and <see cref="AsyncHostWebSocket"/> have in common. Its methods may be called from
    /// every thread.
    /// </summary>
    public abstract unsafe class Connection : IDisposable {
        const int HeaderNameSize = 256;
        /// <summary>The close code of RFC 6455.</summary>
        const int MessageTooBig = 1009;
        bool isObject;
        IReadOnlyList<ConnectionError> errors = new ConnectionError[0];
        volatile bool isOpen;
        volatile Ending ending;
        volatile Facts last; // looked at after the library was asked: another thread may learn of the end meanwhile
        // The size of a message for which there was no memory.
        long lacked = -1;

        internal Connection() {
            HostwsLibrary.EndWithTheProcess();
        }

        /// <summary>The connection is open. Once, before any message.</summary>
        public event EventHandler<ConnectionEvent> Opened;

        /// <summary>An error ended the connection; Terminated follows. At most once.</summary>
        public event EventHandler<ConnectionEvent> Error;

        /// <summary>The connection has ended. Always, last, once.</summary>
        public event EventHandler<ConnectionEvent> Terminated;

        /// <summary>Everything else: Warning, Reconnecting, Reconnected, Pong, Drain, Ask, Sent, Expired.</summary>
        public event EventHandler<ConnectionEvent> EventReceived;

        /// <summary>The connection's number in the library.</summary>
        public int Id { get; internal set; }

        /// <summary>How far the connection is, on the network.</summary>
        public ConnectionStatus Status {
            get { return (ConnectionStatus)Native.ws_status(Id); }
        }

        /// <summary>The URL without its user and password.</summary>
        public string Url {
            get {
                string now = Encoding.UTF8.GetString(Native.Get(Native.ws_url, Id));
                return last == null ? now : last.Url;
            }
        }

        /// <summary>The subprotocol that the server chose, or "".</summary>
        public string Subprotocol {
            get {
                string now = Encoding.UTF8.GetString(Native.Get(Native.ws_subprotocol, Id));
                return last == null ? now : last.Subprotocol;
            }
        }

        /// <summary>The headers of the server's answer to the upgrade. A byte is a character.</summary>
        public HeaderList ResponseHeaders {
            get {
                var headers = new HeaderList();
                byte[] name = new byte[HeaderNameSize], value = new byte[1024];
                while (true) {
                    long length;
                    fixed (byte* n = name, v = value)
                        length = Native.ws_response_header_at(Id, headers.Count, n, name.Length, v, value.Length);
                    if (length < 0) return last == null ? headers : last.ResponseHeaders;
                    if (length >= value.Length) value = new byte[length + 1];
                    else headers.Add(Latin1(name, Array.IndexOf(name, (byte)0)), Latin1(value, (int)length));
                }
            }
        }

        /// <summary>Bytes that were accepted and have not left; after the end, those that never left.</summary>
        public long BufferedAmount {
            get {
                long now = Math.Max(0, Native.ws_buffered_amount(Id));
                return last == null ? now : last.BufferedAmount;
            }
        }

        /// <summary>Everything that happened to this connection, as JSON, without secrets.</summary>
        public string Explain() {
            return Encoding.UTF8.GetString(Native.Get(Native.ws_explain, Id));
        }

        /// <summary>Sends a message, and never waits. False: the send queue is full, and Drain tells when it is not.</summary>
        /// <exception cref="OptionException">The message cannot be sent.</exception>
        /// <exception cref="ConnectionClosedException">The connection has ended.</exception>
        public bool TrySend(Payload message) {
            ThrowIfEnded();
            int result = message.Send(Id, isObject);
            if (result == (int)ErrorCode.Again) return false;
            Check(result);
            return true;
        }

        /// <summary>Sends a ping of at most 125 bytes. The answer comes as Pong.</summary>
        public void Ping(byte[] data = null) {
            data = data ?? new byte[0];
            fixed (byte* at = data) Check(Native.ws_ping(Id, at, data.Length));
        }

        /// <summary>Sets a header for the next attempts of a connection with ReconnectMax; null removes it.</summary>
        public void SetHeader(string name, string value) {
            fixed (byte* n = Native.Bytes(name), v = value == null ? null : Native.Bytes(value))
                Check(Native.ws_set_header(Id, n, v));
        }

        /// <summary>Sets the URL for the next attempts of a connection with ReconnectMax.</summary>
        public void SetUrl(string url) {
            fixed (byte* at = Native.Bytes(url)) Check(Native.ws_set_url(Id, at));
        }

        /// <summary>Answers an event Ask: <paramref name="question"/> is its Code, its Data the facts as JSON.</summary>
        public void Answer(int question, string value) {
            byte[] bytes = Native.Bytes(value);
            fixed (byte* at = bytes) Check(Native.ws_answer(Id, question, at, bytes.Length - 1));
        }

        /// <summary>Drops the connection, and what waits to be sent. Terminated follows, with 1006.</summary>
        public void Abort() {
            Silence();
            Native.ws_abort(Id);
        }

        /// <summary>Ends the connection, if it has not ended, and returns at once. What was sent still leaves.</summary>
        public abstract void Dispose();

        internal bool IsOpen {
            get { return isOpen; }
        }

        internal bool HasEnded {
            get { return ending != null; }
        }

        internal bool EndedCleanly {
            get { return ending != null && ending.IsClean; }
        }

        internal void ThrowIfEnded() {
            Ending it = ending;
            if (it != null) throw it.ToException();
        }

        internal void Check(int result) {
            if (result >= 0) return;
            string words = Native.LastWords();
            if (result == (int)ErrorCode.Closed) {
                ThrowIfEnded();
                throw new ConnectionClosedException(1006, words, false, errors);
            }
            throw HostwsException.Of(result, words);
        }

        /// <summary>From now on no message is delivered.</summary>
        internal abstract void Silence();

        internal void Open(string url, HostWebSocketOptions options, int queue, IntPtr userData) {
            if (url == null) throw new ArgumentNullException(nameof(url));
            options = options ?? new HostWebSocketOptions();
            isObject = options.IsObject;
            byte* words = stackalloc byte[1024];
            fixed (byte* u = Native.Bytes(url), o = Native.Bytes(options.ToJson(queue))) {
                int result = Native.ws_open_ex(u, o, userData, words, 1024);
                if (result < 0) throw HostwsException.Of(result, Native.Text(words));
                Id = result;
            }
        }

        internal void Terminate(int code, string reason) {
            fixed (byte* at = Native.Bytes(reason)) {
                int result = Native.ws_terminate(Id, code, at);
                if (result != (int)ErrorCode.Closed) Check(result);
            }
            Silence();
        }

        /// <summary>Closes with 1000, if it is not closed.</summary>
        internal void CloseNormally() {
            Native.ws_terminate(Id, 1000, null);
        }

        /// <summary>Puts what has come where the program takes it. The result is null for a message.</summary>
        internal ConnectionEvent Take(NativeEvent* raw, Inbox inbox) {
            if (raw->Type == (int)EventType.Message) {
                if (lacked < 0 && !TryTake(raw, inbox)) {
                    lacked = raw->Length;
                    Native.ws_abort(Id);
                }
                return null;
            }
            if (lacked < 0) return Take(new ConnectionEvent(raw), inbox);
            // Of a connection that has failed only the end is looked at.
            if (raw->Type != (int)EventType.Terminate) return null;
            string words = "there is no memory for a message of " + lacked + " bytes";
            var error = new ConnectionError((int)ErrorCode.Resources, "ws", words);
            Take(new ConnectionEvent(EventType.Error, 0, error), inbox);
            return Take(new ConnectionEvent(EventType.Terminate, MessageTooBig), inbox);
        }

        ConnectionEvent Take(ConnectionEvent happened, Inbox inbox) {
            inbox.Add(happened);
            Keep(happened);
            return happened;
        }

        /// <summary>False: there is no memory for it. That ends this connection, and no other.</summary>
        static bool TryTake(NativeEvent* raw, Inbox inbox) {
            if (raw->Length > int.MaxValue) return false;
            try {
                var item = new Item { Message = new Message(raw), Size = (int)raw->Length };
                inbox.Add(ref item);
                return true;
            } catch (OutOfMemoryException) {
                return false;
            }
        }

        /// <summary>Keeps what an event says of the connection; after it can be taken.</summary>
        void Keep(ConnectionEvent happened) {
            if (happened.Type == EventType.Open) isOpen = true;
            else if (happened.Type == EventType.Error) errors = happened.Errors;
            else if (happened.Type == EventType.Terminate) {
                last = new Facts(this);
                int status = Native.ws_response_status(Id);
                ending = isOpen ? new Ending(happened, errors)
                    : new Ending(happened, errors, status, ResponseHeaders, Native.Get(Native.ws_response_body, Id));
            }
        }

        internal void Raise(ConnectionEvent happened) {
            EventHandler<ConnectionEvent> handlers;
            switch (happened.Type) {
            case EventType.Open: handlers = Opened; break;
            case EventType.Error: handlers = Error; break;
            case EventType.Terminate: handlers = Terminated; break;
            default: handlers = EventReceived; break;
            }
            if (handlers != null) handlers(this, happened);
        }

        static string Latin1(byte[] bytes, int length) {
            var text = new StringBuilder(length);
            for (int i = 0; i < length; i++) text.Append((char)bytes[i]);
            return text.ToString();
        }
    }
}
