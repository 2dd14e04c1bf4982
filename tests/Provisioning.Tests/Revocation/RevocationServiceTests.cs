using System.Diagnostics.Metrics;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;

namespace Provisioning.Tests.Revocation;

public sealed class RevocationServiceTests : IDisposable
{
    private static readonly Caller Admin = new Caller.Administrator("alice");

    private readonly CrlHouse _house = new();
    private readonly RevocationService _service;

    public RevocationServiceTests() => _service = new RevocationService(
        _house.Store, new CertificateRows(_house.Store), _house.Authorities, _house.Signal, new ClockGuard(_house.Time));

    public static TheoryData<string> Others => ["registrar", "device", "service"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _house.Dispose();

    [Fact]
    public async Task An_administrator_revokes_and_the_CRL_is_asked_for()
    {
        var row = Add();
        var now = Expect(await _service.RevokeAsync(Admin, row.SerialNumber, RevocationReason.KeyCompromise, Ct));
        Assert.Equal(CertificateState.Revoked, now.State);
        Assert.Equal(_house.Time.GetUtcNow(), now.RevokedAt);
        Assert.True(await IsRaisedAsync());
    }

    [Fact]
    public async Task A_hold_is_released_and_only_a_hold()
    {
        var row = Add();
        await _service.RevokeAsync(Admin, row.SerialNumber, RevocationReason.CertificateHold, Ct);
        _house.Signal.Clear(new CrlScope("issuing"));
        Assert.Equal(CertificateState.Current, Expect(await _service.ReleaseAsync(Admin, row.SerialNumber, Ct)).State);
        Assert.True(await IsRaisedAsync());
        Assert.Equal(RefusalCode.NotOnHold, Refusal(await _service.ReleaseAsync(Admin, row.SerialNumber, Ct)));
    }

    [Theory]
    [MemberData(nameof(Others))]
    public async Task Nobody_but_an_administrator_revokes_or_releases(string who)
    {
        Assert.True(DeviceId.TryParse("unit-1", out var id));
        var row = Add();
        Caller caller = who switch
        {
            "registrar" => new Caller.Registrar("factory-line"),
            "device" => new Caller.Device(id, SerialNumber.NewRandom()),
            _ => new Caller.Service(),
        };
        Assert.Equal(RefusalCode.NotAllowed,
            Refusal(await _service.RevokeAsync(caller, row.SerialNumber, RevocationReason.Superseded, Ct)));
        Assert.Equal(RefusalCode.NotAllowed, Refusal(await _service.ReleaseAsync(caller, row.SerialNumber, Ct)));

        // Nor do they learn what exists.
        Assert.Equal(RefusalCode.NotAllowed,
            Refusal(await _service.RevokeAsync(caller, SerialNumber.NewRandom(), RevocationReason.Superseded, Ct)));
        Assert.Equal(row, _house.Store.Find(row.SerialNumber));
        Assert.False(await IsRaisedAsync());
    }

    [Fact]
    public async Task A_device_revokes_what_it_shows_and_releases_nothing()
    {
        Assert.True(DeviceId.TryParse("unit-1", out var id));
        var row = Add();
        var caller = new Caller.Device(id, row.SerialNumber);
        Assert.Equal(RefusalCode.NotAllowed, Refusal(await _service.ReleaseAsync(caller, row.SerialNumber, Ct)));
        Assert.Equal(RefusalCode.BadReason, Refusal(await _service.RevokeAsync(caller, row.SerialNumber, RevocationReason.CertificateHold, Ct)));
        Assert.Equal(CertificateState.Revoked, Expect(await _service.RevokeAsync(caller, row.SerialNumber, RevocationReason.Superseded, Ct)).State);
    }

    [Fact]
    public async Task An_unknown_serial_number_is_not_found() => Assert.Equal(RefusalCode.NotFound,
        Refusal(await _service.RevokeAsync(Admin, SerialNumber.NewRandom(), RevocationReason.Superseded, Ct)));

    [Fact]
    public async Task An_authority_is_not_revoked_by_this_call()
    {
        var row = Add(CertificateRows.NewRow("root", HolderKind.Authority));
        Assert.Equal(RefusalCode.NotAllowed,
            Refusal(await _service.RevokeAsync(Admin, row.SerialNumber, RevocationReason.CaCompromise, Ct)));
    }

    [Fact]
    public async Task A_certificate_of_an_authority_without_a_CRL_here_is_not_revoked()
    {
        var row = Add(CertificateRows.NewRow("elsewhere"));
        Assert.Equal(RefusalCode.NotAllowed,
            Refusal(await _service.RevokeAsync(Admin, row.SerialNumber, RevocationReason.Superseded, Ct)));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(11)]
    [InlineData(-1)]
    public async Task R_10_a_reason_that_is_none_is_refused(int reason) => Assert.Equal(RefusalCode.BadReason,
        Refusal(await _service.RevokeAsync(Admin, Add().SerialNumber, (RevocationReason)reason, Ct)));

    [Fact]
    public async Task Revocations_are_counted_by_reason_and_repetitions_are_not()
    {
        // The meter is the process's: only what this test revokes has this reason.
        var counted = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument is { Name: "provisioning.revocations", Meter.Name: "Provisioning.Core" })
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            foreach (var tag in tags)
                if (tag is { Key: "reason", Value: "affiliationChanged" }) Interlocked.Add(ref counted, value);
        });
        listener.Start();

        var row = Add();
        for (var i = 0; i < 2; i++)
            Expect(await _service.RevokeAsync(Admin, row.SerialNumber, RevocationReason.AffiliationChanged, Ct));
        Assert.Equal(1, counted);
    }

    private static CertificateRecord Expect(Outcome<CertificateRecord> outcome) =>
        Assert.IsType<Outcome<CertificateRecord>.Success>(outcome).Value;

    private static RefusalCode Refusal(Outcome<CertificateRecord> outcome) =>
        Assert.IsType<Outcome<CertificateRecord>.Refused>(outcome).Refusal.Code;

    private CertificateRecord Add(CertificateRecord? row = null)
    {
        row ??= CertificateRows.NewRow();
        _house.Store.Add(row);
        return row;
    }

    private async Task<bool> IsRaisedAsync()
    {
        var waiting = _house.Signal.WaitAsync(new CrlScope("issuing"), TimeSpan.FromSeconds(1), _house.Time, Ct);
        _house.Time.Advance(TimeSpan.FromSeconds(1));
        return await waiting;
    }
}
