using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace RaftMQ.Consensus;

/// <summary>A value for each of a few nodes, walked in order of node and without allocating: it is walked in every turn, and a few times as long as a cluster is large at most.</summary>
/// <typeparam name="T">What is kept of a node.</typeparam>
public sealed class NodeMap<T> : IReadOnlyCollection<T>
{
    private readonly List<NodeId> _nodes = [];
    private readonly List<T> _values = [];

    /// <summary>How many nodes have a value.</summary>
    public int Count => _nodes.Count;

    /// <summary>The value of a node; replaces the one that it had.</summary>
    public T this[NodeId node]
    {
        set
        {
            int at = _nodes.BinarySearch(node);
            if (at >= 0)
            {
                _values[at] = value;
                return;
            }

            _nodes.Insert(~at, node);
            _values.Insert(~at, value);
        }
    }

    /// <summary>The value of a node, if it has one.</summary>
    public bool TryGetValue(NodeId node, [MaybeNullWhen(false)] out T value)
    {
        int at = _nodes.IndexOf(node);
        value = at >= 0 ? _values[at] : default;
        return at >= 0;
    }

    /// <summary>Whether a node has a value.</summary>
    public bool Contains(NodeId node) => _nodes.Contains(node);

    /// <summary>Forgets the value of a node, if it has one.</summary>
    public void Remove(NodeId node)
    {
        int at = _nodes.IndexOf(node);
        if (at >= 0)
        {
            _nodes.RemoveAt(at);
            _values.RemoveAt(at);
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _nodes.Clear();
        _values.Clear();
    }

    /// <summary>The values in order of node.</summary>
    public List<T>.Enumerator GetEnumerator() => _values.GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
