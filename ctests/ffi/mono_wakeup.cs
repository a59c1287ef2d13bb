// hostws from C# on Mono, whose collector stops threads by signals: a delegate as wake-up function, which runs on a
// thread of the library, throws and catches what its own faults become, and is there while the collector runs.

using System;
using System.Runtime.InteropServices;
using System.Threading;

static class Program {
  const int Messages = 50;
  const int Open = 1, Message = 2;

  [StructLayout(LayoutKind.Sequential)]
  struct Event {
    public uint StructSize;
    public int Type;
  }

  class Node {
    public int Field = 0;
  }

  [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
  delegate void Wakeup(IntPtr userData);

  [DllImport("hostws", CallingConvention = CallingConvention.Cdecl)]
  static extern int ws_open(string url, string options, IntPtr userData);
  [DllImport("hostws", CallingConvention = CallingConvention.Cdecl)]
  static extern int ws_send(int ws, string data, long length, int type);
  [DllImport("hostws", CallingConvention = CallingConvention.Cdecl)]
  static extern IntPtr ws_next(int queue, int timeout);
  [DllImport("hostws", CallingConvention = CallingConvention.Cdecl)]
  static extern int ws_queue_on_wakeup(int queue, Wakeup wakeup, IntPtr userData);
  [DllImport("hostws", CallingConvention = CallingConvention.Cdecl)]
  static extern int ws_shutdown(int timeout);

  static int calls, faults, quotients;
  static Node nothing;
  static int zero;
  static readonly AutoResetEvent woken = new AutoResetEvent(false);

  static void OnWakeup(IntPtr userData) {
    try {
      nothing.Field = 1;
    } catch (NullReferenceException) {
      Interlocked.Increment(ref faults);
    }
    try {
      calls = 1 / zero;
    } catch (DivideByZeroException) {
      Interlocked.Increment(ref quotients);
    }
    Interlocked.Increment(ref calls);
    woken.Set();
  }

  static void Check(bool holds, string words) {
    if (holds) return;
    Console.Error.WriteLine("not so: " + words);
    Environment.Exit(1);
  }

  static void Main() {
    Wakeup wakeup = OnWakeup;
    Check(ws_queue_on_wakeup(0, wakeup, IntPtr.Zero) == 0, "the wake-up function is set");
    int ws = ws_open(Environment.GetEnvironmentVariable("HOSTWS_WS") + "/echo", null, IntPtr.Zero);
    Check(ws > 0, "the connection is created");
    int got = 0;
    while (got < Messages) {
      Check(woken.WaitOne(20000), "it is called in time");
      GC.Collect();
      for (IntPtr at; (at = ws_next(0, 0)) != IntPtr.Zero;) {
        int type = ((Event)Marshal.PtrToStructure(at, typeof(Event))).Type;
        Check(type == Open || type == Message, "nothing goes wrong");
        if (type == Message) got++;
        if (got < Messages) Check(ws_send(ws, "x", 1, 0) == 0, "it is sent");
      }
      GC.Collect();
    }
    // From here on it is not running.
    Check(ws_queue_on_wakeup(0, null, IntPtr.Zero) == 0, "the wake-up function is taken away");
    Check(calls > 1 && faults == calls && quotients == calls, "every fault is an exception");
    ws_shutdown(2000);
    GC.KeepAlive(wakeup);
  }
}
