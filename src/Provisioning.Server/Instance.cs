using Provisioning.Core.Authorities;
using Provisioning.Core.Births;
using Provisioning.Core.Campaigns;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;
using Provisioning.Core.Profiles;
using Provisioning.Core.Revocation;
using Provisioning.Server.Configuration;
using Provisioning.Storage;

namespace Provisioning.Server;

/// <summary>
/// One opened data directory: the database, the keys and the pipeline, before anybody listens. The server runs on it, and so do
/// the verbs <c>init</c> and <c>audit</c>.
/// </summary>
internal sealed class Instance : IAsyncDisposable
{
    private Instance(
        ServerOptions options, DataDirectory data, Database database, KeyFiles keys, IReadOnlyList<Profile> files, TimeProvider time)
    {
        Options = options;
        Data = data;
        Database = database;
        Keys = keys;
        ProfileFiles = files;
        Profiles = new ProfileCatalog(files);
        Time = time;
        Clock = new ClockGuard(time);
        Addresses = options.ToAddresses();
        Ca = new CertificateAuthority(database.Certificates, Profiles, Addresses, Clock);
        Issuer = new InternalIssuer(Ca);
        Setup = new AuthoritySetup(data, keys, database.Authorities, Issuer, time);
        Import = new AuthorityImport(data, keys, database.Authorities, time);
        Rollover = new AuthorityRollover(data, keys, database.Authorities, Setup, Issuer, time);
        Credentials = new CredentialFiles(data, database.Authorities, Issuer, time);
        Groups = new GroupCatalog(database.Groups);
        Campaigns = new CampaignCatalog(database.Campaigns);
        TrustAnchors = new TrustAnchorCatalog(database.TrustAnchors);
    }

    internal ServerOptions Options { get; }

    internal DataDirectory Data { get; }

    internal Database Database { get; }

    internal KeyFiles Keys { get; }

    /// <summary>The profiles of the folder.</summary>
    internal IReadOnlyList<Profile> ProfileFiles { get; }

    /// <summary>The profiles that count: of the folder, and after <see cref="RecoverAsync"/> of the registry.</summary>
    internal ProfileCatalog Profiles { get; }

    /// <summary>What <see cref="RecoverAsync"/> found when it compared the folder of profiles with the registry.</summary>
    internal IReadOnlyList<string> ProfileNotes { get; private set; } = [];

    internal TimeProvider Time { get; }

    internal ClockGuard Clock { get; }

    internal PublicAddresses Addresses { get; }

    internal CertificateAuthority Ca { get; }

    internal InternalIssuer Issuer { get; }

    internal AuthoritySetup Setup { get; }

    internal AuthorityImport Import { get; }

    internal AuthorityRollover Rollover { get; }

    internal CredentialFiles Credentials { get; }

    internal GroupCatalog Groups { get; }

    internal CampaignCatalog Campaigns { get; }

    internal TrustAnchorCatalog TrustAnchors { get; }

    internal CrlOptions Crl => Options.Crl.ToOptions(Data, Addresses);

    /// <summary>Opens. Nothing is changed yet but the schema, and a passphrase where one may be made.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="mayCreatePassphrase">True in Development: without a passphrase, one is made.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The opened directory; the caller owns it.</returns>
    /// <exception cref="StartupException">It cannot be opened; the message says why.</exception>
    internal static async Task<Instance> OpenAsync(
        ServerOptions options, bool mayCreatePassphrase, TimeProvider time, CancellationToken ct)
    {
        try
        {
            var data = new DataDirectory(Path.GetFullPath(options.DataDirectory));
            data.Create();
            var files = ProfileReader.ReadFolder(
                options.ProfilesDirectory ?? Path.Combine(AppContext.BaseDirectory, "pki", "profiles"));
            var keys = new KeyFiles(data, PassphraseOf(options, data, mayCreatePassphrase));
            var database = await Database.OpenAsync(
                new DatabaseOptions { DataDirectory = data.Path, Connection = options.Database, WriteTimeout = options.StorageTimeout }, ct);
            var instance = new Instance(options, data, database, keys, files, time);
            if (await database.Authorities.LatestTimeAsync(ct) is { } latest) instance.Clock.Observe(latest);
            return instance;
        }
        catch (Exception problem) when (problem is DatabaseOpenException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new StartupException(problem.Message, problem);
        }
    }

    /// <summary>Brings the enrollment groups and trust anchors into memory, and makes the first group where there is none.</summary>
    /// <returns>What defines groups from now on.</returns>
    /// <exception cref="StartupException">A group or trust anchor on record cannot be used; the message says why.</exception>
    internal async Task<GroupService> StartGroupsAsync()
    {
        var service = new GroupService(Database.Groups, Groups, Database.Devices, Ca, Clock);
        try
        {
            await service.StartAsync(default);
            await TrustAnchors.RefreshAsync(default);
            await Campaigns.RefreshAsync(default);
        }
        catch (InvalidDataException problem)
        {
            throw new StartupException(problem.Message, problem);
        }

        return service;
    }

    /// <summary>
    /// Gives up what a killed process left behind, brings the folder of profiles and the registry together, and puts the addresses of CRLs
    /// on record. Before anything is issued; an audit looks without it.
    /// </summary>
    /// <returns>How many reservations were given up.</returns>
    /// <exception cref="InvalidDataException">A profile on record cannot be used.</exception>
    internal async Task<int> RecoverAsync()
    {
        var abandoned = await Database.Certificates.AbandonAllAsync(Clock.LastBelieved(), default);
        var issuing = AuthorityDirectory.NameOf(Math.Max(1, await Setup.ReadGenerationAsync(default)));
        await new CrlShards(Database.Crls, Addresses).DeclareAsync(issuing, Clock.LastBelieved(), default);
        ProfileNotes = await new ProfileSeed(Database.Profiles, Profiles, Clock).RunAsync(ProfileFiles, default);
        return abandoned;
    }

    /// <summary>Loads the authorities, for a verb.</summary>
    /// <exception cref="StartupException">There are none, or a key does not fit; the message says what to do.</exception>
    internal async Task<AuthorityDirectory> LoadAuthoritiesAsync()
    {
        try
        {
            return await Setup.LoadAllAsync(default);
        }
        catch (InvalidDataException problem)
        {
            throw new StartupException(problem.Message, problem);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Database.DisposeAsync();

    private static string PassphraseOf(ServerOptions options, DataDirectory data, bool mayCreate)
    {
        if (!string.IsNullOrEmpty(options.Passphrase)) return options.Passphrase;
        if (options.PassphraseFile is { } file) return Passphrase.ReadFile(file);
        var made = Path.Combine(data.Path, "passphrase");
        if (File.Exists(made)) return Passphrase.ReadFile(made);
        return mayCreate
            ? Passphrase.CreateFile(made)
            : throw new StartupException(
                "The keys need a passphrase. Put one into a file with mode 0600 and set Provisioning__PassphraseFile to its path, "
                + "or set Provisioning__Passphrase.");
    }
}
