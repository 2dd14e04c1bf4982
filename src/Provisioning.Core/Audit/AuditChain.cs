using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Audit;

/// <summary>How audit entries are chained.</summary>
public static class AuditChain
{
    /// <summary>The hash "before" the first entry: 32 zero octets.</summary>
    public static Digest Genesis { get; } = Digest.FromOctets(new byte[SHA256.HashSizeInBytes]);

    /// <summary>
    /// SHA-256 over: the hash before (32 octets), the sequence and the time in Unix milliseconds (8 octets each, big-endian), then actor,
    /// action, holder kind, holder, serial number and detail, each as a 4-octet big-endian length and UTF-8, with length -1 for
    /// null: no two different entries give the same input.
    /// </summary>
    /// <param name="previous">The hash of the entry before.</param>
    /// <param name="entry">The entry; its own <see cref="AuditEntry.Hash"/> is not read.</param>
    /// <returns>The hash of the entry.</returns>
    public static Digest Hash(Digest previous, AuditEntry entry)
    {
        var input = new ArrayBufferWriter<byte>(512);
        input.Write(previous.ToOctets());
        Append(input, entry.Sequence);
        Append(input, entry.At.ToUnixTimeMilliseconds());
        Append(input, entry.Actor);
        Append(input, entry.Action);
        Append(input, entry.HolderKind?.ToString());
        Append(input, entry.Holder);
        Append(input, entry.SerialNumber);
        Append(input, entry.Detail);
        return Digest.Of(input.WrittenSpan);
    }

    private static void Append(ArrayBufferWriter<byte> input, long number)
    {
        BinaryPrimitives.WriteInt64BigEndian(input.GetSpan(sizeof(long)), number);
        input.Advance(sizeof(long));
    }

    private static void Append(ArrayBufferWriter<byte> input, string? text)
    {
        var length = text is null ? -1 : System.Text.Encoding.UTF8.GetByteCount(text);
        BinaryPrimitives.WriteInt32BigEndian(input.GetSpan(sizeof(int)), length);
        input.Advance(sizeof(int));
        input.Advance(System.Text.Encoding.UTF8.GetBytes(text, input.GetSpan(Math.Max(length, 1))));
    }
}
