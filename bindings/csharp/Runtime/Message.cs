using System;

namespace Hostws {
    /// <summary>A message that arrived.</summary>
    public struct Message {
        readonly string text;
        readonly byte[] data;

        internal unsafe Message(NativeEvent* raw) {
            Type = (DataType)raw->DataType;
            bool isBlob = Type == DataType.Blob;
            text = isBlob ? null : Native.Text(raw->Data, (int)raw->Length);
            data = isBlob ? Native.Copy(raw->Data, raw->Length) : null;
        }

        /// <summary>Whether it is text, bytes, or JSON (with <see cref="HostWebSocketOptions.DataType"/> Object).</summary>
        public DataType Type { get; }

        /// <summary>The text, which may be JSON; null if the message is binary.</summary>
        public string Text {
            get { return text; }
        }

        /// <summary>The bytes; those of text in UTF-8.</summary>
        public byte[] Data {
            get { return text == null ? data ?? new byte[0] : Native.Utf8.GetBytes(text); }
        }

        /// <summary>The text, or the number of bytes.</summary>
        public override string ToString() {
            return text ?? Data.Length + " bytes";
        }
    }
}
