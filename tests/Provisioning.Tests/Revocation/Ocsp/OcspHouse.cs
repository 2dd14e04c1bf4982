using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Provisioning.Core.Authorities;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation.Ocsp;
using Provisioning.Server.Configuration;
using Provisioning.Tests.Server;

namespace Provisioning.Tests.Revocation.Ocsp;

/// <summary>A whole service whose clock a test moves, and beside its own responder another one whose registry can fail.</summary>
internal sealed class OcspHouse : IAsyncDisposable
{
    private OcspHouse(TestServer server, FakeTimeProvider time, OcspOptions options)
    {
        Server = server;
        Time = time;
        Options = options;
        Registry = new FailingStatuses(server.Instance.Database.CertificateStatuses);
        Signers = server.Services.GetRequiredService<OcspSigners>();
        Responder = new OcspResponder(
            Registry, Signers, server.Authorities, options, server.Instance.Clock, time, NullLogger<OcspResponder>.Instance);
    }

    internal TestServer Server { get; }

    internal FakeTimeProvider Time { get; }

    internal OcspOptions Options { get; }

    internal FailingStatuses Registry { get; }

    internal OcspSigners Signers { get; }

    internal OcspResponder Responder { get; }

    internal Authority Issuing => Server.Authorities.Issuing;

    internal static async Task<OcspHouse> StartAsync(OcspOptions? options = null, string? directory = null, Action<ServerOptions>? configure = null)
    {
        // In whole seconds, so that what is signed carries the time of the test.
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds()));
        return new OcspHouse(await TestServer.StartAsync(configure, time, directory), time, options ?? new OcspOptions());
    }

    internal async Task<SerialNumber> EnrollAsync(string id)
    {
        var device = await Server.NewDevice(id).EnrollAsync(Server.Registrar());
        return SerialOf(device.SerialNumber);
    }

    internal static SerialNumber SerialOf(string text) =>
        SerialNumber.TryParse(text, out var serialNumber) ? serialNumber : throw new FormatException(text);

    internal async Task<JsonElement> RevokeAsync(SerialNumber serialNumber, string reason)
    {
        using var answer = await Server.Administrator().PostAsJsonAsync($"/api/v1/certificates/{serialNumber}/revocation", new { reason });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    internal async Task ReleaseAsync(SerialNumber serialNumber)
    {
        using var answer = await Server.Administrator().DeleteAsync($"/api/v1/certificates/{serialNumber}/revocation");
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>What is answered, unverified.</summary>
    internal async Task<OcspReply> AskAsync(byte[] request)
    {
        var answer = await Responder.AnswerAsync(request, TestContext.Current.CancellationToken);
        var reply = OcspReply.Read(answer.Octets);
        Assert.Equal((int)answer.Status, reply.Status);
        return reply;
    }

    /// <summary>What is said of one certificate, verified.</summary>
    internal async Task<OcspReply.Single> AskAsync(SerialNumber serialNumber) =>
        (await AskAsync(OcspRequests.About(Issuing, serialNumber))).Verified(Issuing, Time.GetUtcNow()).Only;

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
