namespace Provisioning.Interop.Samples;

/// <summary>What <c>samples/est</c> does when something goes wrong on the way: it says so, ends, and leaves neither tokens nor half a result.</summary>
public sealed class EstSampleFailureTests(CommandLine house) : IClassFixture<CommandLine>
{
    private const string Garbage = "echo bm90aGluZw==";
    private const string Nothing = "true";

    // The one that the device had before: good in itself, but not over the key of this request.
    private const string OldAnswer = "cat \"${output%/*}/device.answer\"";

    // The parts of an answer, with the certificate of another key.
    private const string Swapped = "awk -v old=\"${output%/*}/device.answer\" '/^MI/ && seen++ { while ((getline line < old) > 0) print line; exit } { print }' \"$output\"; echo --";

    public static TheoryData<string, string, string> WrongAnswers { get; } = new()
    {
        { "routers/simpleenroll", Garbage, "device" },
        { "routers/simpleenroll", Nothing, "device" },
        { "/simplereenroll", Garbage, "next" },
        { "/simplereenroll", OldAnswer, "next" },
        { "/serverkeygen", Garbage, "made" },
        { "/serverkeygen", "head -n 4 \"$output\"", "made" },
        { "/serverkeygen", Swapped, "made" },
        { "routers-by-hand/simpleenroll", OldAnswer, "second" },
        { "est/cacerts", Garbage, "device" },
        { "/csrattrs", Garbage, "device" },
        { "/api/v1/self", Garbage, "second" },
    };

    [Theory]
    [MemberData(nameof(WrongAnswers))]
    public async Task A_wrong_answer_ends_the_run_and_is_no_certificate(string path, string instead, string name)
    {
        using var shims = new Shims();
        shims.Replace("curl", path + "[[:space:]]", instead);

        using var folder = await FailAsync("enroll.sh", shims);

        Assert.False(File.Exists(folder.At(name + ".pem")));
    }

    [Theory]
    [InlineData("routers ")]
    [InlineData("routers-by-hand ")]
    public async Task Without_a_token_nothing_is_asked(string group)
    {
        using var shims = new Shims();
        shims.Fail("dotnet", "'tokens create --group " + group + "'");

        using var folder = await FailAsync("enroll.sh", shims);

        Assert.False(File.Exists(folder.At("cacerts.answer")));
    }

    [Theory]
    [InlineData("'--est --options first.options'", Garbage, "first")]
    [InlineData("'--cert first.pem'", Garbage, "next")]
    [InlineData("'--cert first.pem'", "cat first.pem", "next")]
    [InlineData("'--options second.options'", "echo 'request pending' >&2; " + Garbage, "second")]
    public async Task What_strongSwan_writes_is_looked_at_too(string call, string instead, string name)
    {
        using var shims = new Shims();
        shims.Replace("pki", call, instead);

        // The last one has waited for an approval, or so it says, and was approved.
        shims.Replace("curl", "/api/v1/approvals", "cat >/dev/null; echo {}");
        shims.Replace("jq", "'items[0]'", "cat >/dev/null; echo 1");
        using var folder = await FailAsync("strongswan.sh", shims);

        Assert.False(File.Exists(folder.At(name + ".pem")));
    }

    [Fact]
    public async Task Without_a_token_strongSwan_is_not_run()
    {
        using var shims = new Shims();
        shims.Fail("dotnet", "'tokens create --group gateways-by-hand '");

        using var folder = await FailAsync("strongswan.sh", shims);

        Assert.False(File.Exists(folder.At("authority.pem")));
    }

    private async Task<Workshop> FailAsync(string script, Shims shims)
    {
        var folder = new Workshop();
        var run = await Tool.RunAsync(
            "bash", [Repository.At("samples", "est", script), "-s", house.Server.Https, "-d", house.Server.DataDirectory, "-o", folder.Path],
            environment: new Dictionary<string, string> { ["PROVISIONING_DLL"] = CommandLine.Program, ["PATH"] = shims.SearchPath });

        Assert.True(run.ExitCode != 0, run.Output + run.Error);
        Assert.NotEmpty(run.Error);
        foreach (var file in Directory.GetFiles(folder.Path))
            Assert.DoesNotContain("PVT1.", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        return folder;
    }

    private sealed class Workshop : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("failing sample ");

        internal string Path => _folder.FullName;

        internal string At(string file) => System.IO.Path.Combine(Path, file);

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
