using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Certificates;

/// <summary>What a request gets.</summary>
internal static class Requests
{
    public static CertificationRequest Accepted(byte[] der) => CertificationRequestReader.Read(der) switch
    {
        Outcome<CertificationRequest>.Success success => success.Value,
        Outcome<CertificationRequest>.Refused refused => throw new Xunit.Sdk.XunitException(refused.Refusal.ToString()),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public static CertificationRequest Accepted(CsrBuilder builder) => Accepted(builder.Build());

    public static Refusal Refused(RefusalCode code, byte[] der)
    {
        var outcome = CertificationRequestReader.Read(der);
        var refusal = Assert.IsType<Outcome<CertificationRequest>.Refused>(outcome).Refusal;
        Assert.True(code == refusal.Code, $"{refusal} instead of {code}");
        Assert.EndsWith(".", refusal.Detail, StringComparison.Ordinal);
        return refusal;
    }

    public static Refusal Refused(RefusalCode code, CsrBuilder builder) => Refused(code, builder.Build());
}
