using System.Buffers;
using System.CommandLine;
using System.Net.Security;
using System.Security.Cryptography;
using Provisioning.Cli.Api;
using Provisioning.Cli.Files;
using Provisioning.Cli.Options;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Verbs;

/// <summary><c>ca</c>: the trust anchors. Who has none yet compares a fingerprint, or says that they do not.</summary>
internal static class CaVerb
{
    private const string Path = "/api/v1/authorities";

    private static readonly Option<string?> Fingerprint = new("--fingerprint")
    {
        HelpName = "SHA256",
        Description = "The SHA-256 fingerprint that the root must have, in hex, with or without colons.",
    };

    private static readonly Option<bool> FirstFetch = new("--insecure-first-fetch")
    {
        Description = "Without --ca and --fingerprint: take the root that is shown. On a terminal it asks first.",
    };

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask." };

    private static readonly Option<bool> Chain = new("--chain")
    {
        Description = "The issuing certificate as well, before the root. Default: the root alone.",
    };

    private static readonly Option<string?> Out = new("--out")
    {
        HelpName = "FILE",
        Description = "Where the PEM goes. Default: standard output.",
    };

    internal static Command Create(CommandHost host)
    {
        var command = new Command("ca", "Fetches the certificates that vouch for everything else. Callers: anyone.")
        {
            Fingerprint, FirstFetch, Yes, Chain, Out,
        };
        host.Bind(command, CallerRole.Stranger, RunAsync);
        return command;
    }

    private static async Task RunAsync(Invocation run, CancellationToken ct)
    {
        var pin = run.Parsed.GetValue(Fingerprint) is { } text ? ParseFingerprint(text) : null;
        if (run.Settings.CaFile is null && pin is null && !run.Parsed.GetValue(FirstFetch))
        {
            throw FailureException.Usage(
                "Nothing says that this is the right service. Give the root's SHA-256 with --fingerprint (its operator "
                + "knows it), or --ca, or take what comes with --insecure-first-fetch.");
        }

        using var all = new Authorities(await FetchAsync(run, ct));
        if (pin is not null && !pin.AsSpan().SequenceEqual(all.Fingerprint))
        {
            throw new FailureException(
                ExitCode.Failed,
                "fingerprint-mismatch",
                $"The root of {run.Settings.Url.Authority} has another SHA-256 fingerprint: {Format(all.Fingerprint)}. "
                + "Either the one given was mistyped, or this is not the service that was meant. Nothing was written.");
        }

        if (run.Settings.CaFile is null) await ProveAsync(run, all, isPinned: pin is not null, ct);
        Write(run, all);
    }

    private static async Task<AuthorityList> FetchAsync(Invocation run, CancellationToken ct)
    {
        using var client = run.Settings.CaFile is null ? OpenToAnyone(run) : run.Connect();
        return await client.GetAsync<AuthorityList>(Path, ct);
    }

    // Only public certificates come over this connection, and none of them is used before its fingerprint was compared.
    private static ApiClient OpenToAnyone(Invocation run) => ApiClient.Open(
        run.Settings,
        new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
        },
        run.Note,
        run.Time);

    // The root is the right one, or accepted; now the service has to prove that this root vouches for it.
    private static async Task ProveAsync(Invocation run, Authorities all, bool isPinned, CancellationToken ct)
    {
        if (!isPinned)
        {
            await run.Terminal.Error.WriteLineAsync(
                $"The root of {run.Settings.Url.Authority} has the SHA-256 fingerprint\n  {Format(all.Fingerprint)}\n"
                + "Compare it with the operator's before you rely on it.");
            if (!run.Parsed.GetValue(Yes)) await run.Terminal.ConfirmAsync("Trust it?", ct);
        }

        var tls = new SslClientAuthenticationOptions { CertificateChainPolicy = TlsTrust.Policy([all.Root]) };
        using var client = ApiClient.Open(run.Settings, tls, run.Note, run.Time);
        _ = await client.GetAsync<AuthorityList>(Path, ct);
    }

    private static void Write(Invocation run, Authorities all)
    {
        var pem = run.Parsed.GetValue(Chain) ? all.ChainPem : all.RootPem;
        var file = run.Parsed.GetValue(Out);
        if (file is not null) AtomicFile.Write(file, pem, AtomicFile.Readable);
        if (run.Settings.Json)
        {
            run.Terminal.Out.WriteLine(ApiJson.Write(new AuthoritiesReport
            {
                Subject = all.Root.Subject,
                Sha256 = Convert.ToHexString(all.Fingerprint),
                NotAfter = all.Root.NotAfter.ToUniversalTime(),
                File = file,
                Pem = pem,
            }));
            return;
        }

        if (file is null) run.Terminal.Out.Write(pem);
        if (run.Settings.Quiet) return;
        Table.WriteFields(
            run.Terminal.Error,
            ("root", all.Root.Subject),
            ("SHA-256", Format(all.Fingerprint)),
            ("valid until", Table.Time(all.Root.NotAfter)),
            ("written to", file));
    }

    internal static byte[] ParseFingerprint(string text)
    {
        var octets = new byte[SHA256.HashSizeInBytes];
        var status = Convert.FromHexString(text.Replace(":", "").Replace(" ", ""), octets, out _, out var written);
        return status == OperationStatus.Done && written == octets.Length
            ? octets
            : throw FailureException.Usage("--fingerprint is a SHA-256 in hex: 64 digits, with or without colons.");
    }

    internal static string Format(byte[] fingerprint) => BitConverter.ToString(fingerprint).Replace('-', ':');
}
