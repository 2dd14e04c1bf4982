using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.Naming;

/// <summary>What the names in a certificate are made from.</summary>
/// <param name="Holder">
/// The device ID, the name of the principal, or what an authority is called: <c>${deviceId}</c> and <c>${holder}</c>.
/// </param>
/// <param name="Group">The enrollment group, <c>${group}</c>; null when there is none.</param>
/// <param name="Attributes">The device's attributes, <c>${attribute:NAME}</c>.</param>
public sealed record NameSource(string Holder, string? Group, IReadOnlyDictionary<string, string> Attributes)
{
    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    /// <summary>The source for a request.</summary>
    /// <param name="request">The permission, with the holder and the group.</param>
    /// <param name="attributes">The device's attributes, or null.</param>
    /// <returns>The source.</returns>
    public static NameSource Of(AuthorizedRequest request, IReadOnlyDictionary<string, string>? attributes) =>
        new(request.CommonName ?? request.Holder, request.Group, attributes ?? None);

    /// <summary>The source for an authority.</summary>
    /// <param name="commonName">What it is called.</param>
    /// <returns>The source.</returns>
    internal static NameSource OfAuthority(string commonName) => new(commonName, null, None);
}
