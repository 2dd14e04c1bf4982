using Microsoft.Extensions.Logging.Abstractions;
using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Revocation;

/// <summary>
/// A service's CRL side on a temporary folder; <see cref="Restart"/> forgets what a process has in memory.
/// </summary>
internal sealed class CrlHouse : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("crl-");
    private readonly bool _ownsAuthorities;

    public CrlHouse(
        Authority? root = null, TimeProvider? time = null, Func<CrlOptions, CrlOptions>? configure = null, CrlHouse? beside = null)
    {
        // Another node: the same registry, authorities and clock, with a folder of its own.
        Store = beside?.Store ?? new InMemoryRevocationStore();
        _ownsAuthorities = beside is null;
        Authorities = beside?.Authorities ?? TestAuthority.Directory(root);
        Time = beside?.Time ?? Time;
        Clock = time ?? Time;
        Options = new CrlOptions
        {
            Directory = Path.Combine(_folder.FullName, "crl"),
            SuppliedDirectory = Path.Combine(_folder.FullName, "pki"),
        };
        if (configure is not null) Options = configure(Options);
        System.IO.Directory.CreateDirectory(Options.SuppliedDirectory);
        Restart();
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));

    public TimeProvider Clock { get; }

    public InMemoryRevocationStore Store { get; }

    public CrlSignal Signal { get; } = new();

    public AuthorityDirectory Authorities { get; }

    public CrlOptions Options { get; }

    public PublishedCrls Published { get; private set; } = null!;

    public CrlPublisher Publisher { get; private set; } = null!;

    public CrlSchedule Schedule { get; private set; } = null!;

    public string CrlPath => PathOf("issuing");

    /// <summary>The published octets of the issuing authority's CRL.</summary>
    public byte[] Octets => File.ReadAllBytes(CrlPath);

    /// <param name="accepted">Whether an administrator has accepted the clock: then what is on record does not count.</param>
    public void Restart(bool accepted = false)
    {
        var clock = new ClockGuard(Clock);
        if (!accepted && Store.Crls.Count > 0) clock.Observe(Store.Crls.Max(crl => crl.Reserved.ThisUpdate));
        Publisher?.Dispose();
        Published = new PublishedCrls(Options, Clock);
        Publisher = new CrlPublisher(Store, Published, Options, clock, Clock, NullLogger<CrlPublisher>.Instance);
        Schedule = new CrlSchedule(
            Authorities, Publisher, Published, Store, Signal, Options, Clock, NullLogger<CrlSchedule>.Instance);
    }

    public string PathOf(string authority) => Path.Combine(Options.Directory, authority + ".crl");

    public static CrlName NameOf(int shard, bool isDelta = false) => new(new CrlScope("issuing", shard), isDelta);

    /// <summary>The published CRL, which must be whole and good.</summary>
    public CrlStatus Read(string authority = "issuing") => ReadFacts(new CrlName(authority)).Status;

    /// <summary>What a published CRL says, which must be whole and good.</summary>
    public CrlFacts ReadFacts(CrlName name)
    {
        var facts = CrlFacts.TryRead(name, File.ReadAllBytes(Path.Combine(Options.Directory, name.FileName)));
        Assert.NotNull(facts);
        Assert.True(facts.IsSignedBy(Authorities.Find(name.Scope.Authority)!));
        return facts;
    }

    public Task<CrlStatus?> PublishAsync(CrlName name) =>
        Publisher.PublishAsync(Authorities.Issuing, name, TestContext.Current.CancellationToken);

    public Task<CrlStatus?> PublishAsync(string authority = "issuing") =>
        Publisher.PublishAsync(Authorities.Find(authority)!, TestContext.Current.CancellationToken);

    public void Dispose()
    {
        Publisher.Dispose();
        if (_ownsAuthorities) Authorities.Dispose();
        _folder.Delete(recursive: true);
    }
}
