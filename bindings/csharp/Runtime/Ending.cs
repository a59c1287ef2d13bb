using System.Collections.Generic;

namespace Hostws {
    /// <summary>How a connection has ended. Every call that needs it open throws an exception of its own.</summary>
    internal sealed class Ending {
        readonly ConnectionEvent terminate;
        readonly IReadOnlyList<ConnectionError> errors;
        readonly bool wasOpen;
        readonly int status;
        readonly HeaderList headers;
        readonly byte[] body;

        /// <summary>The end of a connection that was open.</summary>
        public Ending(ConnectionEvent terminate, IReadOnlyList<ConnectionError> errors) {
            this.terminate = terminate;
            this.errors = errors;
            wasOpen = true;
        }

        /// <summary>The end of an opening.</summary>
        public Ending(ConnectionEvent terminate, IReadOnlyList<ConnectionError> errors, int status, HeaderList headers,
                      byte[] body) {
            this.terminate = terminate;
            this.errors = errors;
            this.status = status;
            this.headers = headers;
            this.body = body;
        }

        public bool IsClean {
            get { return wasOpen && terminate.WasClean; }
        }

        public HostwsException ToException() {
            if (wasOpen) return new ConnectionClosedException(terminate.Code, terminate.Reason, terminate.WasClean, errors);
            return new OpenException(errors, status > 0 ? (int?)status : null, headers, body);
        }
    }
}
