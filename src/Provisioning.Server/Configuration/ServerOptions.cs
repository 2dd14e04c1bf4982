using System.Net;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Feed;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Core.Revocation.Ocsp;
using Provisioning.Core.Webhooks;

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

    /// <summary>Whether EST is served.</summary>
    public EstSection Est { get; set; } = new();

    /// <summary>How much the feed of revocations may cost.</summary>
    public FeedSection Feed { get; set; } = new();

    /// <summary>Where events may be brought, and how.</summary>
    public WebhookSection Webhooks { get; set; } = new();

    /// <summary>How much each caller may ask.</summary>
    public LimitsSection Limits { get; set; } = new();

    /// <summary>Where the outside finds what is plain.</summary>
    internal PublicAddresses ToAddresses() => new(PublicName, PublicHttpPort ?? HttpPort)
    {
        AnswersOcsp = Ocsp.Enabled,
        CrlShards = Crl.Shards,
    };

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

        /// <summary>Over how many CRLs new certificates are spread; those that there are keep theirs.</summary>
        public int Shards { get; set; } = 1;

        /// <summary>Whether the CRL without shards lists the certificates of all shards too.</summary>
        public bool Full { get; set; } = true;

        /// <summary>Whether there are delta CRLs.</summary>
        public bool Deltas { get; set; }

        /// <summary>How often a delta CRL is made when nothing was revoked.</summary>
        public TimeSpan DeltaEvery { get; set; } = TimeSpan.FromMinutes(10);

        internal CrlOptions ToOptions(DataDirectory data, PublicAddresses addresses) => new()
        {
            Directory = data.Crls,
            SuppliedDirectory = data.Pki,
            Addresses = addresses,
            Lifetime = Lifetime,
            RefreshEvery = RefreshEvery,
            Delay = Delay,
            IsFull = Full,
            HasDeltas = Deltas,
            DeltaEvery = DeltaEvery,
        };
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

    internal sealed class EstSection
    {
        /// <summary>Whether EST (RFC 7030) is served.</summary>
        public bool Enabled { get; set; } = true;
    }

    internal sealed class FeedSection
    {
        /// <summary>Streams at once, of all callers.</summary>
        public int Streams { get; set; } = 100;

        /// <summary>Streams at once of one caller.</summary>
        public int StreamsPerCaller { get; set; } = 10;

        /// <summary>How often a stream says that it lives when there is nothing to tell.</summary>
        public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);

        /// <summary>How long a reader may take to read what was written, before its stream is ended.</summary>
        public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

        /// <summary>How often everything that waits looks for what another node has committed.</summary>
        public TimeSpan Look { get; set; } = TimeSpan.FromSeconds(1);

        internal FeedOptions ToOptions() => new()
        {
            Streams = Streams,
            StreamsPerCaller = StreamsPerCaller,
            Heartbeat = Heartbeat,
            Patience = Patience,
            Look = Look,
        };
    }

    internal sealed class WebhookSection
    {
        /// <summary>
        /// Host names (<c>*.plant.example</c> for all below one), which must lead to public addresses, addresses, and networks such as
        /// <c>10.0.5.0/24</c>. None: there can be no webhooks.
        /// </summary>
        public IList<string> Hosts { get; } = [];

        /// <summary>Whether http is good enough.</summary>
        public bool AllowHttp { get; set; }

        /// <summary>A PEM file with the authorities that receivers have their certificates from; null for those that the machine trusts.</summary>
        public string? TrustFile { get; set; }

        /// <summary>How long a receiver may take to answer.</summary>
        public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

        /// <summary>The first pause after a failure; each next one is twice as long.</summary>
        public TimeSpan FirstPause { get; set; } = TimeSpan.FromSeconds(1);

        /// <summary>The longest pause.</summary>
        public TimeSpan LongestPause { get; set; } = TimeSpan.FromHours(1);

        /// <summary>After how long a failure a receiver is given up until somebody resumes it.</summary>
        public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromDays(3);

        /// <summary>How many receivers are brought something at the same time.</summary>
        public int AtOnce { get; set; } = IWebhookStore.MaxWebhooks;

        internal WebhookTargets ToTargets() => new([.. Hosts], AllowHttp);

        internal WebhookOptions ToOptions() => new()
        {
            Timeout = Timeout,
            FirstPause = FirstPause,
            LongestPause = LongestPause,
            GiveUpAfter = GiveUpAfter,
            AtOnce = AtOnce,
        };
    }

    internal sealed class LimitsSection
    {
        /// <summary>Connections at once, on each of the two listeners, whatever its addresses: a flood on the plain one leaves the other's free.</summary>
        public int Connections { get; set; } = 10_000;

        /// <summary>Requests of devices that are served at once; who comes beyond is told when to come back.</summary>
        public int DevicesAtOnce { get; set; } = 256;

        /// <summary>Each registrar.</summary>
        public Rate Registrar { get; set; } = new() { PerSecond = 500, Burst = 1000 };

        /// <summary>Each administrator.</summary>
        public Rate Administrator { get; set; } = new() { PerSecond = 100, Burst = 500 };

        /// <summary>Each device, with our certificate or its manufacturer's.</summary>
        public Rate Device { get; set; } = new() { PerSecond = 5, Burst = 20 };

        /// <summary>Each relying party.</summary>
        public Rate RelyingParty { get; set; } = new() { PerSecond = 20, Burst = 100 };

        /// <summary>Each enrollment token; one may be for many devices.</summary>
        public Rate Token { get; set; } = new() { PerSecond = 50, Burst = 100 };

        /// <summary>Each batch of claim certificates, from each address.</summary>
        public Rate Claim { get; set; } = new() { PerSecond = 20, Burst = 100 };

        /// <summary>Each address that shows no credential.</summary>
        public Rate Anonymous { get; set; } = new() { PerSecond = 20, Burst = 100 };

        /// <summary>Each address at the plain listener: CRLs and probes, which may come from many behind one address.</summary>
        public Rate Status { get; set; } = new() { PerSecond = 200, Burst = 2000 };

        /// <summary>All of them.</summary>
        internal IEnumerable<Rate> Rates => [Registrar, Administrator, Device, RelyingParty, Token, Claim, Anonymous, Status];
    }

    internal sealed class Rate
    {
        /// <summary>Requests a second, in the long run.</summary>
        public int PerSecond { get; set; }

        /// <summary>Requests at once, after a pause.</summary>
        public int Burst { get; set; }
    }
}
