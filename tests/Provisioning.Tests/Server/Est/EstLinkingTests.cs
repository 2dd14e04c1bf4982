using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Tests.Certificates;
using Provisioning.Tests.Server.Credentials;

namespace Provisioning.Tests.Server.Est;

/// <summary>Requests that are bound to the TLS session that they come over (RFC 7030 §3.5; row E-10).</summary>
public sealed class EstLinkingTests : IAsyncLifetime
{
    private static readonly string[] Credentials = ["registrar", "token"];

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private TestServer _server = null!;
    private X509Certificate2 _line = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _line = _server.Credential("factory-line");
        await _server.DefineGroupAsync("pumps", new { credentials = Credentials, linking = "required", renewal = new { early = "allowed" } });
        await _server.DefineGroupAsync("fans", new { credentials = Credentials });
    }

    public ValueTask DisposeAsync()
    {
        _key.Dispose();
        _line.Dispose();
        return _server.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task E_10_a_request_with_the_tls_unique_of_its_session_is_granted(bool byToken)
    {
        var password = byToken ? await _server.CreateTokenAsync(new { group = "pumps" }) : null;
        await using var connection = await WireConnection.OpenAsync(_server, byToken ? null : _line);

        var enrolled = await connection.AskAsync(Post(EstCalls.Enroll, Request("pump-1", Utf8(connection.Unique())), password));

        Assert.True(enrolled.Status == 200, enrolled.Body);
        var device = _server.NewDevice("pump-1");
        device.Take(Assert.Single(EstCalls.Certificates(enrolled.Body)), _key);

        // And the renewal, with the certificate on a session of its own.
        await using var next = await WireConnection.OpenAsync(_server, device.Certificate);
        Assert.False(connection.Unique().AsSpan().SequenceEqual(next.Unique()));
        await AssertRefusedAsync(next, Post(EstCalls.Reenroll, Request("pump-1", Utf8(connection.Unique()))), "another TLS session");
        Assert.Equal(200, (await next.AskAsync(Post(EstCalls.Reenroll, Request("pump-1", Utf8(next.Unique()))))).Status);
    }

    [Fact]
    public async Task E_10_an_absent_a_wrong_and_another_sessions_challengePassword_are_400()
    {
        await using var connection = await WireConnection.OpenAsync(_server, _line);
        await using var other = await WireConnection.OpenAsync(_server, _line);
        var unique = connection.Unique();
        var wrong = (byte[])unique.Clone();
        wrong[^1] ^= 1;

        await AssertRefusedAsync(connection, Post(EstCalls.Enroll, Request("pump-1", null)), "put tls-unique");
        await AssertRefusedAsync(connection, Post(EstCalls.Enroll, Request("pump-1", Der.Utf8("hunter2"))), "put tls-unique");
        await AssertRefusedAsync(connection, Post(EstCalls.Enroll, Request("pump-1", Der.Utf8(Convert.ToHexString(unique)))), "put tls-unique");
        await AssertRefusedAsync(connection, Post(EstCalls.Enroll, Request("pump-1", Utf8(wrong))), "another TLS session");
        await AssertRefusedAsync(connection, Post(EstCalls.Enroll, Request("pump-1", Utf8(other.Unique()))), "another TLS session");
        await AssertRefusedAsync(connection, Post(EstCalls.Enroll, Request("pump-1", Utf8(unique[..^1]))), "put tls-unique");

        // The connection is as good as before.
        Assert.Equal(200, (await connection.AskAsync(Post(EstCalls.Enroll, Request("pump-1", Utf8(unique))))).Status);
    }

    [Fact]
    public async Task E_10_TLS_1_3_has_nothing_to_bind_to_and_says_so()
    {
        await using var old = await WireConnection.OpenAsync(_server, _line);
        await using var connection = await WireConnection.OpenAsync(_server, _line, SslProtocols.Tls13);

        await AssertRefusedAsync(connection, Post(EstCalls.Enroll, Request("pump-1", null)), "TLS 1.2");
        await AssertRefusedAsync(connection, Post(EstCalls.Enroll, Request("pump-1", Utf8(old.Unique()))), "TLS 1.2");
    }

    [Fact]
    public async Task E_10_the_REST_API_has_no_place_for_it_and_says_so() => await Problem.IsAsync(
        await _server.Registrar().EnrollAsync("pump-1", _key, new { group = "pumps" }), HttpStatusCode.UnprocessableEntity, "channel-binding");

    [Fact]
    public async Task Where_it_is_optional_another_sessions_is_refused_and_any_other_password_is_nobodys_concern()
    {
        await using var connection = await WireConnection.OpenAsync(_server, _line);
        await using var other = await WireConnection.OpenAsync(_server, _line);

        await AssertRefusedAsync(connection, Post(EstCalls.Enroll, Request("fan-1", Utf8(other.Unique())), group: "fans"), "another TLS session");
        var i = 0;
        foreach (var password in new[] { null, Der.Utf8("hunter2"), Der.Utf8("AAAA"), Utf8(connection.Unique()) })
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = password is null
                ? EstCalls.Request(key, Der.Name(Der.Utf8($"fan-{i}")))
                : EstCalls.Request(key, $"fan-{i}", password);
            var answer = await connection.AskAsync(Post(EstCalls.Enroll, request, group: "fans"));
            Assert.True(answer.Status == 200, $"{i}: {answer.Body}");
            i++;
        }
    }

    // What the GlobalSign client sends of itself over TLS 1.2: its base64 ends each line, the last one too.
    [Theory]
    [InlineData("pumps")]
    [InlineData("fans")]
    public async Task The_base64_of_tls_unique_may_end_with_a_line_break(string group)
    {
        await using var connection = await WireConnection.OpenAsync(_server, _line);

        var answer = await connection.AskAsync(Post(
            EstCalls.Enroll, Request("dev-1", Der.Utf8(Convert.ToBase64String(connection.Unique()) + "\r\n")), group: group));

        Assert.True(answer.Status == 200, answer.Body);
    }

    // libest writes a PrintableString, which has every character of base64.
    [Fact]
    public async Task The_base64_of_tls_unique_may_be_a_PrintableString()
    {
        await using var connection = await WireConnection.OpenAsync(_server, _line);

        var answer = await connection.AskAsync(Post(
            EstCalls.Enroll, Request("pump-1", Der.Printable(Convert.ToBase64String(connection.Unique())))));

        Assert.True(answer.Status == 200, answer.Body);
    }

    // The GlobalSign client binds each request over TLS 1.2, asked to or not, and asks again on another connection.
    [Theory]
    [InlineData("optional")]
    [InlineData("required")]
    public async Task Who_waits_for_an_administrator_binds_each_request_anew_and_means_the_same(string linking)
    {
        await _server.DefineGroupAsync("slow", new { credentials = Credentials, approval = "manual", linking });
        await using (var first = await WireConnection.OpenAsync(_server, _line))
            Assert.Equal(202, (await first.AskAsync(Post(EstCalls.Enroll, Request("pump-1", Utf8(first.Unique())), group: "slow"))).Status);
        await using (var second = await WireConnection.OpenAsync(_server, _line))
            Assert.Equal(202, (await second.AskAsync(Post(EstCalls.Enroll, Request("pump-1", Utf8(second.Unique())), group: "slow"))).Status);
        Assert.Equal(1, (await _server.GetAsync("/api/v1/approvals?state=pending")).GetProperty("items").GetArrayLength());
        await EstApprovalTests.DecideAsync(_server, approve: true);

        await using var third = await WireConnection.OpenAsync(_server, _line);
        var answer = await third.AskAsync(Post(EstCalls.Enroll, Request("pump-1", Utf8(third.Unique())), group: "slow"));
        Assert.True(answer.Status == 200, answer.Body);
    }

    [Fact]
    public async Task csrattrs_asks_for_challengePassword_where_it_is_required()
    {
        var challengePassword = Der.Oid("1.2.840.113549.1.9.7");
        foreach (var (group, asks) in new[] { ("pumps", true), ("fans", false) })
        {
            var told = Convert.FromBase64String(await _server.Anonymous().GetStringAsync(EstCalls.At("csrattrs", group)));
            Assert.Equal(asks, told.AsSpan().IndexOf(challengePassword) >= 0);
        }
    }

    private static byte[] Utf8(byte[] unique) => Der.Utf8(Convert.ToBase64String(unique));

    private byte[] Request(string name, byte[]? password) => password is null
        ? EstCalls.Request(_key, Der.Name(Der.Utf8(name)))
        : EstCalls.Request(_key, name, password);

    private static string Post(string operation, byte[] request, string? token = null, string? group = null)
    {
        var body = Convert.ToBase64String(request);
        var authorization = token is null ? "" : $"Authorization: {EstCalls.Basic("device", token)}\r\n";
        var label = operation == EstCalls.Reenroll ? null : group ?? "pumps";
        return $"POST {EstCalls.At(operation, label)} HTTP/1.1\r\nHost: localhost\r\n{authorization}"
            + $"Content-Type: application/pkcs10\r\nContent-Length: {body.Length}\r\n\r\n{body}";
    }

    private static async Task AssertRefusedAsync(WireConnection connection, string request, string detail)
    {
        var answer = await connection.AskAsync(request);
        Assert.True(answer.Status == 400, answer.Body);
        Assert.StartsWith("channel-binding: ", answer.Body, StringComparison.Ordinal);
        Assert.Contains(detail, answer.Body, StringComparison.Ordinal);
    }
}
