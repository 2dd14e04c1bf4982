using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Est;

/// <summary>
/// A key takes its time, and the connection of who asked may be gone by then without a word: what a later request was given meanwhile, here or by another
/// node, stands.
/// </summary>
public sealed class SlowKeyTests : IAsyncLifetime
{
    private static readonly string[] Credentials = ["token"];

    private readonly ECDsa _like = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        await _server.DefineGroupAsync("plants", new { credentials = Credentials, serverKeys = "allowed", onClone = "quarantine" });
    }

    public ValueTask DisposeAsync()
    {
        _like.Dispose();
        return _server.DisposeAsync();
    }

    // For a device that nobody knows, and for one that has lost an answer already.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task What_another_node_has_answered_meanwhile_stands(int lost)
    {
        var caller = await CallerAsync();
        var (one, other) = (_server.Services.GetRequiredService<EnrollmentService>(), ActivatorUtilities.CreateInstance<EnrollmentService>(_server.Services));
        for (var i = 0; i < lost; i++) Value(await AskAsync(other, caller, new Delivery()));

        var slow = new Delivery { IsHeld = true };
        var late = AskAsync(one, caller, slow);
        await slow.Reached.Task;
        var answered = Value(await AskAsync(other, caller, new Delivery()));
        slow.Release.SetResult();

        Assert.Equal(RefusalCode.RequestInProgress, Assert.IsType<Outcome<IssuedCertificate>.Refused>(await late).Refusal.Code);
        var known = await _server.Instance.Database.Certificates.FindAsync(answered.Record.SerialNumber, TestContext.Current.CancellationToken);
        Assert.Equal(CertificateState.Current, known!.State);
        Assert.True(DeviceId.TryParse("pump-1", out var id));
        var device = await _server.Instance.Database.Devices.FindDeviceAsync(id, TestContext.Current.CancellationToken);
        Assert.Equal(DeviceState.Active, device!.State);
        await EstAudit.IsCleanAsync(_server);
    }

    [Fact]
    public async Task On_one_node_the_second_is_told_that_the_first_is_being_worked_on()
    {
        var caller = await CallerAsync();
        var enrollments = _server.Services.GetRequiredService<EnrollmentService>();
        var slow = new Delivery { IsHeld = true };
        var first = AskAsync(enrollments, caller, slow);
        await slow.Reached.Task;

        var second = Assert.IsType<Outcome<IssuedCertificate>.Refused>(await AskAsync(enrollments, caller, new Delivery()));
        Assert.Equal(RefusalCode.RequestInProgress, second.Refusal.Code);
        slow.Release.SetResult();
        var lost = Value(await first);

        // That answer never arrived. Asked again, it is made up for.
        var made = Value(await AskAsync(enrollments, caller, new Delivery()));
        Assert.NotEqual(lost.Record.SerialNumber, made.Record.SerialNumber);
    }

    [Fact]
    public async Task What_cannot_be_delivered_is_not_issued()
    {
        var caller = await CallerAsync();
        var enrollments = _server.Services.GetRequiredService<EnrollmentService>();
        var cannot = new Refusal(RefusalCode.AuthorityUnavailable, "The key that signs is not there.");

        var refused = Assert.IsType<Outcome<IssuedCertificate>.Refused>(await AskAsync(enrollments, caller, new Delivery { Cannot = cannot }));
        Assert.Equal(cannot, refused.Refusal);
        Value(await AskAsync(enrollments, caller, new Delivery()));
    }

    private static IssuedCertificate Value(Outcome<IssuedCertificate> outcome) =>
        outcome.TryGet(out var issued, out var refusal) ? issued : throw new InvalidOperationException($"{refusal.Code}: {refusal.Detail}");

    private async Task<Caller> CallerAsync()
    {
        var token = await _server.CreateTokenAsync(new { group = "plants" });
        var identified = await _server.Services.GetRequiredService<TokenIdentification>().IdentifyAsync(token, default);
        return identified.TryGet(out var caller, out var refusal) ? caller : throw new InvalidOperationException(refusal.Detail);
    }

    // Asked for with protection, so that it is taken in hand before the key is made: a place to stop at.
    private async Task<Outcome<IssuedCertificate>> AskAsync(EnrollmentService enrollments, Caller caller, Delivery delivery)
    {
        using var key = new ServerKey(delivery, default);
        var request = new CertificateRequest("CN=pump-1", _like, HashAlgorithmName.SHA256);
        request.OtherRequestAttributes.Add(KeyAttributes.Certificate([1, 2, 3]));
        return await enrollments.EnrollAsync(caller, new EnrollmentRequest("pump-1", request.CreateSigningRequest()) { ServerKey = key });
    }

    private sealed class Delivery : IKeyDelivery
    {
        internal bool IsHeld { get; init; }

        internal Refusal? Cannot { get; init; }

        internal TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Refusal? Judge(KeyProtection asked) => null;

        public async ValueTask<Refusal?> PrepareAsync(CancellationToken ct)
        {
            Reached.TrySetResult();
            if (IsHeld) await Release.Task;
            return Cannot;
        }
    }
}
