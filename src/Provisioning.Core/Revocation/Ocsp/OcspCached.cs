namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>An answer about one certificate that is kept, with what it says and whose it is.</summary>
internal sealed class OcspCached(OcspCertId certId, string authority, OcspCertStatus status, OcspSigner signer, OcspAnswer answer)
{
    private int _uses;
    private volatile OcspSeen? _seen;

    internal OcspCertId CertId { get; } = certId;

    internal string Authority { get; } = authority;

    internal OcspCertStatus Status { get; } = status;

    internal OcspSigner Signer { get; } = signer;

    internal OcspAnswer Answer { get; } = answer;

    /// <summary>The row of its certificate, as it was last read; null when nobody can tell when that is out of date.</summary>
    internal OcspSeen? Seen
    {
        get => _seen;
        set => _seen = value;
    }

    /// <summary>How often it was used.</summary>
    internal int Uses => Volatile.Read(ref _uses);

    /// <summary>A client may still use it.</summary>
    internal bool IsValid(DateTimeOffset now) => now < Answer.NextUpdate;

    /// <summary>The given part of its time is over.</summary>
    internal bool IsOlderThan(double part, DateTimeOffset now) =>
        now >= Answer.ThisUpdate + ((Answer.NextUpdate - Answer.ThisUpdate) * part);

    internal OcspAnswer Use()
    {
        Interlocked.Increment(ref _uses);
        return Answer;
    }
}
