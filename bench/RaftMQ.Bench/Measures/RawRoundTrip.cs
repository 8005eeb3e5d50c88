using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using RaftMQ.Bench.Load;

namespace RaftMQ.Bench.Measures;

/// <summary>The loopback's own round trip: 64 bytes there and back between two threads with blocking calls. The floor under every figure of links.</summary>
internal static class RawRoundTrip
{
    private const int MessageBytes = 64;

    public static LatencyHistogram Measure(TimeSpan duration)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var near = new TcpClient { NoDelay = true };
        near.Connect((IPEndPoint)listener.LocalEndpoint);
        using TcpClient far = listener.AcceptTcpClient();
        far.NoDelay = true;
        var echo = new Thread(() => Echo(far.GetStream())) { IsBackground = true };
        echo.Start();
        var latency = new LatencyHistogram();
        byte[] buffer = new byte[MessageBytes];
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < duration)
        {
            long started = Stopwatch.GetTimestamp();
            near.GetStream().Write(buffer);
            near.GetStream().ReadExactly(buffer);
            latency.Record(started, Stopwatch.GetTimestamp());
        }

        near.Close();
        echo.Join();
        return latency;
    }

    private static void Echo(NetworkStream stream)
    {
        byte[] buffer = new byte[MessageBytes];
        while (stream.ReadAtLeast(buffer, MessageBytes, throwOnEndOfStream: false) == MessageBytes)
        {
            stream.Write(buffer);
        }
    }
}
