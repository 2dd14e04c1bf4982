using System.Globalization;
using Microsoft.AspNetCore.Http;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;

namespace Provisioning.Rest.Answers;

/// <summary>
/// The facts that firmware needs beside the certificate, as headers: whoever asks for DER needs neither a JSON nor a
/// date parser. Times are Unix seconds.
/// </summary>
public static class CertificateHeaders
{
    /// <summary>The serial number, upper-case hex.</summary>
    public const string SerialNumber = "Provisioning-Serial-Number";

    /// <summary>Not worth renewing before.</summary>
    public const string RenewAfter = "Provisioning-Renew-After";

    /// <summary>Should be renewed by then.</summary>
    public const string RenewBefore = "Provisioning-Renew-Before";

    /// <summary>The service's clock.</summary>
    public const string ServerTime = "Provisioning-Server-Time";

    internal static void Write(
        HttpResponse response, SerialNumber serialNumber, RenewalWindow? window, DateTimeOffset now)
    {
        response.Headers[SerialNumber] = serialNumber.ToString();
        SetServerTime(response, now);
        if (window is not { } given) return;
        response.Headers[RenewAfter] = Seconds(given.After);
        response.Headers[RenewBefore] = Seconds(given.Before);
    }

    /// <summary>Tells the service's clock, also on refusals.</summary>
    internal static void SetServerTime(HttpResponse response, DateTimeOffset now) => response.Headers[ServerTime] = Seconds(now);

    private static string Seconds(DateTimeOffset time) =>
        time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
}
