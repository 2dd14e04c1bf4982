using System.Diagnostics.Metrics;
using Provisioning.Core.Authorities;
using Provisioning.Core.Revocation.Ocsp;
using Provisioning.Server.Tls;

namespace Provisioning.Server.Observability;

/// <summary>Days until each authority, the server's certificate and those of OCSP expire.</summary>
internal sealed class ExpiryGauges : IDisposable
{
    private readonly Meter _meter = new("Provisioning.Server");

    public ExpiryGauges(AuthorityDirectory authorities, ServerCertificate certificate, OcspSigners signers, TimeProvider time)
    {
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
