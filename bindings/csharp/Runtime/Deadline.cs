using System;
using System.Diagnostics;

namespace Hostws {
    /// <summary>A time limit, which may be none.</summary>
    internal struct Deadline {
        readonly Stopwatch since;
        readonly TimeSpan limit;

        public Deadline(TimeSpan? limit) {
            since = limit == null ? null : Stopwatch.StartNew();
            this.limit = limit ?? TimeSpan.Zero;
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
