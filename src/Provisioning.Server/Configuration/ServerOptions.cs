using System.Net;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Core.Revocation.Ocsp;

namespace Provisioning.Server.Configuration;

/// <summary>
/// The configuration section <c>Provisioning</c>: from appsettings.json, the environment (<c>Provisioning__DataDirectory</c>) and the
/// command line (<c>--Provisioning:DataDirectory</c>), later ones first. A key that is not known stops the start.
/// </summary>
internal sealed class ServerOptions
{
    internal const string Section = "Provisioning";

    /// <summary>Where database, keys, credentials and CRLs are.</summary>
    public string DataDirectory { get; set; } = "data";

    /// <summary>The port of REST and Swagger UI, over TLS.</summary>
    public int HttpsPort { get; set; } = 8443;

    /// <summary>The port of what must be plain: CRLs, CA certificates, health.</summary>
    public int HttpPort { get; set; } = 8080;

    /// <summary>
    /// The address that both listen on, or several with semicolons between them; by default loopback in Development, all addresses
    /// otherwise.
    /// </summary>
    public string? ListenAddress { get; set; }

    /// <summary>The name in the server's certificate and in the addresses of CRLs and CA certificates.</summary>
    public string PublicName { get; set; } = "localhost";

    /// <summary>The plain port as the outside sees it, where a proxy or a port mapping is in between; else null.</summary>
    public int? PublicHttpPort { get; set; }

    /// <summary>More host names or addresses for the server's certificate.</summary>
    public IList<string> ServerNames { get; } = [];

    /// <summary>A connection string for PostgreSQL; null for SQLite in the data directory.</summary>
    public string? Database { get; set; }

    /// <summary>How long a request waits for the database to store something, before it is told to come back later.</summary>
    public TimeSpan StorageTimeout { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>The passphrase of the key files.</summary>
    public string? Passphrase { get; set; }

    /// <summary>A file with that passphrase, mode 0600.</summary>
    public string? PassphraseFile { get; set; }

    /// <summary>The folder with the certificate profiles; null for those that come with the program.</summary>
    public string? ProfilesDirectory { get; set; }

    /// <summary>Addresses that may read <c>/metrics</c> without a certificate, such as <c>10.0.3.0/24</c>.</summary>
    public IList<string> MetricsScrapers { get; } = [];

    /// <summary>How authorities are made.</summary>
    public AuthoritySection Authority { get; set; } = new();

    /// <summary>How CRLs are made.</summary>
    public CrlSection Crl { get; set; } = new();

    /// <summary>How many certificates are revoked at once.</summary>
    public RevocationSection Revocation { get; set; } = new();

    /// <summary>How OCSP is answered.</summary>
    public OcspSection Ocsp { get; set; } = new();

    /// <summary>How much each caller may ask.</summary>
    public LimitsSection Limits { get; set; } = new();

    /// <summary>The addresses to listen on, at least one.</summary>
    internal IReadOnlyList<IPAddress> Addresses(bool isDevelopment) => ListenAddress is { } text
        ? [.. text.Split(';', StringSplitOptions.TrimEntries).Select(IPAddress.Parse).Distinct()]
        : [isDevelopment ? IPAddress.Loopback : IPAddress.Any];

    internal sealed class AuthoritySection
    {
        /// <summary>P256, P384, P521, Rsa3072 or Rsa4096.</summary>
        public KeyAlgorithm KeyAlgorithm { get; set; } = KeyAlgorithm.P256;

        /// <summary>The root's common name.</summary>
        public string? RootName { get; set; }

        /// <summary>The issuing authority's common name.</summary>
        public string? IssuingName { get; set; }
    }

    internal sealed class CrlSection
    {
        /// <summary>From thisUpdate to nextUpdate.</summary>
        public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(24);

        /// <summary>How often a CRL is made when nothing was revoked.</summary>
        public TimeSpan RefreshEvery { get; set; } = TimeSpan.FromHours(1);

        /// <summary>From a revocation to the CRL that has it.</summary>
        public TimeSpan Delay { get; set; } = TimeSpan.FromSeconds(5);
    }

    internal sealed class RevocationSection
    {
        /// <summary>Revocation jobs for more certificates than this need a second administrator; null for none.</summary>
        public long? SecondAdministratorAbove { get; set; }

        internal RevocationJobOptions ToOptions() => new() { SecondAdministratorAbove = SecondAdministratorAbove };
    }

    internal sealed class OcspSection
    {
        /// <summary>Whether it is answered at all, and its address stands in new certificates.</summary>
        public bool Enabled { get; set; } = true;

        /// <summary>From thisUpdate to nextUpdate: so long caches and relying parties may go on with what they have.</summary>
        public TimeSpan Validity { get; set; } = TimeSpan.FromMinutes(10);

        /// <summary>How many signed answers are kept, at most; each takes about 1.5 KB.</summary>
        public int CacheEntries { get; set; } = 20_000;

        internal OcspOptions ToOptions() => new() { IsOn = Enabled, Validity = Validity, CacheEntries = CacheEntries };
    }

    internal sealed class LimitsSection
    {
        /// <summary>Connections at once, on each of the two listeners: a flood on the plain one leaves the other's free.</summary>
        public int Connections { get; set; } = 10_000;

        /// <summary>Each registrar.</summary>
        public Rate Registrar { get; set; } = new() { PerSecond = 500, Burst = 1000 };

        /// <summary>Each administrator.</summary>
        public Rate Administrator { get; set; } = new() { PerSecond = 100, Burst = 500 };

        /// <summary>Each device, with our certificate or its manufacturer's.</summary>
        public Rate Device { get; set; } = new() { PerSecond = 5, Burst = 20 };

        /// <summary>Each enrollment token; one may be for many devices.</summary>
        public Rate Token { get; set; } = new() { PerSecond = 50, Burst = 100 };

        /// <summary>Each batch of claim certificates, from each address.</summary>
        public Rate Claim { get; set; } = new() { PerSecond = 20, Burst = 100 };

        /// <summary>Each address that shows no credential.</summary>
        public Rate Anonymous { get; set; } = new() { PerSecond = 20, Burst = 100 };

        /// <summary>Each address at the plain listener: CRLs and probes, which may come from many behind one address.</summary>
        public Rate Status { get; set; } = new() { PerSecond = 200, Burst = 2000 };

        /// <summary>All of them.</summary>
        internal IEnumerable<Rate> Rates => [Registrar, Administrator, Device, Token, Claim, Anonymous, Status];
    }

    internal sealed class Rate
    {
        /// <summary>Requests a second, in the long run.</summary>
        public int PerSecond { get; set; }

        /// <summary>Requests at once, after a pause.</summary>
        public int Burst { get; set; }
    }
}
