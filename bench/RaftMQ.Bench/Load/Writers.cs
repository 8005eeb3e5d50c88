using System.Diagnostics;
using System.Net.Sockets;

namespace RaftMQ.Bench.Load;

/// <summary>A time without an acknowledged write.</summary>
/// <param name="Begin">When it began, from the moment of the kill; a little before it at best.</param>
/// <param name="Length">How long it was.</param>
internal readonly record struct Silence(TimeSpan Begin, TimeSpan Length);

/// <summary>A request that was not acknowledged.</summary>
/// <param name="At">When that was known.</param>
/// <param name="Port">The node that it was sent to.</param>
/// <param name="What">A status, or what became of the connection.</param>
internal readonly record struct Failure(long At, int Port, string What);

/// <summary>
/// Writers that go on whatever happens: each has a thread and a connection, sends unique messages one after the other, and when its node fails it
/// turns to the next. Without a key a request whose outcome is unknown is left as unknown; with one it is sent again until the outcome is known.
/// </summary>
internal sealed class Writers : IDisposable
{
    /// <summary>Acknowledgements kept for looking back: at most this many.</summary>
    private const int MaxAcknowledgements = 20_000_000;

    private const int StackBytes = 256 * 1024;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(15);

    /// <summary>After this time a writer turns back to its own node: all on one, a silence of that node would be taken for one of the cluster.</summary>
    private static readonly TimeSpan AwayFromHome = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PauseAfterRefusal = TimeSpan.FromMilliseconds(5);

    private readonly IReadOnlyList<int> _ports;
    private readonly IReadOnlyList<string> _topics;
    private readonly bool _keyed;
    private readonly TimeSpan _pace;
    private readonly string _run = Guid.NewGuid().ToString("n")[..8];
    private readonly Thread[] _threads;
    private readonly Lock _gate = new();
    private readonly List<long> _acknowledged = [];
    private readonly List<Failure> _failures = [];
    private volatile bool _stopping;

    /// <param name="ports">The nodes.</param>
    /// <param name="topics">One writer for each: a topic takes a million messages, and a long run sends more.</param>
    /// <param name="keyed">Whether requests carry a key and are repeated.</param>
    /// <param name="pace">The least time from one request of a writer to its next; zero for none.</param>
    public Writers(IReadOnlyList<int> ports, IReadOnlyList<string> topics, bool keyed, TimeSpan pace)
    {
        _ports = ports;
        _topics = topics;
        _keyed = keyed;
        _pace = pace;
        Ledgers = [.. Enumerable.Range(0, topics.Count).Select(writer => new WriterLedger(writer))];
        _threads = [.. Enumerable.Range(0, topics.Count).Select(writer => new Thread(() => Run(writer), StackBytes) { IsBackground = true })];
        foreach (Thread thread in _threads)
        {
            thread.Start();
        }
    }

    public IReadOnlyList<WriterLedger> Ledgers { get; }

    /// <summary>How many writes have been acknowledged.</summary>
    public int Acknowledged
    {
        get
        {
            lock (_gate)
            {
                return _acknowledged.Count;
            }
        }
    }

    /// <summary>
    /// The longest time without an acknowledgement that overlaps what came between two moments. The last acknowledgement before the moment begins it, so a
    /// reply that was on its way when the leader died does not cut it short unless it arrived.
    /// </summary>
    public Silence LongestSilence(long moment, long until = long.MaxValue)
    {
        lock (_gate)
        {
            int from = _acknowledged.BinarySearch(moment);
            from = Math.Max(0, (from < 0 ? ~from : from) - 1);
            Silence longest = default;
            for (int i = from + 1; i < _acknowledged.Count && _acknowledged[i - 1] < until; i++)
            {
                TimeSpan length = Stopwatch.GetElapsedTime(_acknowledged[i - 1], _acknowledged[i]);
                longest = length > longest.Length ? new Silence(Stopwatch.GetElapsedTime(moment, _acknowledged[i - 1]), length) : longest;
            }

            return longest;
        }
    }

    /// <summary>The requests that failed after a moment. A connection that nobody takes is no failure: the writer goes on with the next node, and nothing was sent.</summary>
    public IReadOnlyList<Failure> FailuresAfter(long moment)
    {
        lock (_gate)
        {
            return [.. _failures.Where(failure => failure.At >= moment)];
        }
    }

