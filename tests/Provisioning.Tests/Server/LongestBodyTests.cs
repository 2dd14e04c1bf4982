using System.Net;
using System.Net.Http.Json;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server;

/// <summary>The most that an operation says it takes, it takes; and who sends more is told how much that is.</summary>
public sealed class LongestBodyTests
{
    [Fact]
    public async Task Five_hundred_requests_for_approval_are_decided_at_once()
    {
        await using var server = await TestServer.StartAsync();
        var ids = Enumerable.Range(0, 500).Select(i => $"{i:X32}");
        using var answer = await server.Administrator().PostAsJsonAsync("/api/v1/approvals/decisions", new { approve = true, ids });
        Assert.Equal(500, (await CredentialCalls.BodyAsync(answer)).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_scope_of_a_hundred_patterns_of_200_characters_is_taken()
    {
        await using var server = await TestServer.StartAsync();
        var deviceIdPatterns = Enumerable.Range(0, 100).Select(i => $"{i:D3}".PadRight(200, 'x'));
        using var answer = await server.Administrator().ReplaceAsync("/api/v1/principals/factory-line/scope", new { deviceIdPatterns });
        await CredentialCalls.BodyAsync(answer);
    }

    [Theory]
    [InlineData("/api/v1/enrollments", 16 * 1024)]
    [InlineData("/api/v1/approvals/decisions", 1024 * 1024)]
    public async Task H_12_who_sends_too_much_without_saying_so_is_told_how_much_is_read(string path, int most)
    {
        await using var server = await TestServer.StartAsync();
        var content = new PushContent("application/json");
        content.Push(new string(' ', most + 1));
        content.End();
        using var answer = await server.Administrator().PostAsync(path, content);
        var problem = await Problem.OfAsync(answer, (int)HttpStatusCode.RequestEntityTooLarge, "too-large");
        Assert.Equal($"At most {most} octets are read.", problem.GetProperty("detail").GetString());
    }
}
