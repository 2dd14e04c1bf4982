namespace Provisioning.Core.Revocation.Ocsp;

/// <summary>OCSPResponseStatus (RFC 6960 §4.2.1) with its numbers; sigRequired (5) is never answered.</summary>
public enum OcspResponseStatus
{
    /// <summary>successful (0): the answer is signed.</summary>
    Successful = 0,

    /// <summary>malformedRequest (1).</summary>
    MalformedRequest = 1,

    /// <summary>internalError (2): there is nothing to sign with.</summary>
    InternalError = 2,

    /// <summary>tryLater (3): the registry cannot say now.</summary>
    TryLater = 3,

    /// <summary>unauthorized (6): another issuer's certificate, or of several at once.</summary>
    Unauthorized = 6,
}
