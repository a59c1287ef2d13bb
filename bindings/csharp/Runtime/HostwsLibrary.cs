using System;
using System.Text;

namespace Hostws {
    /// <summary>What concerns the whole library. Its log goes to stderr: HOSTWS_LOG=debug in the environment.</summary>
    public static unsafe class HostwsLibrary {
        /// <summary>How long the end of the program waits for what was sent. The .NET Framework allows 2 s.</summary>
        const int EndMs = 1500;

        static HostwsLibrary() {
            AppDomain.CurrentDomain.ProcessExit += (sender, arguments) => Native.ws_shutdown(EndMs);
        }

        /// <summary>The version, such as "0.1.0".</summary>
        public static string Version {
            get { return Native.Text(Native.ws_version()); }
        }

        /// <summary>What the library is made of, for a bug report.</summary>
        public static string BuildInfo {
            get { return Native.Text(Native.ws_build_info()); }
        }

        /// <summary>Metrics of the process, as OpenMetrics text.</summary>
        public static string Metrics {
            get { return Encoding.UTF8.GetString(Native.Get((ws, buffer, size) => Native.ws_metrics(buffer, size), 0)); }
        }

        /// <summary>Tells the library that the network has changed: on phones, where it cannot see that itself.</summary>
        public static void NetworkChanged() {
            Native.ws_network_changed();
        }

        /// <summary>Closes all connections with 1001; what was sent leaves first. False: something was dropped.</summary>
        public static bool Shutdown(TimeSpan timeout) {
            return Native.ws_shutdown((int)Math.Min(int.MaxValue, timeout.TotalMilliseconds)) == (int)ErrorCode.Ok;
        }

        /// <summary>Makes the static constructor run.</summary>
        internal static void EndWithTheProcess() { }
    }
}
