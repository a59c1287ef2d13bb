namespace Hostws {
    /// <summary>What is known of a connection at its end. The library knows it until then.</summary>
    internal sealed class Facts {
        public readonly string Url, Subprotocol;
        public readonly HeaderList ResponseHeaders;
        public readonly long BufferedAmount;

        public Facts(Connection connection) {
            Url = connection.Url;
            Subprotocol = connection.Subprotocol;
            ResponseHeaders = connection.ResponseHeaders;
            BufferedAmount = connection.BufferedAmount;
        }
    }
}
