namespace RaftMQ.Storage.Wal;

/// <summary>What is read lands here. Whoever reads one file after the other keeps one for all of them.</summary>
internal sealed class ReadBuffer
{
    private byte[] _bytes = [];

    /// <summary>The buffer with room for so many bytes; what it held may be lost.</summary>
    public byte[] AtLeast(int bytes) => _bytes.Length >= bytes ? _bytes : _bytes = new byte[bytes];
}
