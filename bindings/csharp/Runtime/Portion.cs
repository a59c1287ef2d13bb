namespace Hostws {
    /// <summary>
    /// How many events to fetch at once: many if they are small, few if they are large. The runtimes keep large objects apart,
    /// and collect everything when many of them live.
    /// </summary>
    internal struct Portion {
        /// <summary>The most.</summary>
        public const int Most = 256;
        const int First = 16;
        const long Much = 1 << 19;
        int next;

        /// <summary>How many to fetch next.</summary>
        public int Next {
            get { return next == 0 ? First : next; }
        }

        /// <summary>Learns from what was fetched.</summary>
        public void Fetched(int count, long bytes) {
            if (bytes > Much) next = (int)(count * Much / bytes) + 1;
            else if (count == Next) next = count >= Most / 2 ? Most : 2 * count;
        }
    }
}
