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
        Span<byte> fixedPart = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(fixedPart, entry.Sequence);
        BinaryPrimitives.WriteInt64BigEndian(fixedPart[8..], entry.At.ToUnixTimeMilliseconds());

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(previous.ToOctets());
        hash.AppendData(fixedPart);
        Append(hash, entry.Actor);
        Append(hash, entry.Action);
        Append(hash, entry.HolderKind?.ToString());
        Append(hash, entry.Holder);
        Append(hash, entry.SerialNumber);
        Append(hash, entry.Detail);
        return Digest.FromOctets(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, string? text)
    {
        Span<byte> length = stackalloc byte[4];
        if (text is null)
        {
            BinaryPrimitives.WriteInt32BigEndian(length, -1);
            hash.AppendData(length);
            return;
        }

        var octets = System.Text.Encoding.UTF8.GetBytes(text);
        BinaryPrimitives.WriteInt32BigEndian(length, octets.Length);
        hash.AppendData(length);
        hash.AppendData(octets);
    }
}
