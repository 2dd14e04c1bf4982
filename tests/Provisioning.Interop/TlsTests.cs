namespace Provisioning.Interop;

/// <summary>What openssl, which still speaks what nobody should, gets from the TLS listener (rows H-18 and H-20).</summary>
public sealed class TlsTests
{
    private const string GoodSuite = "ECDHE-ECDSA-AES128-GCM-SHA256";

    // What is served under TLS 1.2 to a client that takes an ECDSA or RSA certificate; everything else that openssl has must be refused.
    private static readonly string[] Served =
    [
        GoodSuite, "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-CCM", "ECDHE-ECDSA-AES256-CCM",
        "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305",
    ];

    [Fact]
    public async Task H_18_old_versions_and_suites_without_authenticated_encryption_or_forward_secrecy_are_refused()
    {
        await using var server = await ServerProcess.StartAsync();
        var good = await ConnectAsync(server, "-tls1_2", "-cipher", GoodSuite);
        Assert.Contains($"New, TLSv1.2, Cipher is {GoodSuite}", good.Output, StringComparison.Ordinal);

        foreach (var version in new[] { "-tls1", "-tls1_1" })
        {
            Assert.NotEmpty(await OfferedAsync(version));
            var old = await ConnectAsync(server, version, "-cipher", "ALL:@SECLEVEL=0");
            Assert.Contains("alert protocol version", old.Error, StringComparison.Ordinal);
        }

        var refused = (await OfferedAsync("-tls1_2")).Except(Served).ToList();
        Assert.Contains("ECDHE-ECDSA-AES128-SHA", refused);
        Assert.Contains("ECDHE-ECDSA-NULL-SHA", refused);
        foreach (var suite in refused)
        {
            // The alert comes from the server: so the client did offer the suite, and nothing beside it.
            var one = await ConnectAsync(server, "-tls1_2", "-cipher", $"{suite}:@SECLEVEL=0");
            Assert.True(one.Error.Contains("alert handshake failure", StringComparison.Ordinal), $"{suite}\n{one.Output}\n{one.Error}");
        }

        Assert.DoesNotContain("fail:", server.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tls1_2", "TLSv1.2")]
    [InlineData("-tls1_3", "TLSv1.3")]
    public async Task H_20_there_is_no_session_to_resume(string version, string name)
    {
        await using var server = await ServerProcess.StartAsync();
        var session = Path.Combine(server.DataDirectory, "session.pem");

        var first = await ConnectAsync(server, [version, .. Credential(server), "-sess_out", session]);
        Assert.Contains($"New, {name}", first.Output, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200", first.Output, StringComparison.Ordinal);

        // Under TLS 1.3 OpenSSL names two sessions even where it remembers none, and the platform has no switch for that. A client may try.
        if (version == "-tls1_2") Assert.DoesNotContain("session ticket", first.Output, StringComparison.OrdinalIgnoreCase);
        else Assert.True(File.Exists(session), "There is nothing to try to resume.");
        string[] resumed = File.Exists(session) ? ["-sess_in", session] : [];
        var second = await ConnectAsync(server, [version, .. Credential(server), .. resumed]);
        Assert.Contains($"New, {name}", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Reused", second.Output, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200", second.Output, StringComparison.Ordinal);
    }

    private static string[] Credential(ServerProcess server) =>
        ["-cert", server.Credential("factory-line.pem"), "-key", server.Credential("factory-line.key")];

    private static async Task<string[]> OfferedAsync(string version) =>
        (await Tool.CheckAsync("openssl", "ciphers", "-s", version, "ALL:eNULL:@SECLEVEL=0")).Trim()
            .Split(':').Where(suite => !suite.StartsWith("TLS_", StringComparison.Ordinal)).ToArray();

    // Asks something and reads until the server closes, so that a ticket which follows the handshake is seen, too.
    private static Task<Tool> ConnectAsync(ServerProcess server, params string[] arguments) => Tool.RunAsync(
        "openssl",
        ["s_client", "-connect", $"localhost:{server.HttpsPort}", "-CAfile", server.Pki("root.pem"), "-ign_eof", .. arguments],
        "GET /api/v1/self HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
}
