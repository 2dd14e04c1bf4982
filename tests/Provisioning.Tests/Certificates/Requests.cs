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

    [ThreadStatic]
    private static List<(RefusalCode Code, byte[] Der)>? _collected;

    /// <summary>What a test that runs on this thread has refused, so that another one can send the same to a server.</summary>
    public static IReadOnlyList<(RefusalCode Code, byte[] Der)> CollectRefused(Action test)
    {
        try
        {
            _collected = [];
            test();
            return _collected;
        }
        finally
        {
            _collected = null;
        }
    }

    public static Refusal Refused(RefusalCode code, byte[] der)
    {
        _collected?.Add((code, (byte[])der.Clone()));
        var outcome = CertificationRequestReader.Read(der);
        var refusal = Assert.IsType<Outcome<CertificationRequest>.Refused>(outcome).Refusal;
        Assert.True(code == refusal.Code, $"{refusal} instead of {code}");
        Assert.EndsWith(".", refusal.Detail, StringComparison.Ordinal);
        return refusal;
    }

    public static Refusal Refused(RefusalCode code, CsrBuilder builder) => Refused(code, builder.Build());
}
