using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;

namespace Provisioning.Server.Swagger;

/// <summary>The description, made at the first request for it and then kept: it is the same for everybody.</summary>
internal sealed class SwaggerDocument(IServiceScopeFactory scopes)
{
    /// <summary>The version of the API that it describes.</summary>
    internal const string Name = "v1";

    /// <summary>Where the page finds it.</summary>
    internal const string JsonPath = "/swagger/v1/swagger.json";

    private readonly Lazy<Task<byte[]>> _yaml = new(() => WriteAsync(scopes, OpenApiConstants.Yaml));
    private readonly Lazy<Task<byte[]>> _json = new(() => WriteAsync(scopes, OpenApiConstants.Json));

    internal Task<byte[]> GetYamlAsync() => _yaml.Value;

    internal Task<byte[]> GetJsonAsync() => _json.Value;

    private static async Task<byte[]> WriteAsync(IServiceScopeFactory scopes, string format)
    {
        await using var scope = scopes.CreateAsyncScope();
        var document = await scope.ServiceProvider.GetRequiredService<IAsyncSwaggerProvider>().GetSwaggerAsync(Name);
        using var written = new MemoryStream();
        await document.SerializeAsync(written, OpenApiSpecVersion.OpenApi3_1, format, CancellationToken.None);
        return written.ToArray();
    }
}
