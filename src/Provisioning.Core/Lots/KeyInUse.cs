namespace Provisioning.Core.Lots;

/// <summary>The key of reports while it is in use: P-256, with ECDSA and SHA-256. Whoever has it gives it back.</summary>
/// <param name="Certificate">Its certificate, DER.</param>
/// <param name="Issuer">That of the authority that has issued it, DER.</param>
/// <param name="At">The time of the service.</param>
/// <param name="Sign">Signs octets; gives the signature in DER (RFC 3279 §2.2.3).</param>
/// <param name="Release">Gives it back.</param>
public sealed record KeyInUse(
    ReadOnlyMemory<byte> Certificate, ReadOnlyMemory<byte> Issuer, DateTimeOffset At, SignOctets Sign, Action Release) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Release();
}

/// <summary>Signs.</summary>
/// <param name="octets">What is hashed and signed.</param>
/// <returns>The signature.</returns>
public delegate byte[] SignOctets(ReadOnlySpan<byte> octets);
