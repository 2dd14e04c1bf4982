using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Certificates.Requests;

/// <summary>The refusals that several parts of the decoder share.</summary>
internal static class RequestRefusals
{
    // One sentence for every way in which a signature can be wrong: which one it was helps nobody but a forger.
    public static Refusal PopInvalid { get; } = new(
        RefusalCode.PopInvalid,
        "The signature of the request does not verify under the public key in it. Sign the request with the "
        + "device's own key.");

    public static Refusal BadCsr(string detail) => new(RefusalCode.BadCsr, detail);

    public static Refusal BadKey(string detail) => new(RefusalCode.BadKey, detail);
}
