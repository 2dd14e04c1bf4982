using System.Buffers.Binary;
using System.Security.Cryptography;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Enrollment;

/// <summary>What makes two requests the same request: their parts, each with its length so that none runs into the next.</summary>
internal static class RequestHash
{
    internal static Digest Of(string operation, string holder, Digest csr, IReadOnlyDictionary<string, string>? attributes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, operation);
        Append(hash, holder);
        hash.AppendData(csr.ToOctets());
        foreach (var (name, value) in (attributes ?? new Dictionary<string, string>()).OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Append(hash, name);
            Append(hash, value);
        }

        return Digest.FromOctets(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, string text)
    {
        var octets = System.Text.Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, octets.Length);
        hash.AppendData(length);
        hash.AppendData(octets);
    }
}
