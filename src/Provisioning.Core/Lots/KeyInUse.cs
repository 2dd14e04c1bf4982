namespace Provisioning.Core.Lots;

/// <summary>The key of reports while it is in use: P-256, with ECDSA and SHA-256. Whoever has it gives it back.</summary>
/// <param name="certificate">Its certificate, DER.</param>
/// <param name="issuer">That of the authority that has issued it, DER.</param>
/// <param name="at">The time of the service.</param>
/// <param name="sign">Signs with it.</param>
/// <param name="release">Gives it back; called once.</param>
public sealed class KeyInUse(
    ReadOnlyMemory<byte> certificate, ReadOnlyMemory<byte> issuer, DateTimeOffset at, SignOctets sign, Action release) : IDisposable
{
    private Action? _release = release;

    /// <summary>Its certificate, DER.</summary>
    public ReadOnlyMemory<byte> Certificate => certificate;

    /// <summary>That of the authority that has issued it, DER.</summary>
    public ReadOnlyMemory<byte> Issuer => issuer;

    /// <summary>The time of the service.</summary>
    public DateTimeOffset At => at;

    /// <summary>Signs octets; gives the signature in DER (RFC 3279 §2.2.3).</summary>
    public SignOctets Sign => sign;

    /// <summary>Gives it back, once.</summary>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}

/// <summary>Signs.</summary>
/// <param name="octets">What is hashed and signed.</param>
/// <returns>The signature.</returns>
public delegate byte[] SignOctets(ReadOnlySpan<byte> octets);
