using System;
using System.Collections.Generic;

namespace Hostws {
    /// <summary>One entry of a stack of errors: the general one comes first, then its causes.</summary>
    public sealed class ConnectionError {
        internal ConnectionError(int code, string component, string message) {
            Code = code;
            Component = component;
            Message = message;
        }

        /// <summary>An <see cref="ErrorCode"/>; in a cause perhaps an HTTP status or an errno.</summary>
        public int Code { get; }

        /// <summary>"ws", "http", "proxy", "tls", "tcp", "dns", "json" or "os".</summary>
        public string Component { get; }

        /// <summary>One line for a person to read.</summary>
        public string Message { get; }

        /// <summary>The message.</summary>
        public override string ToString() {
            return Message;
        }
    }

    /// <summary>Something that happened, and is no message.</summary>
    public sealed class ConnectionEvent : EventArgs {
        static readonly ConnectionError[] None = new ConnectionError[0];

        internal unsafe ConnectionEvent(NativeEvent* raw) {
            Type = (EventType)raw->Type;
            Code = raw->Code;
            Reason = Native.Text(raw->Reason);
            WasClean = raw->WasClean != 0;
            ConnectionError[] errors = raw->ErrorCount == 0 ? None : new ConnectionError[raw->ErrorCount];
            for (int i = 0; i < errors.Length; i++) {
                NativeError* error = raw->Errors + i;
                errors[i] = new ConnectionError(error->Code, Native.Text(error->Component), Native.Text(error->Message));
            }
            Errors = errors;
            Data = Native.Copy(raw->Data, raw->Length);
            Question = Type == EventType.Ask ? (Question)raw->Flags : 0;
            RoundTrip = TimeSpan.FromTicks((long)raw->RoundTripUs * 10);
            Delay = TimeSpan.FromMilliseconds(raw->DelayMs);
        }

        /// <summary>An event of a connection that the package itself has ended.</summary>
        internal ConnectionEvent(EventType type, int code, params ConnectionError[] errors) {
            Type = type;
            Code = code;
            Reason = "";
            Errors = errors;
            Data = new byte[0];
        }

        /// <summary>What happened.</summary>
        public EventType Type { get; }

        /// <summary>The close code, or the number of the attempt, of the question or of the message.</summary>
        public int Code { get; }

        /// <summary>Terminate: the server's reason.</summary>
        public string Reason { get; }

        /// <summary>Terminate: whether both sides exchanged close frames.</summary>
        public bool WasClean { get; }

        /// <summary>Error, Warning, Reconnecting, Ask: why.</summary>
        public IReadOnlyList<ConnectionError> Errors { get; }

        /// <summary>Pong: the payload; Ask: the facts, as JSON.</summary>
        public byte[] Data { get; }

        /// <summary>Ask: what it is about.</summary>
        public Question Question { get; }

        /// <summary>Pong: the time since the ping.</summary>
        public TimeSpan RoundTrip { get; }

        /// <summary>Reconnecting: the time until the attempt.</summary>
        public TimeSpan Delay { get; }
    }
}
