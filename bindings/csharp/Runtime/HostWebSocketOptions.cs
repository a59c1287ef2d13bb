using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Hostws {
    /// <summary>Headers in their order; a name may repeat.</summary>
    public sealed class HeaderList : List<KeyValuePair<string, string>> {
        /// <summary>Adds a header.</summary>
        public void Add(string name, string value) {
            if (name == null) throw new ArgumentNullException(nameof(name));
            if (value == null) throw new ArgumentNullException(nameof(value));
            Add(new KeyValuePair<string, string>(name, value));
        }

        /// <summary>The first value of that name in upper or lower case, or null.</summary>
        public string this[string name] {
            get { return this.FirstOrDefault(it => it.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value; }
        }
    }

    /// <summary>
    /// How a connection is opened and maintained. Every option of ws_options has a property, and its name as an index:
    /// <c>options.OpenTimeoutMs = 10000</c> and <c>options["open_timeout_ms"] = 10000</c> are the same. An option that is
    /// not set has its default.
    /// </summary>
    public sealed partial class HostWebSocketOptions {
        readonly Dictionary<string, object> values = new Dictionary<string, object>();

        /// <summary>An option by its name. The library refuses a name that it does not know.</summary>
        public object this[string name] {
            get {
                object value;
                return values.TryGetValue(name, out value) ? value : null;
            }
            set {
                if (value == null) values.Remove(name);
                else values[name] = value;
            }
        }

        /// <summary>The headers of the upgrade request.</summary>
        public HeaderList Headers { get; set; } = new HeaderList();

        /// <summary>How messages are delivered and sent: Text, the default; Blob; or Object: JSON.</summary>
        public DataType? DataType {
            get { return (DataType?)this["data_type"]; }
            set { this["data_type"] = value; }
        }

        internal bool IsObject {
            get {
                object type = this["data_type"];
                return Equals(type, Hostws.DataType.Object) || Equals(type, (int)Hostws.DataType.Object)
                    || Equals(type, (long)Hostws.DataType.Object) || Equals(type, "object");
            }
        }

        /// <summary>What ws_open() takes.</summary>
        internal string ToJson(int queue) {
            if (values.ContainsKey("stream_threshold"))
                throw new OptionException("stream_threshold: this package delivers whole messages only", ErrorCode.Option);
            var json = new StringBuilder("{\"queue\":" + queue.ToString(CultureInfo.InvariantCulture));
            foreach (KeyValuePair<string, object> option in values) {
                json.Append(',');
                Quote(json, option.Key);
                json.Append(':');
                Append(json, option.Key, option.Value);
            }
            if (Headers != null && Headers.Count > 0) {
                json.Append(",\"headers\":{");
                json.Append(string.Join(",", Headers.GroupBy(it => it.Key).Select(OneName).ToArray()));
                json.Append('}');
            }
            return json.Append('}').ToString();
        }

        static string OneName(IGrouping<string, KeyValuePair<string, string>> header) {
            var json = new StringBuilder();
            Quote(json, header.Key);
            json.Append(":[");
            foreach (KeyValuePair<string, string> one in header) {
                if (json[json.Length - 1] != '[') json.Append(',');
                Quote(json, one.Value);
            }
            return json.Append(']').ToString();
        }

        static void Append(StringBuilder json, string name, object value) {
            if (value is string) Quote(json, (string)value);
            else if (value is bool) json.Append((bool)value ? "true" : "false");
            else if (value is Enum) json.Append(Convert.ToInt64(value, CultureInfo.InvariantCulture));
            else if (value is int || value is long || value is short || value is byte || value is uint || value is double)
                json.Append(Convert.ToString(value, CultureInfo.InvariantCulture));
            else throw new OptionException(name + ": a " + value.GetType().Name + " is no value of an option", ErrorCode.Option);
        }

        static void Quote(StringBuilder json, string text) {
            json.Append('"');
            foreach (char c in text) {
                if (c == '"' || c == '\\') json.Append('\\').Append(c);
                else if (c < ' ') json.Append("\\u").Append(((int)c).ToString("x4"));
                else json.Append(c);
            }
            json.Append('"');
        }
    }
}
