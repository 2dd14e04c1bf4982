using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Credentials;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Revocation;

/// <summary>The database did it, and its answer got lost: the CRL is asked for all the same.</summary>
public sealed class LostAnswerTests
{
    private readonly CrlSignal _signal = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));

    [Fact]
    public async Task What_a_registrar_revokes_while_the_answer_gets_lost_is_told_by_the_next_CRL()
    {
        var revocation = new RegistrarRevocation(new Losing(), _signal, new ClockGuard(_time));
        var caller = new Caller.Registrar("station-1") { Scope = new RegistrarScope { MayRevoke = true } };
        Assert.True(DeviceId.TryParse("pump-1", out var device));
        await AskedAsync(() => revocation.RevokeAsync(caller, SerialNumber.NewRandom(), RevocationReason.Superseded));
        await AskedAsync(() => revocation.ReleaseAsync(caller, SerialNumber.NewRandom()));
        await AskedAsync(() => revocation.RevokeDeviceAsync(caller, device, RevocationReason.Superseded));
    }

    [Fact]
    public Task What_is_revoked_after_its_overlap_while_the_answer_gets_lost_is_told_by_the_next_CRL()
    {
        var successions = new SuccessionService(null!, new Losing(), null!, _signal, new ClockGuard(_time));
        return AskedAsync(() => successions.RevokeSupersededAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_an_administrator_does_to_a_device_while_the_answer_gets_lost_is_told_by_the_next_CRL()
    {
        var devices = new DeviceService(new Losing(), _signal, new ClockGuard(_time));
        var caller = new Caller.Administrator("admin");
        Assert.True(DeviceId.TryParse("pump-1", out var device));
        await AskedAsync(() => devices.RevokeAsync(caller, device, RevocationReason.Superseded));
        foreach (var change in Enum.GetValues<DeviceChange>()) await AskedAsync(() => devices.ChangeAsync(caller, device, change, null));
    }

    private async Task AskedAsync(Func<Task> change)
    {
        var issuing = new CrlScope(AuthorityDirectory.IssuingName);
        _signal.Clear(issuing);
        var asked = _signal.WaitAsync(issuing, TimeSpan.FromMinutes(1), _time, TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<StorageUnavailableException>(change);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await asked);
    }

    private sealed class Losing : IRegistrarRevocationStore, ISuccessionStore, IDeviceChangeStore
    {
        private static StorageUnavailableException Lost { get; } = new("The connection broke.") { OutcomeUnknown = true };

        public Task<Outcome<RegistrarChange>> RevokeAsync(
            RevokingRegistrar registrar, SerialNumber serialNumber, RevocationReason reason, DateTimeOffset at, CancellationToken ct) =>
            Task.FromException<Outcome<RegistrarChange>>(Lost);

        public Task<Outcome<CertificateRecord>> ReleaseAsync(
            RevokingRegistrar registrar, SerialNumber serialNumber, DateTimeOffset at, CancellationToken ct) =>
            Task.FromException<Outcome<CertificateRecord>>(Lost);

        public Task<Outcome<ChangedDevice>> RevokeDeviceAsync(
            RevokingRegistrar registrar, DeviceId id, RevocationReason reason, DateTimeOffset at, CancellationToken ct) =>
            Task.FromException<Outcome<ChangedDevice>>(Lost);

        public Task<Outcome<ChangedDevice>> ChangeAsync(
            DeviceId id, DeviceChange change, string? reason, string actor, DateTimeOffset at, CancellationToken ct) =>
            Task.FromException<Outcome<ChangedDevice>>(Lost);

        public Task<Outcome<ChangedDevice>> RevokeAllAsync(
            DeviceId id, RevocationReason reason, string actor, DateTimeOffset at, CancellationToken ct) =>
            Task.FromException<Outcome<ChangedDevice>>(Lost);

        public Task<int> GiveUpUnconfirmedAsync(string group, TimeSpan within, DateTimeOffset at, int limit, CancellationToken ct) =>
            Task.FromException<int>(Lost);

        public Task<(int Seen, IReadOnlyList<string> Authorities)> RevokeSupersededAsync(DateTimeOffset at, int limit, CancellationToken ct) =>
            Task.FromException<(int, IReadOnlyList<string>)>(Lost);
    }
}
