// The driver for C#: Driver.exe blocking|async. ../README.md says what it is told, and what it answers.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Hostws;

/// <summary>A connection of either kind, and the events that it has had.</summary>
sealed class Client {
    readonly HostWebSocket blocking;
    readonly AsyncHostWebSocket later;
    public readonly Connection Ws;
    public readonly List<string> Events = new List<string>();

    public Client(bool isAsync, string url, HostWebSocketOptions options) {
        if (isAsync) Ws = later = AsyncHostWebSocket.ConnectAsync(url, options).GetAwaiter().GetResult();
        else Ws = blocking = HostWebSocket.Connect(url, options);
        Ws.EventReceived += (sender, happened) => Events.Add(happened.Type.ToString().ToLowerInvariant());
    }

    public Message Receive(int ms = 30000) {
        if (blocking != null) return blocking.Receive(ms < 0 ? (TimeSpan?)null : TimeSpan.FromMilliseconds(ms));
        using (var limit = new CancellationTokenSource(ms)) {
            try {
                return later.ReceiveAsync(limit.Token).GetAwaiter().GetResult();
            } catch (OperationCanceledException) {
                throw new TimeoutException();
            }
        }
    }

    public Message Receive(CancellationToken cancel) {
        return blocking != null ? blocking.Receive(null, cancel) : later.ReceiveAsync(cancel).GetAwaiter().GetResult();
    }

    public void Send(Payload message) {
        if (blocking != null) blocking.Send(message);
        else later.SendAsync(message).GetAwaiter().GetResult();
    }

    public void Close(int code, string reason) {
        if (blocking != null) blocking.Close(code, reason);
        else later.CloseAsync(code, reason).GetAwaiter().GetResult();
    }

    /// <summary>How the connection has ended, which every call says from then on.</summary>
    public string[] Ended() {
        while (true) {
            try { Receive(-1); } catch (ConnectionClosedException closed) { return Driver.Closed(closed); }
        }
    }
}

static class Driver {
    const string Unit = "abcdefghijklmnopqrstuvw";
    static readonly Dictionary<string, Client> clients = new Dictionary<string, Client>();
    static readonly TextWriter output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
    static bool isAsync;

    static void Main(string[] arguments) {
        isAsync = arguments[0] == "async";
        var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        for (string line; (line = input.ReadLine()) != null && line != "exit";) {
            IEnumerable<string> fields = Answer(line.Split('\t')).Select(field => field.Replace('\t', ' ').Replace('\n', ' '));
            output.WriteLine(string.Join("\t", fields.ToArray()));
        }
        Environment.Exit(0); // at the end of Main, Mono sometimes waits for an idle thread of its pool, up to a minute
    }

    static string[] Answer(string[] command) {
        try {
            return Obey(command);
        } catch (OptionException refused) {
            return new[] { "refused", refused.Message };
        } catch (OpenException failed) {
            return new[] { "failed", (failed.Status ?? 0).ToString(), Components(failed.Errors), Hex(failed.Body), failed.Message,
                failed.Headers["WWW-Authenticate"] ?? "" };
        } catch (ConnectionClosedException closed) {
            return Closed(closed);
        } catch (TimeoutException) {
            return new[] { "timeout" };
        } catch (Exception error) {
            return new[] { "error", error.ToString() };
        }
    }

