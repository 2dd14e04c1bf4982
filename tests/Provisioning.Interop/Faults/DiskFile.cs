namespace Provisioning.Interop.Faults;

/// <summary>A file on a <see cref="Disk"/>: what is surely on the platter, and the writes of which nobody knows.</summary>
internal sealed class DiskFile
{
    private const int Sector = 512;

    private readonly List<Write> _unsure = [];
    private byte[] _content = [];

    /// <summary>Takes a write into the page cache.</summary>
    internal void Add(long at, long offset, byte[] data) => _unsure.Add(new Write(at, offset, data));

    /// <summary>Takes a change of length into the page cache.</summary>
    internal void SetLength(long at, long length) => _unsure.Add(new Write(at, length, null));

    /// <summary>A flush that began then has succeeded: what was written before is durable.</summary>
    internal void Flushed(long began)
    {
        foreach (var write in _unsure.Where(write => write.At < began && !write.IsDropped).ToList())
        {
            _content = write.ApplyTo(_content);
            _unsure.Remove(write);
            // What a failed flush left in doubt before, and this has written again, is in doubt no more.
            for (var i = _unsure.Count - 1; i >= 0; i--)
            {
                if (!_unsure[i].IsDropped || _unsure[i].At > write.At) continue;
                var left = _unsure[i].Without(write);
                _unsure.RemoveAt(i);
                _unsure.InsertRange(i, left);
            }
        }
    }

    /// <summary>
    /// A flush that began then has failed. The kernel marks its pages clean: they are read back as they were written, and no later
    /// flush writes them.
    /// </summary>
    internal void FlushFailed(long began)
    {
        for (var i = 0; i < _unsure.Count; i++)
            if (_unsure[i].At < began) _unsure[i] = _unsure[i] with { IsDropped = true };
    }

    /// <summary>What may be there after the power was cut: each sector of each unsure write, or not.</summary>
    internal byte[] Image(Random random, double kept, bool torn)
    {
        var content = (byte[])_content.Clone();
        foreach (var write in _unsure)
        {
            if (write.Data is null || !torn)
            {
                if (random.NextDouble() < kept) content = write.ApplyTo(content);
                continue;
            }

            for (var start = 0; start < write.Data.Length;)
            {
                var length = (int)Math.Min(Sector - (write.Offset + start) % Sector, write.Data.Length - start);
                if (random.NextDouble() < kept)
                    content = new Write(write.At, write.Offset + start, write.Data[start..(start + length)]).ApplyTo(content);
                start += length;
            }
        }

        return content;
    }

    // Without data: the length was set to the offset.
    private sealed record Write(long At, long Offset, byte[]? Data)
    {
        internal bool IsDropped { get; init; }

        private long End => Data is null ? long.MaxValue : Offset + Data.Length;

        internal byte[] ApplyTo(byte[] content)
        {
            if (Data is null)
            {
                Array.Resize(ref content, (int)Offset);
                return content;
            }

            if (content.Length < End) Array.Resize(ref content, (int)End);
            Data.CopyTo(content, Offset);
            return content;
        }

        internal List<Write> Without(Write later)
        {
            if (Data is null || later.Offset >= End || later.End <= Offset) return [this];
            var left = new List<Write>();
            if (later.Offset > Offset) left.Add(this with { Data = Data[..(int)(later.Offset - Offset)] });
            if (later.End < End) left.Add(this with { Offset = later.End, Data = Data[(int)(later.End - Offset)..] });
            return left;
        }
    }
}
