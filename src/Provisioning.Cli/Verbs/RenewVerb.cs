using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Cli.Api;
using Provisioning.Cli.Files;
using Provisioning.Cli.Keys;
using Provisioning.Cli.Options;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Verbs;

/// <summary><c>renew</c>: the next certificate of the device that calls, in the place of the one it has.</summary>
internal static class RenewVerb
{
    private static readonly Option<bool> SameKey = new("--same-key")
    {
        Description = "Keep the key. Without it, every renewal comes with a new one.",
    };

    private static readonly Option<string?> Algorithm = new("--key-algorithm")
    {
        HelpName = "KIND",
        Description = $"The kind of the new key: {string.Join(", ", KeyKind.All)}. Default: as the old one.",
    };

    private static readonly Option<bool> IfDue = new("--if-due")
    {
        Description = "Do nothing, with exit code 0, as long as the service says that it is too early.",
    };

    internal static Command Create(CommandHost host)
    {
        var command = new Command(
            "renew", "Renews a device's certificate, with its own --cert and --key. Callers: devices.")
        {
            SameKey, Algorithm, IfDue, GlobalOptions.Unattended,
        };
        Algorithm.AcceptsOneOf(KeyKind.All);
        command.Validators.Add(result =>
        {
            if (result.GetValue(SameKey) && result.GetValue(Algorithm) is not null)
                result.AddError("--same-key and --key-algorithm exclude each other.");
        });
        host.Bind(command, CallerRole.Device, RunAsync);
        return command;
    }

    private static async Task RunAsync(Invocation run, CancellationToken ct)
    {
        var files = KeyPairFiles.Of(GlobalOptions.PairOf(run.Settings));
        files.Recover();
        using var client = run.Connect();
        if (run.Parsed.GetValue(GlobalOptions.Unattended)) await run.RestAsync(run.Settings.Pauses.AtStart(), ct);

        // A renewal that was begun is finished, whatever the calendar says.
        if (run.Parsed.GetValue(IfDue) && !File.Exists(files.PendingKey))
        {
            var self = await client.GetAsync<Self>("/api/v1/self", ct);
            if (self.RenewAfter is null || self.ServerTime < self.RenewAfter)
            {
                run.Report(
                    new NotDueReport(Renewed: false, self.RenewAfter, self.RenewBefore),
                    output => output.WriteLine(
                        self.RenewAfter is null ? "Not due: the certificate has no end." : $"Not due before {Table.Time(self.RenewAfter)}."));
                return;
            }
        }

        using var pair = Open(run.Parsed, files);
        var renewed = await IssuedPair.ObtainAsync(files, pair, csr => client.PostAsync<RenewalBody, IssuedCertificate>(
            "/api/v1/renewals", new RenewalBody(csr), idempotencyKey: null, ct));
        var report = renewed with { Renewed = true };
        run.Report(report, output => report.Write(output, "has a new certificate."));
    }

    private static PendingPair Open(ParseResult parsed, KeyPairFiles files)
    {
        var sameKey = parsed.GetValue(SameKey);
        if (sameKey && File.Exists(files.PendingKey))
        {
            throw FailureException.Usage(
                "A renewal with a new key is not finished. Finish it by running this without --same-key, or delete "
                + $"'{files.PendingKey}'.");
        }

        // RFC 7030 §4.2.2 wants the subject unchanged, and EST is not the only one that compares it.
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(files.Certificate);
        using var key = DeviceKey.Read(files.Key);
        var usualKind = KeyKind.All.Contains(key.Kind) ? key.Kind : KeyKind.P256;
        return PendingPair.Open(files, certificate.SubjectName, parsed.GetValue(Algorithm), isNew: !sameKey, usualKind);
    }
}

/// <summary>What <c>renew --if-due</c> says when it did nothing.</summary>
internal sealed record NotDueReport(bool Renewed, DateTimeOffset? RenewAfter, DateTimeOffset? RenewBefore);
