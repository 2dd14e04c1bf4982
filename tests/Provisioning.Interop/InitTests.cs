using System.Security.Cryptography.X509Certificates;

namespace Provisioning.Interop;

/// <summary>How a production directory is made, and what is refused outside Development.</summary>
public sealed class InitTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("provisioning-init-").FullName;

    private string Data => Path.Combine(_folder, "data");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Outside_Development_an_empty_directory_is_refused_with_the_command_to_run()
    {
        var run = await ServerAsync();

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("init", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_passphrase_nothing_is_made()
    {
        var run = await Tool.RunAsync("dotnet", [Program, "init"], environment: Environment("Provisioning__Passphrase", ""));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Provisioning__PassphraseFile", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Init_makes_a_directory_once_and_a_credential_anew_as_often_as_asked()
    {
        Assert.Equal(0, (await ServerAsync("init")).ExitCode);
        var again = await ServerAsync("init");
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("already", again.Error, StringComparison.Ordinal);

        var first = await File.ReadAllTextAsync(Path.Combine(Data, "credentials", "admin.pem"));
        Assert.Equal(0, (await ServerAsync("init", "--credential", "admin")).ExitCode);

        Assert.NotEqual(first, await File.ReadAllTextAsync(Path.Combine(Data, "credentials", "admin.pem")));
        var audit = await ServerAsync("audit");
        Assert.True(audit.ExitCode == 0, audit.Output + audit.Error);
    }

    [Fact]
    public async Task An_offline_root_made_by_openssl_signs_the_request_and_is_taken_in()
    {
        await OpensslAsync("req", "-x509", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-keyout", "root.key",
            "-out", "root.pem", "-days", "3650", "-subj", "/CN=Example Root", "-addext", "keyUsage=critical,keyCertSign,cRLSign");
        var request = await ServerAsync("init", "--request");
        Assert.True(request.ExitCode == 0, request.Error);
        await File.WriteAllTextAsync(Path.Combine(_folder, "issuing.cnf"), """
            basicConstraints = critical, CA:TRUE, pathlen:0
            keyUsage = critical, keyCertSign, cRLSign
            subjectKeyIdentifier = hash
            authorityKeyIdentifier = keyid
            """);
        await SignAsync("issuing", 0x4711);

        var taken = await ServerAsync("init", "--root", At("root.pem"), "--issuing", At("issuing.pem"));

        Assert.True(taken.ExitCode == 0, taken.Error);
        using var admin = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(Path.Combine(Data, "credentials", "admin.pem")));
        await OpensslAsync("verify", "-x509_strict", "-CAfile", "root.pem", "-untrusted", "issuing.pem", Path.Combine(Data, "credentials", "admin.pem"));
        Assert.False(File.Exists(Path.Combine(Data, "pki", "root.key")));

        // The same root signs the next generation, for a request of its own.
        var noKey = await ServerAsync("rollover", "--to", "2");
        Assert.Equal(1, noKey.ExitCode);
        Assert.Contains("--request", noKey.Error, StringComparison.Ordinal);
        var both = await ServerAsync("rollover", "--to", "2", "--request", "--issuing", At("issuing.pem"));
        Assert.Equal(1, both.ExitCode);
        Assert.Contains("two steps", both.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await ServerAsync("rollover", "--to", "2", "--request")).ExitCode);
        await SignAsync("issuing-2", 0x4712);
        var other = await ServerAsync("rollover", "--to", "2", "--issuing", At("issuing.pem"));
        Assert.Equal(1, other.ExitCode);
        Assert.Contains("does not belong to the issuing key", other.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("issuing-2", (await ServerAsync("rollover")).Output, StringComparison.Ordinal);
        var next = await ServerAsync("rollover", "--to", "2", "--issuing", At("issuing-2.pem"));
        Assert.True(next.ExitCode == 0, next.Error);
        Assert.Matches("issuing-2 .* signs", (await ServerAsync("rollover")).Output);

        // An init that goes on, for a credential that is missing, tells of the generation that signs.
        File.Delete(Path.Combine(Data, "credentials", "admin.p12"));
        Assert.Contains(Path.Combine(Data, "pki", "issuing-2.pem") + "   CN=", (await ServerAsync("init")).Output, StringComparison.Ordinal);
        var audit = await ServerAsync("audit");
        Assert.True(audit.ExitCode == 0, audit.Output + audit.Error);
    }

    [Fact]
    public async Task A_root_that_did_not_sign_the_issuing_certificate_is_refused()
    {
        foreach (var name in new[] { "root", "other" })
        {
            await OpensslAsync("req", "-x509", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key",
                "-out", name + ".pem", "-days", "3650", "-subj", "/CN=Example Root", "-addext", "keyUsage=critical,keyCertSign,cRLSign");
        }

        var refused = await ServerAsync("init", "--root", At("root.pem"), "--issuing", At("other.pem"));

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("did not sign", refused.Error, StringComparison.Ordinal);
    }

    private Task SignAsync(string name, int serialNumber) => OpensslAsync(
        "x509", "-req", "-days", "1000", "-in", Path.Combine(Data, "pki", name + ".csr"), "-CA", "root.pem", "-CAkey", "root.key",
        "-set_serial", $"{serialNumber}", "-extfile", "issuing.cnf", "-out", name + ".pem");

    private static string Program => Repository.Program("Provisioning.Server", "Provisioning.Server");

    private Dictionary<string, string> Environment(string key, string value) => new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        ["Provisioning__DataDirectory"] = Data,
        ["Provisioning__ListenAddress"] = "127.0.0.1",
        [key] = value,
    };

    private string At(string file) => Path.Combine(_folder, file);

    private Task<Tool> ServerAsync(params string[] arguments) =>
        Tool.RunAsync("dotnet", [Program, .. arguments], environment: Environment("Provisioning__Passphrase", "correct horse battery staple"));

    private async Task OpensslAsync(params string[] arguments)
    {
        var run = await Tool.RunAsync("openssl", arguments, workingDirectory: _folder);
        Assert.True(run.ExitCode == 0, run.Error);
    }
}
