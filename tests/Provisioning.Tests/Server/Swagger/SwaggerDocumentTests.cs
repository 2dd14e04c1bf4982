using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Provisioning.Server.Swagger;
using Swashbuckle.AspNetCore.Swagger;

namespace Provisioning.Tests.Server.Swagger;

public sealed class SwaggerDocumentTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_failure_is_not_kept_and_what_was_made_is_made_once()
    {
        var provider = new ProviderThatFailsFirst();
        await using var services = new ServiceCollection().AddSingleton<IAsyncSwaggerProvider>(provider).BuildServiceProvider();
        using var document = new SwaggerDocument(services.GetRequiredService<IServiceScopeFactory>());

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await document.GetYamlAsync(Ct));
        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => document.GetYamlAsync(Ct).AsTask()));

        Assert.All(all, one => Assert.Same(all[0], one));
        Assert.Contains("title: made", System.Text.Encoding.UTF8.GetString(all[0]), StringComparison.Ordinal);
        Assert.Equal(2, provider.Asked);
    }

    private sealed class ProviderThatFailsFirst : IAsyncSwaggerProvider
    {
        internal int Asked { get; private set; }

        public async Task<OpenApiDocument> GetSwaggerAsync(string documentName, string? host = null, string? basePath = null)
        {
            await Task.Yield();
            Asked++;
            if (Asked == 1) throw new InvalidOperationException("no memory left, say");
            return new OpenApiDocument { Info = new OpenApiInfo { Title = "made", Version = documentName }, Paths = [] };
        }
    }
}
