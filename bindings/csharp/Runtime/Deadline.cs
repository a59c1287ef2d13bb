using System;
using System.Diagnostics;
using System.Threading;

namespace Hostws {
    /// <summary>A time limit, which may be none.</summary>
    internal struct Deadline {
        readonly Stopwatch since;
        readonly TimeSpan limit;

        public Deadline(TimeSpan? limit) {
            bool isNone = limit == null || limit == Timeout.InfiniteTimeSpan;
            since = isNone ? null : Stopwatch.StartNew();
            // Of a negative one nothing is left, and nothing can be taken off.
            this.limit = isNone || limit < TimeSpan.Zero ? TimeSpan.Zero : limit.Value;
        }

        /// <summary>Milliseconds, rounded up; int.MaxValue if there is no limit.</summary>
        public int Left {
            get {
                if (since == null) return int.MaxValue;
                double left = Math.Ceiling((limit - since.Elapsed).TotalMilliseconds);
                return left <= 0 ? 0 : left >= int.MaxValue ? int.MaxValue : (int)left;
            }
        }
    }
}
