using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Hostws {
    /// <summary>The base of the exceptions of this package. When a time limit passes, it is a TimeoutException.</summary>
    public class HostwsException : Exception {
        internal HostwsException(string message, ErrorCode code) : base(message) {
            Code = code;
        }

        /// <summary>Which error it is.</summary>
        public ErrorCode Code { get; }

        /// <summary>What a negative result means.</summary>
        internal static HostwsException Of(int result, string words) {
            var code = (ErrorCode)result;
            switch (code) {
            case ErrorCode.Argument:
            case ErrorCode.Url:
            case ErrorCode.Option:
            case ErrorCode.TooBig:
            case ErrorCode.Utf8:
            case ErrorCode.Json:
                return new OptionException(words, code);
            default:
                return new HostwsException(words, code);
            }
        }

        internal static string Joined(string first, IEnumerable<ConnectionError> errors) {
            return string.Join(": ", (first == null ? new string[0] : new[] { first })
                .Concat(errors.Select(error => error.Message)).ToArray());
        }
    }

    /// <summary>The URL, an option or an argument is refused, and nothing else happened.</summary>
    public sealed class OptionException : HostwsException {
        internal OptionException(string message, ErrorCode code) : base(message, code) { }
    }

    /// <summary>The connection could not be opened.</summary>
    public sealed class OpenException : HostwsException {
        internal OpenException(IReadOnlyList<ConnectionError> errors, int? status, HeaderList headers, byte[] body)
            : base(errors.Count == 0 ? "the connection could not be opened" : Joined(null, errors), ErrorCode.Open) {
            Errors = errors;
            Status = status;
            Headers = headers;
            Body = body;
        }

        /// <summary>Why: the general error first, then its causes.</summary>
        public IReadOnlyList<ConnectionError> Errors { get; }

        /// <summary>The HTTP status with which the server refused, or null.</summary>
        public int? Status { get; }

        /// <summary>The headers of the server's refusal.</summary>
        public HeaderList Headers { get; }

        /// <summary>The body of the server's refusal, at most its first 64 KiB.</summary>
        public byte[] Body { get; }

        /// <summary>The body as text.</summary>
        public string BodyText {
            get { return Encoding.UTF8.GetString(Body); }
        }
    }

    /// <summary>The connection has ended.</summary>
    public sealed class ConnectionClosedException : HostwsException {
        internal ConnectionClosedException(int code, string reason, bool wasClean, IReadOnlyList<ConnectionError> errors)
            : base(Joined("closed with " + code + (reason == "" ? "" : " (" + reason + ")"), errors), ErrorCode.Closed) {
            CloseCode = code;
            Reason = reason;
            WasClean = wasClean;
            Errors = errors;
        }

        /// <summary>The close code (RFC 6455 7.4).</summary>
        public int CloseCode { get; }

        /// <summary>The server's reason, or "".</summary>
        public string Reason { get; }

        /// <summary>Whether both sides exchanged close frames.</summary>
        public bool WasClean { get; }

        /// <summary>Why, if it is not a clean end.</summary>
        public IReadOnlyList<ConnectionError> Errors { get; }
    }
}