    static string[] Obey(string[] said) {
        Client client;
        clients.TryGetValue(said.Length > 1 ? said[1] : "", out client);
        switch (said[0]) {
        case "open":
            clients[said[1]] = new Client(isAsync, said[2], Options(said.Skip(3)));
            return new[] { "open" };
        case "send":
            byte[] data = Bytes(said[3]);
            client.Send(said[2] == "blob" ? (Payload)data : Encoding.UTF8.GetString(data));
            return new[] { "sent" };
        case "recv":
            Message message = client.Receive(int.Parse(said[2]));
            return new[] { message.Type.ToString().ToLowerInvariant(), Hex(message.Data) };
        case "echo":
            string text = string.Concat(Enumerable.Repeat(Unit, int.Parse(said[3]) / Unit.Length + 1)).Substring(0, int.Parse(said[3]));
            client.Send(said[2] == "text" ? (Payload)text : Encoding.UTF8.GetBytes(text));
            Message echo = client.Receive();
            return new[] { (said[2] == "text") == (echo.Type == DataType.Text) && Encoding.UTF8.GetString(echo.Data) == text
                ? "same" : "different" };
        case "flood":
            for (int expected = 0; expected < int.Parse(said[2]); expected++) {
                string number = Encoding.UTF8.GetString(client.Receive().Data).Split(':')[0];
                if (int.Parse(number) != expected) return new[] { "different", number + " instead of " + expected };
            }
            return new[] { "ordered" };
        case "mirror":
            while (true) client.Send(client.Receive(-1));
        case "close":
            client.Close(int.Parse(said[2]), Encoding.UTF8.GetString(Bytes(said[3])));
            return client.Ended();
        case "abort":
            client.Ws.Abort();
            return client.Ended();
        case "await":
            for (int left = int.Parse(said[3]); !client.Events.Contains(said[2]); left -= 10) {
                if (left <= 0) return new[] { "timeout" };
                try { client.Receive(10); } catch (TimeoutException) { }
            }
            client.Events.Remove(said[2]);
            return new[] { said[2] };
        case "ping":
            client.Ws.Ping(Bytes(said[2]));
            return new[] { "sent" };
        case "get":
            return new[] { said[2] == "status" ? client.Ws.Status.ToString() : said[2] == "url" ? client.Ws.Url
                : said[2] == "subprotocol" ? client.Ws.Subprotocol : client.Ws.ResponseHeaders[said[2].Substring(7)] ?? "" };
        case "sleep":
            Thread.Sleep(int.Parse(said[1]));
            return new[] { "slept" };
        case "cancel":
            try {
                client.Receive(new CancellationTokenSource(50).Token);
                return new[] { "error", "a message came" };
            } catch (OperationCanceledException) {
                return new[] { "cancelled" };
            }
        case "threads":
            return Threads(client, int.Parse(said[2]), int.Parse(said[3]));
        case "interrupt":
            output.WriteLine("waiting");
            client.Receive(-1);
            return new[] { "error", "a message came" };
        default:
            return new[] { "unsupported" };
        }
    }

    static string[] Threads(Client client, int count, int each) {
        Task[] senders = Enumerable.Range(0, count).Select(i => Task.Factory.StartNew(() => {
            for (int j = 0; j < each; j++) client.Send(i + ":" + j);
        }, TaskCreationOptions.LongRunning)).ToArray();
        var seen = new int[count];
        for (int i = 0; i < count * each; i++) {
            int[] parts = client.Receive().Text.Split(':').Select(int.Parse).ToArray();
            if (seen[parts[0]]++ != parts[1]) return new[] { "different", string.Join(":", parts) };
        }
        Task.WaitAll(senders);
        return new[] { "ordered" };
    }

    static HostWebSocketOptions Options(IEnumerable<string> said) {
        var options = new HostWebSocketOptions();
        foreach (string option in said) {
            int sign = option.IndexOfAny(new[] { '=', ':' });
            string name = option.Substring(0, sign), value = option.Substring(sign + 1);
            if (name != "headers") options[name] = option[sign] == '=' ? (object)long.Parse(value) : value;
            else options.Headers.Add(value.Split(new[] { ": " }, 2, StringSplitOptions.None)[0], value.Substring(value.IndexOf(": ") + 2));
        }
        return options;
    }

    public static string[] Closed(ConnectionClosedException closed) {
        return new[] { "closed", closed.CloseCode.ToString(), closed.WasClean ? "yes" : "no",
            Hex(Encoding.UTF8.GetBytes(closed.Reason)), Components(closed.Errors) };
    }

    static string Components(IEnumerable<ConnectionError> errors) {
        return string.Join(",", errors.Select(error => error.Component).ToArray());
    }

    static string Hex(byte[] bytes) {
        return BitConverter.ToString(bytes).Replace("-", "").ToLowerInvariant();
    }

    static byte[] Bytes(string hex) {
        return Enumerable.Range(0, hex.Length / 2).Select(i => Convert.ToByte(hex.Substring(2 * i, 2), 16)).ToArray();
    }
}
