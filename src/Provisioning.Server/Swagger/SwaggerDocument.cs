using System.Collections.Concurrent;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;

namespace Provisioning.Server.Swagger;

/// <summary>
/// The description, made at the first request for it and then kept: it is the same for everybody. What failed is not kept, and made
/// again for the next who asks.
/// </summary>
internal sealed class SwaggerDocument(IServiceScopeFactory scopes) : IDisposable
{
    /// <summary>The version of the API that it describes.</summary>
    internal const string Name = "v1";

    /// <summary>Where the page finds it.</summary>
    internal const string JsonPath = "/swagger/v1/swagger.json";

    private readonly SemaphoreSlim _one = new(1);
    private readonly ConcurrentDictionary<string, byte[]> _made = new();

    internal ValueTask<byte[]> GetYamlAsync(CancellationToken ct) => GetAsync(OpenApiConstants.Yaml, ct);

    internal ValueTask<byte[]> GetJsonAsync(CancellationToken ct) => GetAsync(OpenApiConstants.Json, ct);

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private async ValueTask<byte[]> GetAsync(string format, CancellationToken ct)
    {
        if (_made.TryGetValue(format, out var made)) return made;

        // It costs a second or so of a processor: not for everybody at once who comes while it is made.
        await _one.WaitAsync(ct);
        try
        {
            if (!_made.TryGetValue(format, out made)) _made[format] = made = await WriteAsync(format);
            return made;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<byte[]> WriteAsync(string format)
    {
        await using var scope = scopes.CreateAsyncScope();
        var document = await scope.ServiceProvider.GetRequiredService<IAsyncSwaggerProvider>().GetSwaggerAsync(Name);
        using var written = new MemoryStream();
        await document.SerializeAsync(written, OpenApiSpecVersion.OpenApi3_1, format, CancellationToken.None);
        return written.ToArray();
    }
}
