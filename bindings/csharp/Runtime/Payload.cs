using System;

namespace Hostws {
    /// <summary>What can be sent: a string is text (or JSON, with data type Object), bytes are a binary message.</summary>
    public struct Payload {
        const int OnStack = 1024;
        readonly string text;
        readonly ArraySegment<byte> bytes;

        Payload(string text, ArraySegment<byte> bytes) {
            this.text = text;
            this.bytes = bytes;
        }

        /// <summary>A text message.</summary>
        public static implicit operator Payload(string text) {
            if (text == null) throw new ArgumentNullException(nameof(text));
            return new Payload(text, default(ArraySegment<byte>));
        }

        /// <summary>A binary message.</summary>
        public static implicit operator Payload(byte[] bytes) {
            return new Payload(null, new ArraySegment<byte>(bytes));
        }

        /// <summary>A binary message.</summary>
        public static implicit operator Payload(ArraySegment<byte> bytes) {
            return new Payload(null, bytes);
        }

        /// <summary>A message as it came.</summary>
        public static implicit operator Payload(Message message) {
            return message.Text == null ? (Payload)message.Data : message.Text;
        }

        /// <summary>The result of ws_send().</summary>
        internal unsafe int Send(int ws, bool isObject) {
            if (text == null) {
                // An empty array has no address, but is a message.
                fixed (byte* at = bytes.Array)
                    return Native.ws_send(ws, at == null ? null : at + bytes.Offset, bytes.Count, (int)Type(isObject));
            }
            fixed (char* at = text) {
                if (text.Length <= OnStack) {
                    byte* encoded = stackalloc byte[3 * OnStack];
                    int length = text.Length == 0 ? 0 : Native.Utf8.GetBytes(at, text.Length, encoded, 3 * OnStack);
                    return Native.ws_send(ws, encoded, length, (int)Type(isObject));
                }
            }
            byte[] whole = Native.Utf8.GetBytes(text);
            fixed (byte* at = whole) return Native.ws_send(ws, at, whole.Length, (int)Type(isObject));
        }

        DataType Type(bool isObject) {
            return isObject ? DataType.Object : text == null ? DataType.Blob : DataType.Text;
        }
    }
}
