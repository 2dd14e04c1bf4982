using System.Text.Json;
using Provisioning.Cli;

namespace Provisioning.Tests.Cli;

public sealed class CommandLineTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "Required command was not provided.")]
    [InlineData("enrol pump-1", "'enrol'")]
    [InlineData("enroll", "Required argument missing")]
    [InlineData("enroll a/../b --ca {file}", "1 to 64")]
    [InlineData("enroll -- -pump", "1 to 64")]
    [InlineData("enroll pump-1", "not known whom to trust")]
    [InlineData("enroll pump-1 --attribute batch --ca {file}", "NAME=VALUE")]
    [InlineData("enroll pump-1 --attribute a=1 --attribute a=2 --ca {file}", "given twice")]
    [InlineData("enroll pump-1 --key-algorithm dsa", "none of the values of --key-algorithm")]
    [InlineData("enroll pump-1 --csr {file} --key-algorithm p256", "exclude each other")]
    [InlineData("enroll pump-1 --csr {file} --ca {file}", "PEM")]
    [InlineData("devices --ca {file}", "no certificate in PEM")]
    [InlineData("devices --ca /nowhere", "no file '/nowhere'")]
    [InlineData("devices --url http://localhost:8443 --ca {file}", "begins with https://")]
    [InlineData("devices --url localhost --ca {file}", "begins with https://")]
    [InlineData("devices --key {file} --ca {file}", "--key needs --cert")]
    [InlineData("devices --p12 {file} --cert {file} --ca {file}", "either --p12 or --cert")]
    [InlineData("devices --limit 0", "from 1")]
    [InlineData("devices --state asleep", "none of the values of --state")]
    [InlineData("devices --timeout 0", "above 0")]
    [InlineData("devices show", "Required argument missing")]
    [InlineData("enroll pump-1 --batch {file}", "either one DEVICE or a --batch")]
    [InlineData("enroll --batch {file} --force", "--force is for one DEVICE")]
    [InlineData("enroll pump-1 --results {file}", "--results is for a --batch")]
    [InlineData("enroll --batch /nowhere", "no list '/nowhere'")]
    [InlineData("import {file}", "--id")]
    [InlineData("import /nowhere --id first", "no file '/nowhere'")]
    [InlineData("export devices --format xml", "ndjson or csv")]
    [InlineData("lots create PO-1 --group g", "--quota and --not-after are needed")]
    [InlineData("lots create PO-1 --quota 1 --not-after 1d", "--group")]
    [InlineData("lots create PO-1 --group g --quota 1 --not-after soon --ca {file}", "a time such as")]
    [InlineData("lots create PO-1 --group g --quota 1 --not-after 1d --range a --ca {file}", "the first and the last ID")]
    [InlineData("lots create PO-1 --group g --quota 1 --not-after 1d --range a1..a2 --list {file}", "exclude each other")]
    [InlineData("lots scrap PO-1", "Name either units or a --list")]
    [InlineData("lots verify {file}", "with --ca")]
    [InlineData("lots --state ended", "none of the values of --state")]
    [InlineData("tokens create", "--group")]
    [InlineData("groups save pumps --file /nowhere --ca {file}", "no certificate in PEM")]
    [InlineData("profiles save pumps /nowhere --ca {file}", "no file '/nowhere'")]
    [InlineData("profiles save pumps {file} --ca {file}", "is not JSON")]
    [InlineData("renew --ca {file}", "the device's own pair")]
    [InlineData("renew --cert {file} --ca {file}", "two files")]
    [InlineData("renew --same-key --key-algorithm p256", "exclude each other")]
    [InlineData("revoke", "either the SERIAL number")]
    [InlineData("revoke AB --device pump-1", "either the SERIAL number")]
    [InlineData("revoke AB --hold --release", "exclude each other")]
    [InlineData("revoke AB --reason keyCompromise --hold", "exclude each other")]
    [InlineData("revoke AB --reason removeFromCRL", "none of the values of --reason")]
    [InlineData("ca", "--insecure-first-fetch")]
    [InlineData("ca --fingerprint 1234", "64 digits")]
    public async Task A_command_line_that_cannot_be_used_ends_with_2_and_says_why(string line, string reason)
    {
        using var folder = new TemporaryFolder();
        var file = folder.At("file");
        await File.WriteAllTextAsync(file, "not PEM\n", Ct);

        var run = await CommandLine.RunAsync(
            [.. line.Replace("{file}", file).Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Equal((int)ExitCode.Usage, run.ExitCode);
        Assert.StartsWith("usage: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("revoke --json")]
    [InlineData("devices --json")]
    public async Task With_json_an_error_is_one_object_on_standard_error(string line)
    {
        var run = await CommandLine.RunAsync(line.Split(' '));

        var error = JsonDocument.Parse(run.Error).RootElement.GetProperty("error");
        Assert.Equal("usage", error.GetProperty("code").GetString());
        Assert.Equal(2, error.GetProperty("exitCode").GetInt32());
        Assert.NotEmpty(error.GetProperty("detail").GetString()!);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("enroll --help")]
    [InlineData("renew --help")]
    [InlineData("devices --help")]
    [InlineData("revoke --help")]
    [InlineData("ca --help")]
    [InlineData("import --help")]
    [InlineData("lots --help")]
    [InlineData("lots create --help")]
    [InlineData("tokens --help")]
    [InlineData("groups --help")]
    [InlineData("profiles --help")]
    [InlineData("export devices --help")]
    public async Task The_help_of_every_verb_has_examples(string line)
    {
        var run = await CommandLine.RunAsync(line.Split(' '));

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Examples:\n  provisioning ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_help_explains_every_exit_code()
    {
        var run = await CommandLine.RunAsync("--help");

        foreach (var code in Enum.GetValues<ExitCode>())
            Assert.Matches($@"(?m)^  {(int)code} +\S", run.Output);
    }

    [Fact]
    public async Task Nothing_listening_ends_with_5_and_leaves_the_key_for_the_next_run()
    {
        using var folder = new TemporaryFolder();
        using var root = TestCertificates.SelfSigned("root");
        await File.WriteAllTextAsync(folder.At("root.pem"), root.ExportCertificatePem(), Ct);
        string[] arguments =
        [
            "enroll", "pump-1", "--url", "https://localhost:1", "--ca", folder.At("root.pem"), "--out", folder.Path,
            "--timeout", "0.1",
        ];

        var first = await CommandLine.RunAsync(arguments);
        var key = await File.ReadAllTextAsync(folder.At("pump-1.key.pending"), Ct);
        var second = await CommandLine.RunAsync(arguments);

        Assert.Equal((5, 5), (first.ExitCode, second.ExitCode));
        Assert.StartsWith("unreachable: localhost:1 ", first.Error, StringComparison.Ordinal);
        Assert.Equal(["pump-1.csr.pending", "pump-1.key.pending", "root.pem"], folder.Files);
        Assert.Equal(key, await File.ReadAllTextAsync(folder.At("pump-1.key.pending"), Ct));
    }
}
