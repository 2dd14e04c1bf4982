using System.Diagnostics;
using System.Globalization;
using Provisioning.Core.Authorities;

namespace Provisioning.Benchmarks;

/// <summary><c>openssl ocsp</c> as a responder, with the same certificates, and a responder's key of the same kind from the same authority.</summary>
internal sealed class OcspRival : IDisposable
{
    private OcspRival(Process process, int port) => (Process, Port) = (process, port);

    internal Process Process { get; }

    internal int Port { get; }

    /// <summary>Writes its files: the authority, the responder's key and certificate, and the index of all certificates.</summary>
    internal static void Prepare(string folder, TemporaryInstance opened, IEnumerable<byte[]> serialNumbers)
    {
        Directory.CreateDirectory(folder);
        var data = opened.Instance.Data;
        File.Copy(data.CertificateFile(AuthorityDirectory.IssuingName), Path.Combine(folder, "ca.pem"));
        File.Copy(data.CertificateFile("ocsp-" + AuthorityDirectory.IssuingName), Path.Combine(folder, "responder.pem"));
        using var key = opened.Instance.Keys.TryLoad("ocsp-" + AuthorityDirectory.IssuingName)!;
        File.WriteAllText(Path.Combine(folder, "responder.key"), key.Use(algorithm => algorithm.ExportPkcs8PrivateKeyPem()));
        var end = TimeProvider.System.GetUtcNow().AddDays(60).ToString("yyMMddHHmmss", CultureInfo.InvariantCulture);
        File.WriteAllLines(
            Path.Combine(folder, "index.txt"),
            serialNumbers.Select(serial => $"V\t{end}Z\t\t{Convert.ToHexString(serial)}\tunknown\t/CN={Convert.ToHexString(serial)}"));
    }

    internal static async Task<OcspRival> StartAsync(string folder)
    {
        var port = ServerProcess.FreePort();
        var start = new ProcessStartInfo("openssl",
            ["ocsp", "-port", port.ToString(CultureInfo.InvariantCulture), "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "responder.pem",
            "-rkey", "responder.key", "-nmin", "10", "-ignore_err"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var rival = new OcspRival(Process.Start(start)!, port);

        // A connection that asks nothing would keep it busy for ever, so its own word is waited for.
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rival.Process.OutputDataReceived += (_, line) => Look(line.Data);
        rival.Process.ErrorDataReceived += (_, line) => Look(line.Data);
        rival.Process.BeginOutputReadLine();
        rival.Process.BeginErrorReadLine();
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(30));
        return rival;

        void Look(string? line)
        {
            if (line?.Contains("waiting for OCSP client", StringComparison.Ordinal) == true) ready.TrySetResult();
        }
    }

    public void Dispose()
    {
        if (!Process.HasExited) Process.Kill();
        Process.Dispose();
    }
}
