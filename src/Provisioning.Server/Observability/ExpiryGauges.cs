using System.Diagnostics.Metrics;
using Provisioning.Core.Authorities;
using Provisioning.Core.Expiry;
using Provisioning.Core.Revocation.Ocsp;
using Provisioning.Rest.Wire;
using Provisioning.Server.Tls;

namespace Provisioning.Server.Observability;

/// <summary>Days until each authority, the server's certificate and those of OCSP expire; and how many certificates of devices end soon.</summary>
internal sealed class ExpiryGauges : IDisposable
{
    private readonly Meter _meter = new("Provisioning.Server");

    public ExpiryGauges(
        AuthorityDirectory authorities, ServerCertificate certificate, OcspSigners signers, ExpiryWatch watch, TimeProvider time)
    {
        _meter.CreateObservableGauge(
            "provisioning.devices.expiring",
            () => watch.Counts?.All.Select(one => new Measurement<long>(
                one.Count, new("within_days", one.Days), new("outlook", WireNames.Of(one.Outlook)))) ?? [],
            description: "Certificates in use of devices that end within so many days, as of the last hour, by what is to be expected.");
        _meter.CreateObservableGauge("provisioning.certificate.days_left", Observe, description: "Days until a certificate of the service expires.");

        IEnumerable<Measurement<double>> Observe() =>
            authorities.All.Select(authority => (authority.Name, authority.NotAfter))
                .Append(("server", certificate.NotAfter))
                .Concat(signers.Ends.Select(one => ("ocsp-" + one.Authority, one.NotAfter)))
                .Select(one => new Measurement<double>(
                    (one.NotAfter - time.GetUtcNow()).TotalDays, new KeyValuePair<string, object?>("name", one.Item1)));
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
