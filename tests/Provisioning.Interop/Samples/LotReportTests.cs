using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Provisioning.Interop.Samples;

/// <summary><c>samples/lot-report</c>: a customer verifies a report with openssl, jq and the root certificate, and is not deceived.</summary>
public sealed class LotReportTests
{
    [Fact]
    public async Task A_report_verifies_offline_and_nothing_else_does()
    {
        await using var server = await ServerProcess.StartAsync();
        using var folder = new Folder();
        using var administrator = Api.Client(server, "admin");
        using var station = Api.Client(server, "factory-line");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Lots.OpenAsync(administrator, "PO-1", 5);
        await Lots.OpenAsync(administrator, "PO-2", 5);
        using (var enrolled = await Lots.EnrollAsync(station, "PO-1", "pump-1", key)) Assert.True(enrolled.IsSuccessStatusCode);
        using (var device = X509Certificate2.CreateFromPem(await Api.EnrollPemAsync(station, "pump-1", key)))
        {
            var report = await Lots.CloseAsync(administrator, "PO-1");
            var units = folder.Write("units.ndjson", await administrator.GetStringAsync("/api/v1/lots/PO-1/units", TestContext.Current.CancellationToken));
            var root = server.Pki("root.pem");
            Assert.Equal("""{"deviceId":"pump-1","state":"unaccounted"}""" + "\n", await File.ReadAllTextAsync(units, TestContext.Current.CancellationToken));

            var said = await VerifyAsync(folder.Write("report.jws", report), "-r", root, "-l", "PO-1", "-u", units);
            Assert.True(said.ExitCode == 0, said.Error);
            Assert.Equal(1, (int?)JsonNode.Parse(said.Output)!["counts"]!["unaccounted"]);

            Refused("the lot PO-2", await VerifyAsync(folder.Write("other.jws", await Lots.CloseAsync(administrator, "PO-2")), "-r", root, "-l", "PO-1"));
            Refused("not the list", await VerifyAsync(folder.Write("report.jws", report), "-r", root, "-u", folder.Write("less.ndjson", "")));
            Refused("not one for reports", await VerifyAsync(folder.Write("forged.jws", Forge(report, device, key)), "-r", root));
            await using (var stranger = await ServerProcess.StartAsync())
                Refused("not certified below this root", await VerifyAsync(folder.Write("report.jws", report), "-r", stranger.Pki("root.pem")));
            foreach (var changed in Flipped(report))
            {
                var verdict = await VerifyAsync(folder.Write("flipped.jws", changed), "-r", root);
                Assert.True(verdict.ExitCode == 1, $"{changed}\n{verdict.Output}{verdict.Error}");
            }
        }
    }

    private static Task<Tool> VerifyAsync(string report, params string[] options) =>
        Tool.RunAsync("bash", [Repository.At("samples", "lot-report", "verify.sh"), .. options, report]);

    private static void Refused(string why, Tool run)
    {
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(why, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    // A device of the same root signs what it likes, and says truly who it is.
    private static string Forge(string report, X509Certificate2 device, ECDsa key)
    {
        var parts = report.Split('.');
        var header = JsonNode.Parse(Base64Url.DecodeFromChars(parts[0]))!;
        header["x5c"]![0] = Convert.ToBase64String(device.RawData);
        var input = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.ToJsonString())) + "." + parts[1];
        return input + "." + Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256));
    }

    // One bit of one character, at places all over the report: every part, their first and last characters, and the dots.
    private static IEnumerable<string> Flipped(string report)
    {
        var dots = Enumerable.Range(0, report.Length).Where(i => report[i] == '.').ToArray();
        int[] edges = [0, dots[0] - 1, dots[0], dots[0] + 1, dots[1] - 1, dots[1], dots[1] + 1, report.Length - 1];
        foreach (var place in edges.Concat(Enumerable.Range(1, 24).Select(i => (int)((long)report.Length * i / 25))).Distinct())
            yield return $"{report[..place]}{(char)(report[place] ^ 1)}{report[(place + 1)..]}";
    }

    private sealed class Folder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lot report ");

        internal string Write(string name, string text)
        {
            var path = Path.Combine(_folder.FullName, name);
            File.WriteAllText(path, text);
            return path;
        }

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
