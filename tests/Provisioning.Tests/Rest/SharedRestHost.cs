namespace Provisioning.Tests.Rest;

/// <summary>One host for the tests of a class, which run one after the other.</summary>
public sealed class SharedRestHost : IAsyncLifetime
{
    internal RestHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await RestHost.StartAsync();

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
