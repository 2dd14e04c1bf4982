using Provisioning.Core.Certificates;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Enrollment;

/// <summary>A request that was allowed, with what its plan is made from.</summary>
internal sealed record EnrollmentWork
{
    private static readonly Dictionary<string, string> Nothing = [];

    internal required AuthorizedRequest Allowed { get; init; }

    internal required ReadOnlyMemory<byte> CertificationRequest { get; init; }

    internal required string? RequestKey { get; init; }

    /// <summary>Those of the device, from which names are made.</summary>
    internal required IReadOnlyDictionary<string, string> Attributes { get; init; }

    /// <summary>Those in the request, which make it the request that it is.</summary>
    internal IReadOnlyDictionary<string, string> Sent { get; init; } = Nothing;

    internal bool KeepsAttributes { get; init; }

    /// <summary>What decides about <see cref="ChannelBinding"/> and <see cref="ServerKey"/>.</summary>
    internal required GroupDefinition Policy { get; init; }

    /// <summary>Where a key is made for the device; null for the request's own.</summary>
    internal ServerKey? ServerKey { get; init; }

    internal ReadOnlyMemory<byte>? ChannelBinding { get; init; }

    /// <summary>For a renewal whose request says with its names what is renewed: the certificate that it is; else null.</summary>
    internal ReadOnlyMemory<byte>? Named { get; init; }

    internal Func<SubjectPublicKey, Refusal?>? CheckKey { get; init; }

    /// <summary>The work of a first enrollment.</summary>
    internal static EnrollmentWork Of(AuthorizedRequest allowed, EnrollmentCase enrollment, EnrollmentRequest request) => new()
    {
        Allowed = allowed,
        CertificationRequest = request.CertificationRequest,
        RequestKey = request.RequestKey,
        Attributes = enrollment.Attributes,
        Sent = enrollment.Sent,
        Policy = enrollment.Group.Definition,
        ServerKey = request.ServerKey,
        ChannelBinding = request.ChannelBinding,
        KeepsAttributes = enrollment.Device is null || enrollment.AddsAttributes,
        CheckKey = key => AdmissionRules.CheckKey(enrollment, key),
    };
}