    /// <summary>Stops them; with keys, each first settles what it has under way.</summary>
    public void Dispose()
    {
        _stopping = true;
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    private void Run(int writer)
    {
        var lane = new Lane(_ports, writer);
        long pace = (long)(_pace.TotalSeconds * Stopwatch.Frequency);
        long next = Stopwatch.GetTimestamp() + (pace * writer / _topics.Count);
        while (!_stopping)
        {
            TimeSpan wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), next);
            if (wait > TimeSpan.Zero)
            {
                Thread.Sleep(wait);
            }

            WriterLedger ledger = Ledgers[writer];
            string message = ledger.NextMessage();
            byte[] request = HttpConnection.Request(
                "PUT", "/message", $$"""{"topic":"{{_topics[writer]}}","message":"{{message}}"}""", _keyed ? $"{_run}-{message}" : null);
            ledger.Settle(Send(lane, request));
            next = NextTurn(next, pace);
        }

        lane.Dispose();
    }

    /// <summary>
    /// Each writer keeps its place between the others, and a turn that it has missed is not made up for: writers that were all held up would else send in step ever after, and the pause
    /// between their steps be taken for a silence of the cluster.
    /// </summary>
    private static long NextTurn(long turn, long pace)
    {
        long late = Stopwatch.GetTimestamp() - turn;
        return pace == 0 ? turn : turn + (pace * Math.Max(1, (late + pace - 1) / pace));
    }

    private WriteOutcome Send(Lane lane, byte[] request)
    {
        while (true)
        {
            (WriteOutcome outcome, int port, string what) = lane.Send(request);
            if (outcome == WriteOutcome.Acknowledged)
            {
                Record(Stopwatch.GetTimestamp());
                return outcome;
            }

            lock (_gate)
            {
                _failures.Add(new Failure(Stopwatch.GetTimestamp(), port, what));
            }

            if (outcome == WriteOutcome.Refused)
            {
                Thread.Sleep(PauseAfterRefusal);
            }

            if (!_keyed)
            {
                return outcome;
            }
        }
    }

    private void Record(long timestamp)
    {
        lock (_gate)
        {
            if (_acknowledged.Count >= MaxAcknowledgements)
            {
                throw new BenchFailedException($"more than {MaxAcknowledgements} acknowledgements; run fewer kills");
            }

            // Threads come to the lock in any order; the list stays sorted.
            _acknowledged.Add(_acknowledged.Count > 0 ? Math.Max(_acknowledged[^1], timestamp) : timestamp);
        }
    }

    /// <summary>A writer's connection, to whichever node answers.</summary>
    private sealed class Lane(IReadOnlyList<int> ports, int first) : IDisposable
    {
        private readonly int _home = first;
        private int _at = first;
        private long _leftHome;
        private HttpConnection? _connection;

        public (WriteOutcome Outcome, int Port, string What) Send(byte[] request)
        {
            bool isTimeToReturn = _at != _home && Stopwatch.GetElapsedTime(_leftHome) >= AwayFromHome;
            if (isTimeToReturn)
            {
                _connection?.Dispose();
                (_connection, _at) = (null, _home);
            }

            if (_connection is { IsClosed: true })
            {
                TurnToNext();
            }

            if (!TryConnect())
            {
                return (WriteOutcome.Refused, 0, "no node takes a connection");
            }

            int port = ports[_at % ports.Count];
            try
            {
                HttpAnswer answer = _connection!.Exchange(request);
                if (answer.IsLast)
                {
                    TurnToNext();
                }

                // 504 is the one answer that says that the server does not know; all other refusals are definite.
                WriteOutcome outcome = answer.Status switch
                {
                    200 => WriteOutcome.Acknowledged,
                    504 or 500 => WriteOutcome.Unknown,
                    _ => WriteOutcome.Refused,
                };
                return (outcome, port, $"{answer.Status}");
            }
            catch (Exception lost) when (lost is SocketException or IOException)
            {
                TurnToNext();
                return (WriteOutcome.Unknown, port, "connection lost");
            }
        }

        public void Dispose() => _connection?.Dispose();

        private bool TryConnect()
        {
            for (int attempt = 0; attempt < ports.Count && _connection is null; attempt++)
            {
                try
                {
                    _connection = new HttpConnection(ports[_at % ports.Count], RequestTimeout);
                }
                catch (SocketException)
                {
                    TurnToNext();
                }
            }

            return _connection is not null;
        }

        private void TurnToNext()
        {
            _connection?.Dispose();
            _connection = null;
            _at++;
            _leftHome = Stopwatch.GetTimestamp();
        }
    }
}
