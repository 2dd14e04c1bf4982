using System.Data.Common;
using Provisioning.Core.Approvals;
using Provisioning.Core.Audit;
using Provisioning.Core.Authorities;
using Provisioning.Core.Births;
using Provisioning.Core.Campaigns;
using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.KeySearch;
using Provisioning.Core.Credentials;
using Provisioning.Core.Devices;
using Provisioning.Core.Devices.Import;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Expiry;
using Provisioning.Core.Groups;
using Provisioning.Core.Lots;
using Provisioning.Core.Manifests;
using Provisioning.Core.Profiles;
using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Feed;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Core.Revocation.Ocsp;
using Provisioning.Core.Webhooks;
using Provisioning.Storage.Approvals;
using Provisioning.Storage.Audit;
using Provisioning.Storage.Authorities;
using Provisioning.Storage.Births;
using Provisioning.Storage.Campaigns;
using Provisioning.Storage.Certificates;
using Provisioning.Storage.Commits;
using Provisioning.Storage.Credentials;
using Provisioning.Storage.Devices;
using Provisioning.Storage.Engines;
using Provisioning.Storage.Expiry;
using Provisioning.Storage.Groups;
using Provisioning.Storage.Lots;
using Provisioning.Storage.Manifests;
using Provisioning.Storage.Profiles;
using Provisioning.Storage.Revocation;
using Provisioning.Storage.Revocation.Jobs;
using Provisioning.Storage.Schema;
using Provisioning.Storage.Sessions;
using Provisioning.Storage.Webhooks;

namespace Provisioning.Storage;

/// <summary>
/// The registry on SQLite or PostgreSQL, held exclusively by this process. Disposing it finishes what is queued, and
/// then closes.
/// </summary>
public sealed class Database : IAsyncDisposable
{
    /// <summary>The name of the <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string MeterName = "Provisioning.Storage";

    private readonly DirectoryLock _lock;
    private readonly Readers _readers;

    private Database(DirectoryLock directoryLock, IEngine engine, Session session, DatabaseOptions options)
    {
        _lock = directoryLock;
        Description = engine.Describe(session);
        var statuses = new StatusVersion();
        Writer = new Writer(engine, session, options, FeedSignal, statuses);
        _readers = new Readers(engine);
        Certificates = new CertificateStore(Writer, _readers);
        DeviceChanges = new DeviceChangeStore(Writer);
        Successions = new SuccessionStore(Writer);
        Expiry = new ExpiryStore(Writer, _readers);
        Campaigns = new CampaignStore(Writer, _readers);
        Devices = new DeviceStore(_readers);
        Revocations = new RevocationStore(Writer);
        Crls = new CrlStore(Writer, _readers, keepsOctets: engine is PostgresEngine);
        Feed = new FeedStore(_readers);
        Webhooks = new WebhookStore(Writer, _readers);
        RegistrarRevocations = new RegistrarRevocationStore(Writer);
        RevocationJobs = new RevocationJobStore(Writer, _readers);

        // SQLite's file is this process's alone; PostgreSQL is for several.
        CertificateStatuses = new CertificateStatusStore(_readers, engine is SqliteEngine ? statuses : null);
        Authorities = new AuthorityStore(Writer, _readers);
        Principals = new PrincipalStore(Writer, _readers);
        Tokens = new TokenStore(Writer, _readers);
        ClaimBatches = new ClaimBatchStore(Writer, _readers);
        TrustAnchors = new TrustAnchorStore(Writer, _readers);
        ManifestSigners = new ManifestSignerStore(Writer, _readers);
        ExpectedDevices = new ExpectedDeviceStore(Writer);
        Groups = new GroupStore(Writer, _readers);
        Lots = new LotStore(Writer, _readers);
        Admissions = new AdmissionStore(_readers);
        Approvals = new ApprovalStore(Writer, _readers);
        Refusals = new RefusalStore(Writer, _readers);
        KeySearch = new KeySearchStore(Writer, _readers);
        Imports = new ImportStore(Writer, _readers);
        Audit = new AuditStore(engine, _readers);
        Profiles = new ProfileStore(Writer, _readers);
    }

    /// <summary>The engine and its version, such as <c>SQLite 3.50.4</c>, for the log.</summary>
    public string Description { get; }

    /// <summary>
    /// Completes when a write to the disk failed in a way after which nothing can be trusted that this process would
    /// write. It must then end, with an exit code that makes its supervisor start it again; the start recovers. Never
    /// completes on a healthy database.
    /// </summary>
    public Task<Exception> Failed => Writer.Failed;

    /// <summary>Certificates.</summary>
    public ICertificateStore Certificates { get; }

    /// <summary>Devices.</summary>
    public IDeviceStore Devices { get; }

    /// <summary>Changes devices together with their certificates.</summary>
    public IDeviceChangeStore DeviceChanges { get; }

    /// <summary>Renewals of whole groups.</summary>
    public ICampaignStore Campaigns { get; }

