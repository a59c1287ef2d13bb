namespace Hostws {
    /// <summary>A message, or an event that is none.</summary>
    internal struct Item {
        public Message Message;
        public ConnectionEvent Event;
        public int Size;
    }

    /// <summary>
    /// What has come and was not taken yet. A connection that is not read is paused. (A Queue is in another assembly in each
    /// runtime; an array is in all of them.)
    /// </summary>
    internal sealed class Inbox {
        /// <summary>Bytes that may wait. The rest stays with the library, and then with the server.</summary>
        const long Much = 1 << 20;
        const int Overhead = 64;
        /// <summary>Events that may wait for a program that never takes any.</summary>
        const int ManyEvents = 64;

        readonly Connection connection;
        readonly object gate = new object();
        // A ring of a power of two.
        Item[] ring = new Item[16];
        int first, count, events;
        long bytes;
        bool isPaused, isSilent;

        public Inbox(Connection connection) {
            this.connection = connection;
        }

        public int Count {
            get { lock (gate) return count; }
        }

        public void Add(ConnectionEvent happened) {
            var item = new Item { Event = happened };
            Add(ref item);
        }

        public void Add(ref Item item) {
            lock (gate) {
                if (item.Event == null) {
                    if (isSilent) return;
                    bytes += item.Size + Overhead;
                } else {
                    if (events >= ManyEvents && item.Event.Type > EventType.Terminate) return;
                    events++;
                }
                if (count == ring.Length) {
                    var larger = new Item[2 * count];
                    for (int i = 0; i < count; i++) larger[i] = ring[first + i & count - 1];
                    ring = larger;
                    first = 0;
                }
                ring[first + count++ & ring.Length - 1] = item;
            }
        }

        public bool TryTake(out Item item) {
            lock (gate) {
                if (count == 0) {
                    item = default(Item);
                    return false;
                }
                item = ring[first];
                ring[first] = default(Item);
                first = first + 1 & ring.Length - 1;
                count--;
                if (item.Event == null) bytes -= item.Size + Overhead;
                else events--;
                if (isPaused && bytes <= Much / 2) {
                    isPaused = false;
                    Native.ws_pause(connection.Id, 0);
                }
                return true;
            }
        }

        public void PauseIfMuch() {
            lock (gate) {
                if (isPaused || isSilent || bytes < Much) return;
                isPaused = true;
                Native.ws_pause(connection.Id, 1);
            }
        }

        /// <summary>Drops the messages, those that wait and those that may come.</summary>
        public void Silence() {
            lock (gate) {
                isSilent = true;
                bytes = 0;
                var left = new Item[ring.Length];
                int kept = 0;
                for (int i = 0; i < count; i++) {
                    Item item = ring[first + i & ring.Length - 1];
                    if (item.Event != null) left[kept++] = item;
                }
                ring = left;
                first = 0;
                count = kept;
            }
        }
    }
}
