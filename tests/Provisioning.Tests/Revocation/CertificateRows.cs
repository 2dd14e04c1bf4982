using Provisioning.Core.Certificates;

namespace Provisioning.Tests.Revocation;

/// <summary>Rows of the registry, and the one question that revocation asks of it.</summary>
internal sealed class CertificateRows(InMemoryRevocationStore store) : ICertificateStore
{
    public static readonly DateTimeOffset Expiry = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static CertificateRecord NewRow(
        string authority = "issuing", HolderKind kind = HolderKind.Device, DateTimeOffset? notAfter = null) =>
        new()
        {
            Authority = authority,
            SerialNumber = SerialNumber.NewRandom(),
            HolderKind = kind,
            Holder = "unit-1",
            Profile = "device",
            State = CertificateState.Current,
            KeyThumbprint = Digest.Of([1]),
            TbsHash = Digest.Of([2]),
            Thumbprint = Digest.Of([3]),
            NotBefore = Expiry.AddYears(-10),
            NotAfter = notAfter ?? Expiry,
            ReservedAt = Expiry.AddYears(-10),
            IssuedAt = Expiry.AddYears(-10),
            Requester = "registrar:factory-line",
            RevokedAt = null,
            RevocationReason = null,
        };

    public ValueTask<CertificateRecord?> FindAsync(SerialNumber serialNumber, CancellationToken ct) =>
        ValueTask.FromResult(store.Find(serialNumber));

    public ValueTask<ShownCertificate?> FindShownAsync(SerialNumber serialNumber, CancellationToken ct) =>
        throw new NotSupportedException();

    public Task<ReserveResult> ReserveAsync(Reservation reservation, CancellationToken ct) =>
        throw new NotSupportedException();

    public Task<ReserveResult> ProbeAsync(Reservation reservation, bool leavesMarks, CancellationToken ct) =>
        throw new NotSupportedException();

    public Task<Core.Enrollment.Outcome<CertificateRecord>> RecordAsync(
        Reservation reservation, ReadOnlyMemory<byte> der, DateTimeOffset at, CancellationToken ct) =>
        throw new NotSupportedException();

    public Task<bool> AbandonAsync(SerialNumber serialNumber, DateTimeOffset at, CancellationToken ct) =>
        throw new NotSupportedException();

    public Task SweepAsync(CancellationToken ct) => Task.CompletedTask;

    public Task<int> AbandonAllAsync(DateTimeOffset at, CancellationToken ct) => throw new NotSupportedException();

    public Task NoteOldAsync(SerialNumber serialNumber, DateTimeOffset at, CancellationToken ct) => throw new NotSupportedException();

    public Task<CertificateRecord?> ConfirmAsync(
        SerialNumber serialNumber, Succession succession, DateTimeOffset at, CancellationToken ct) =>
        throw new NotSupportedException();

    public ValueTask<StoredCertificate?> FindWithDerAsync(SerialNumber serialNumber, CancellationToken ct) =>
        throw new NotSupportedException();

    public Task<Page<CertificateRecord>> ListAsync(CertificateQuery query, CancellationToken ct) =>
        throw new NotSupportedException();
}
