using System.Buffers.Binary;

namespace Provisioning.Core.Revocation;

/// <summary>
/// The entries of one CRL, packed: 26 octets each for our serial numbers, where an object each would cost four times
/// that. Knows the length of its DER at any time, which the encoder must write first.
/// </summary>
internal sealed class CrlEntries
{
    private const int ChunkSize = 1 << 16;
    private const int MaximumSerialNumber = 20;

    // A record: length of the serial number (0 ends a chunk), reason, Unix seconds, serial number.
    private const int RecordHead = 1 + 1 + 8;

    // RFC 5280 §5.3.1; nobody revokes for it, so it is none of our reasons.
    private const byte RemoveFromCrl = 8;

    // Extension reasonCode, not critical (RFC 5280 §5.3.1); the reason itself follows.
    private static readonly byte[] ReasonCode = Convert.FromHexString("300C300A0603551D1504030A01");

    private readonly List<byte[]> _chunks = [];
    private int _used = ChunkSize;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The length of the DER of all entries, without the header of the list.</summary>
    public long EncodedLength { get; private set; }

    /// <summary>Adds one.</summary>
    /// <param name="entry">From the store; a reason that RFC 5280 does not know is left out.</param>
    /// <returns>False when the serial number is zero or longer than 20 octets, so that no CRL can list it.</returns>
    public bool TryAdd(in RevokedEntry entry)
    {
        var serialNumber = entry.SerialNumber.AsSpan().TrimStart((byte)0);
        if (serialNumber.Length is 0 or > MaximumSerialNumber) return false;

        var target = Take(RecordHead + serialNumber.Length);
        target[0] = (byte)serialNumber.Length;
        target[1] = entry.IsReleased ? RemoveFromCrl
            : (byte)(Enum.IsDefined(entry.Reason) ? entry.Reason : RevocationReason.Unspecified);
        BinaryPrimitives.WriteInt64LittleEndian(target[2..], entry.RevokedAt.ToUnixTimeSeconds());
        serialNumber.CopyTo(target[RecordHead..]);

        Count++;
        EncodedLength += 2 + ContentLength(serialNumber, DerOutput.TimeLength(entry.RevokedAt), target[1]);
        return true;
    }

    /// <summary>Writes the DER of all entries, in the order in which they were added (RFC 5280 §5.1).</summary>
    /// <param name="output">Where to.</param>
    public void WriteTo(DerOutput output)
    {
        foreach (var chunk in _chunks)
        {
            var rest = chunk.AsSpan();
            while (rest.Length > RecordHead && rest[0] != 0)
            {
                var revokedAt = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64LittleEndian(rest[2..]));
                WriteEntry(output, rest.Slice(RecordHead, rest[0]), revokedAt, rest[1]);
                rest = rest[(RecordHead + rest[0])..];
            }
        }
    }

    private static void WriteEntry(
        DerOutput output, ReadOnlySpan<byte> serialNumber, DateTimeOffset revokedAt, byte reason)
    {
        // Never more than 54 octets, so that the length always takes one.
        output.WriteHeader(0x30, ContentLength(serialNumber, DerOutput.TimeLength(revokedAt), reason));
        output.WriteHeader(0x02, IntegerLength(serialNumber));
        if (NeedsSignOctet(serialNumber)) output.WriteRaw([0]);
        output.WriteRaw(serialNumber);
        output.WriteTime(revokedAt);

        // RFC 5280 §5.3.1: "The reason code CRL entry extension SHOULD be absent instead of using the unspecified (0)".
        if (reason == (byte)RevocationReason.Unspecified) return;
        output.WriteRaw(ReasonCode);
        output.WriteRaw([reason]);
    }

    private static int ContentLength(ReadOnlySpan<byte> serialNumber, int timeLength, byte reason) =>
        2 + IntegerLength(serialNumber) + timeLength
        + (reason == (byte)RevocationReason.Unspecified ? 0 : ReasonCode.Length + 1);

    private static int IntegerLength(ReadOnlySpan<byte> serialNumber) =>
        serialNumber.Length + (NeedsSignOctet(serialNumber) ? 1 : 0);

    private static bool NeedsSignOctet(ReadOnlySpan<byte> serialNumber) => serialNumber[0] > 0x7F;

    private Span<byte> Take(int length)
    {
        if (length > ChunkSize - _used)
        {
            _chunks.Add(new byte[ChunkSize]);
            _used = 0;
        }

        var target = _chunks[^1].AsSpan(_used, length);
        _used += length;
        return target;
    }
}
