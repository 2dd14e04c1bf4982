using System.Security.Cryptography;
using Provisioning.Core.Audit;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Storage;

namespace Provisioning.Tests.Storage;

/// <summary>
/// What the core's stores promise, whichever engine keeps them. After every test the audit chain must hold.
/// </summary>
public abstract partial class StorageContract : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    private Database? _database;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The data directory of this test.</summary>
    protected string DataDirectory { get; } = Directory.CreateTempSubdirectory("provisioning-storage-").FullName;

    /// <summary>The time of the test; moved by hand.</summary>
    protected DateTimeOffset Now { get; set; } = Start;

    /// <summary>What timeouts are measured with: none ends unless a test lets time pass.</summary>
    private protected FakeTimeProvider Patience { get; } = new(Start);

    protected Database Database => _database!;

    protected ICertificateStore Certificates => Database.Certificates;

    public async ValueTask InitializeAsync()
    {
        await PrepareAsync();
        _database = await Database.OpenAsync(Options() with { Time = Patience }, Ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
        {
            if (!_database.Failed.IsCompleted) await VerifyChainAsync(_database);
            await _database.DisposeAsync();
        }

        await CleanUpAsync();
        Directory.Delete(DataDirectory, recursive: true);
    }

    protected abstract DatabaseOptions Options();

    /// <summary>Locks the database from another connection, until what it gives is disposed.</summary>
    protected abstract Task<IAsyncDisposable> LockAsync();

    protected virtual Task PrepareAsync() => Task.CompletedTask;

    protected virtual Task CleanUpAsync() => Task.CompletedTask;

    /// <summary>Closes the database and opens it again.</summary>
    protected async Task RestartAsync()
    {
        await Database.DisposeAsync();
        _database = null;
        _database = await Database.OpenAsync(Options() with { Time = Patience }, Ct);
    }

    protected Reservation NewReservation(string device = "pump-1") => new()
    {
        Authority = "issuing",
        SerialNumber = SerialNumber.NewRandom(),
        HolderKind = HolderKind.Device,
        Holder = device,
        Profile = "device",
        KeyThumbprint = NewDigest(),
        TbsHash = NewDigest(),
        NotBefore = Now.AddHours(-1),
        NotAfter = Now.AddDays(90),
        At = Now,
        Requester = "registrar:factory-line",
        RequestHash = NewDigest(),
    };

    protected static Digest NewDigest() => Digest.FromOctets(RandomNumberGenerator.GetBytes(32));

    /// <summary>A renewal of a certificate, with another key.</summary>
    protected Reservation NewRenewal(CertificateRecord old) => NewReservation(old.Holder) with
    {
        Renews = old.SerialNumber,
        Requester = "device:" + old.Holder,
    };

    protected async Task ReserveAsync(Reservation reservation) =>
        Assert.IsType<ReserveResult.Reserved>(await Certificates.ReserveAsync(reservation, Ct));

    /// <summary>Asserts that a reservation is refused and leaves nothing behind, but one audit entry where it is suspicious.</summary>
    protected async Task<Refusal> RefusedAsync(Reservation reservation, RefusalCode code, CloneSign? sign = null)
    {
        var before = await RowsAsync();
        var refused = Assert.IsType<ReserveResult.Refused>(await Certificates.ReserveAsync(reservation, Ct));
        Assert.Equal((code, sign), (refused.Refusal.Code, refused.Sign));
        Assert.Equal(before + (sign is null ? 0 : 1), await RowsAsync());
        if (sign is not null) Assert.Equal(AuditActions.CloneSuspected, (await AuditAsync())[^1].Action);
        return refused.Refusal;
    }

    protected async Task<StoredCertificate> ExistingAsync(Reservation reservation)
    {
        var before = await RowsAsync();
        var existing = Assert.IsType<ReserveResult.Existing>(await Certificates.ReserveAsync(reservation, Ct));
        Assert.Equal(before, await RowsAsync());
        return existing.Certificate;
    }

    protected async Task<CertificateRecord> RecordAsync(Reservation reservation) =>
        Value(await Certificates.RecordAsync(reservation, DerOf(reservation), Now, Ct));

    protected async Task<CertificateRecord> IssueAsync(Reservation reservation)
    {
        await ReserveAsync(reservation);
        return await RecordAsync(reservation);
    }

    protected static byte[] DerOf(Reservation reservation) => reservation.TbsHash.ToOctets();

    protected static T Value<T>(Outcome<T> outcome) => Assert.IsType<Outcome<T>.Success>(outcome).Value;

    protected static RefusalCode Code<T>(Outcome<T> outcome) => Assert.IsType<Outcome<T>.Refused>(outcome).Refusal.Code;

    protected async Task<CertificateState> StateAsync(SerialNumber serialNumber) =>
        (await Certificates.FindAsync(serialNumber, Ct))!.State;

    /// <summary>Runs a statement in a transaction of the writer, as no store would.</summary>
    protected Task<int> WriteAsync(string sql) =>
        Database.Writer.RunAsync(transaction => transaction.Sql(string.Intern(sql)).Execute(), Ct);

    protected async Task<List<AuditEntry>> AuditAsync() =>
        await Database.Audit.ReadAuditAsync(1, Ct).ToListAsync(Ct);

    /// <summary>How many rows there are in the tables that a reservation writes to.</summary>
    protected Task<long> RowsAsync() => Database.Writer.RunAsync(
        transaction => Convert.ToInt64(transaction.Session.Ask("""
            SELECT (SELECT COUNT(*) FROM certificates) * 1000000 + (SELECT COUNT(*) FROM keys) * 10000
                + (SELECT COUNT(*) FROM devices) * 100 + (SELECT COUNT(*) FROM audit)
            """)),
        Ct);

    protected static async Task VerifyChainAsync(Database database)
    {
        var (sequence, hash) = (0L, AuditChain.Genesis);
        await foreach (var entry in database.Audit.ReadAuditAsync(1, CancellationToken.None))
        {
            Assert.Equal(++sequence, entry.Sequence);
            hash = AuditChain.Hash(hash, entry);
            Assert.Equal(hash, entry.Hash);
        }
    }
}
