using System.Security.Cryptography.X509Certificates;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Est;

/// <summary>
/// A server with the group <c>pumps</c>, which takes every kind of credential, lets its devices renew whenever they want, and makes keys for them;
/// one for all tests of a class.
/// </summary>
public sealed class EstHouse : IAsyncLifetime
{
    internal const string Group = "pumps";

    private static readonly string[] Credentials = ["registrar", "administrator", "token", "claim", "birth"];

    internal TestServer Server { get; private set; } = null!;

    internal HttpClient Registrar { get; private set; } = null!;

    /// <summary>A device that nobody has heard of.</summary>
    internal TestDevice NewDevice() => Server.NewDevice($"pump-{Guid.NewGuid():N}");

    /// <summary>A client that may enroll so many devices into the group.</summary>
    internal async Task<HttpClient> WithTokenAsync(int uses = 1, X509Certificate2? certificate = null) =>
        Server.WithPassword(await Server.CreateTokenAsync(new { group = Group, uses }), certificate);

    public async ValueTask InitializeAsync()
    {
        Server = await TestServer.StartAsync();
        Registrar = Server.Registrar();
        await Server.DefineGroupAsync(Group, new { credentials = Credentials, serverKeys = "allowed", renewal = new { early = "allowed" } });
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
