using System;
using System.Runtime.InteropServices;
using System.Security;
using System.Text;

namespace Hostws {
    /// <summary>The functions of hostws.h. Nothing here is called back: the events are fetched.</summary>
    [SuppressUnmanagedCodeSecurity]
    internal static unsafe class Native {
#if (UNITY_IOS || UNITY_TVOS) && !UNITY_EDITOR
        const string Library = "__Internal";
#else
        const string Library = "hostws";
#endif
        const CallingConvention C = CallingConvention.Cdecl;

        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_open_ex(byte* url, byte* options, IntPtr userData, byte* words, long size);
        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_send(int ws, byte* data, long length, int dataType);
        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_ping(int ws, byte* data, int length);
        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_pause(int ws, int paused);
        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_answer(int ws, int question, byte* value, long length);
        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_terminate(int ws, int code, byte* reason);
        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_abort(int ws);
        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_status(int ws);
        [DllImport(Library, CallingConvention = C)]
        public static extern long ws_buffered_amount(int ws);
        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_set_header(int ws, byte* name, byte* value);
        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_set_url(int ws, byte* url);
        [DllImport(Library, CallingConvention = C)]
        public static extern long ws_url(int ws, byte* buffer, long size);
        [DllImport(Library, CallingConvention = C)]
        public static extern long ws_subprotocol(int ws, byte* buffer, long size);
        [DllImport(Library, CallingConvention = C)]
        public static extern long ws_explain(int ws, byte* buffer, long size);
        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_response_status(int ws);
        [DllImport(Library, CallingConvention = C)]
        public static extern long ws_response_body(int ws, byte* buffer, long size);
        [DllImport(Library, CallingConvention = C)]
        public static extern long ws_response_header_at(int ws, int index, byte* name, long nameSize, byte* value,
                                                        long valueSize);
        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_next_batch(int queue, NativeEvent* events, int capacity, int timeout);
        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_queue_new();
        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_queue_free(int queue);
        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_wake(int queue);
        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_pending(int queue);
        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_network_changed();
        [DllImport(Library, CallingConvention = C)]
        public static extern long ws_metrics(byte* buffer, long size);
        [DllImport(Library, CallingConvention = C)]
        public static extern int ws_shutdown(int timeout);
        [DllImport(Library, CallingConvention = C)]
        public static extern byte* ws_last_error_message();
        [DllImport(Library, CallingConvention = C)]
        public static extern byte* ws_version();
        [DllImport(Library, CallingConvention = C)]
        public static extern byte* ws_build_info();

        /// <summary>A getter that copies, as ws_url().</summary>
        public delegate long Getter(int ws, byte* buffer, long size);

        /// <summary>Unpaired surrogates are refused, and not made question marks.</summary>
        public static readonly UTF8Encoding Utf8 = new UTF8Encoding(false, true);

        /// <summary>The text, with a NUL at its end.</summary>
        public static byte[] Bytes(string text) {
            if (text == null) throw new ArgumentNullException(nameof(text));
            if (text.IndexOf('\0') >= 0) throw new OptionException("a NUL character is in the text", ErrorCode.Argument);
            byte[] bytes = new byte[Utf8.GetByteCount(text) + 1];
            Utf8.GetBytes(text, 0, text.Length, bytes, 0);
            return bytes;
        }

        public static string Text(byte* text) {
            if (text == null) return "";
            int length = 0;
            while (text[length] != 0) length++;
            return Text(text, length);
        }

        public static string Text(byte* text, int length) {
            return length == 0 ? "" : Encoding.UTF8.GetString(text, length);
        }

        public static byte[] Copy(byte* data, long length) {
            byte[] copy = new byte[length];
            if (length > 0) Marshal.Copy((IntPtr)data, copy, 0, copy.Length);
            return copy;
        }

        /// <summary>What a getter copies; empty if there is nothing.</summary>
        public static byte[] Get(Getter getter, int ws) {
            byte[] buffer = new byte[1024];
            while (true) {
                long length;
                fixed (byte* at = buffer) length = getter(ws, at, buffer.Length);
                if (length < buffer.Length) {
                    Array.Resize(ref buffer, (int)Math.Max(0, length));
                    return buffer;
                }
                buffer = new byte[length + 1];
            }
        }

        public static string LastWords() {
            return Text(ws_last_error_message());
        }
    }
}