    /// <summary>What becomes of certificates that were renewed.</summary>
    public ISuccessionStore Successions { get; }

    /// <summary>What ends when.</summary>
    public IExpiryStore Expiry { get; }

    /// <summary>Revocation.</summary>
    public IRevocationStore Revocations { get; }

    /// <summary>What CRLs are made from, and those on record.</summary>
    public ICrlStore Crls { get; }

    /// <summary>What relying parties are told.</summary>
    public IFeedStore Feed { get; }

    /// <summary>Raised when there is more of it.</summary>
    public FeedSignal FeedSignal { get; } = new();

    /// <summary>Whom it is brought to.</summary>
    public IWebhookStore Webhooks { get; }

    /// <summary>What registrars revoke.</summary>
    public IRegistrarRevocationStore RegistrarRevocations { get; }

    /// <summary>Revocations of many certificates.</summary>
    public IRevocationJobStore RevocationJobs { get; }

    /// <summary>How certificates stand, for OCSP.</summary>
    public ICertificateStatusStore CertificateStatuses { get; }

    /// <summary>Authorities and principals.</summary>
    public IAuthorityStore Authorities { get; }

    /// <summary>Registrars and administrators, and what registrars are limited to.</summary>
    public IPrincipalStore Principals { get; }

    /// <summary>Enrollment tokens.</summary>
    public ITokenStore Tokens { get; }

    /// <summary>Batches of claim certificates.</summary>
    public IClaimBatchStore ClaimBatches { get; }

    /// <summary>Manufacturers whose birth certificates are honored.</summary>
    public ITrustAnchorStore TrustAnchors { get; }

    /// <summary>Who signs manifests of secure elements.</summary>
    public IManifestSignerStore ManifestSigners { get; }

    /// <summary>Devices that are announced.</summary>
    public IExpectedDeviceStore ExpectedDevices { get; }

    /// <summary>Enrollment groups.</summary>
    public IGroupStore Groups { get; }

    /// <summary>Production orders.</summary>
    public ILotStore Lots { get; }

    /// <summary>What admissions are decided on.</summary>
    public IAdmissionStore Admissions { get; }

    /// <summary>Enrollments that wait for an administrator.</summary>
    public IApprovalStore Approvals { get; }

    /// <summary>Why devices were refused.</summary>
    public IRefusalStore Refusals { get; }

    /// <summary>The search for shared primes.</summary>
    public IKeySearchStore KeySearch { get; }

    /// <summary>Imports of devices.</summary>
    public IImportStore Imports { get; }

    /// <summary>The audit chain.</summary>
    public IAuditStore Audit { get; }

    /// <summary>Profiles.</summary>
    public IProfileStore Profiles { get; }

    /// <summary>For tests: what no store offers.</summary>
    internal Writer Writer { get; }

    /// <summary>Opens the registry, alone, and brings its schema up to date; makes it when it is not there.</summary>
    /// <param name="options">Where it is.</param>
    /// <param name="ct">Gives up before it begins.</param>
    /// <returns>The registry; the caller disposes it.</returns>
    /// <exception cref="DatabaseOpenException">
    /// Another process holds it, a newer version of the service has used it, or it cannot be opened.
    /// </exception>
    public static Task<Database> OpenAsync(DatabaseOptions options, CancellationToken ct) =>
        Task.Run(() => Open(options), ct);

    /// <summary>Writes a row and waits until it is durable: says whether a certificate could be stored now.</summary>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>When it is durable.</returns>
    /// <exception cref="StorageUnavailableException">It cannot be stored now.</exception>
    public async Task CheckWritableAsync(CancellationToken ct)
    {
        const string sql = """
            INSERT INTO meta (key, value) VALUES ('writable', '1')
            ON CONFLICT (key) DO UPDATE SET value = CASE meta.value WHEN '1' THEN '2' ELSE '1' END
            """;
        await Writer.RunAsync(transaction => transaction.Sql(sql).Execute(), ct);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Writer.DrainAsync();
        // Before the writer: its last checkpoint wants no readers.
        await _readers.DisposeAsync();
        await Writer.DisposeAsync();
        _lock.Dispose();
    }

    private static Database Open(DatabaseOptions options)
    {
        IEngine engine = string.IsNullOrWhiteSpace(options.Connection)
            ? new SqliteEngine(Path.Combine(Path.GetFullPath(options.DataDirectory), "provisioning.db"))
            : new PostgresEngine(options.Connection);
        var directoryLock = DirectoryLock.Take(options.DataDirectory);
        Session? session = null;
        try
        {
            session = engine.OpenWriter();
            Migrations.Apply(engine, session);
            return new Database(directoryLock, engine, session, options);
        }
        catch (DbException e)
        {
            Release();
            throw new DatabaseOpenException("Cannot open the database: " + e.Message, e);
        }
        catch
        {
            Release();
            throw;
        }

        void Release()
        {
            session?.Dispose();
            directoryLock.Dispose();
        }
    }
}
