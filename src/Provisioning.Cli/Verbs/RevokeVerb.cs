using System.CommandLine;
using System.CommandLine.Parsing;
using Provisioning.Cli.Api;
using Provisioning.Cli.Options;

namespace Provisioning.Cli.Verbs;

/// <summary><c>revoke</c>: ends certificates, puts them on hold, or releases a hold.</summary>
internal static class RevokeVerb
{
    private const string OnHold = "certificateHold";

    // A device renews every few weeks; one that does so between any two looks is not stopped by looking more often.
    private const int MaxLooks = 20;

    private static readonly string[] Reasons =
    [
        "unspecified", "keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation",
        "privilegeWithdrawn", OnHold,
    ];

    private static readonly Argument<string?> Serial = new("SERIAL")
    {
        Description = "The serial number of one certificate, in hex.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> Device = new("--device")
    {
        HelpName = "ID",
        Description = "All certificates of this device that somebody would still accept, instead of one.",
    };

    private static readonly Option<string?> Reason = new("--reason")
    {
        HelpName = "REASON",
        Description = $"Why (RFC 5280 §5.3.1): {string.Join(", ", Reasons)}. keyCompromise also blocks the key.",
    };

    private static readonly Option<bool> Hold = new("--hold")
    {
        Description = "Put on hold, which can be released: the same as --reason certificateHold.",
    };

    private static readonly Option<bool> Release = new("--release") { Description = "Release a hold." };

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask." };

    internal static Command Create(CommandHost host)
    {
        var command = new Command(
            "revoke", "Revokes certificates, puts them on hold, releases a hold. Callers: administrators.")
        {
            Serial, Device, Reason, Hold, Release, Yes,
        };
        Reason.AcceptsOneOf(Reasons);
        command.Validators.Add(Check);
        host.Bind(command, CallerRole.Administrator, RunAsync);
        return command;
    }

    private static void Check(CommandResult result)
    {
        if (result.GetValue(Serial) is null == result.GetValue(Device) is null)
            result.AddError("Name either the SERIAL number of one certificate or a --device.");
        bool[] ways = [result.GetValue(Reason) is not null, result.GetValue(Hold), result.GetValue(Release)];
        if (ways.Count(way => way) > 1) result.AddError("--reason, --hold and --release exclude each other.");
    }

    private static async Task RunAsync(Invocation run, CancellationToken ct)
    {
        var release = run.Parsed.GetValue(Release);
        var reason = run.Parsed.GetValue(Hold) ? OnHold : run.Parsed.GetValue(Reason) ?? "unspecified";
        using var client = run.Connect();
        var device = run.Parsed.GetValue(Device);
        Func<string, Task<CertificateEntry>> change = serial => release
            ? client.DeleteAsync<CertificateEntry>(PathOf(serial), ct)
            : client.PostAsync<RevocationBody, CertificateEntry>(PathOf(serial), new(reason), null, ct);
        Func<IReadOnlyList<string>, Task> ask = serials => run.Parsed.GetValue(Yes)
            ? Task.CompletedTask
            : run.Terminal.ConfirmAsync(Question(serials, device, release, reason), ct);

        List<CertificateEntry> changed;
        if (device is null)
        {
            var serial = run.Parsed.GetValue(Serial)!;
            await ask([serial]);
            changed = [await change(serial)];
        }
        else
        {
            changed = await ChangeAllAsync(
                device,
                () => FindAsync(client, device, entry => IsMeant(entry, release, reason, run.Time.GetUtcNow()), ct),
                ask,
                change);
        }

        run.Report(new RevocationReport(changed), output => Write(output, changed, device));
    }

    // The device may renew between the look and the revocation, and would keep what it got: so until a look finds nothing more. A person
    // is asked once, because the question is about the device.
    private static async Task<List<CertificateEntry>> ChangeAllAsync(
        string device,
        Func<Task<List<string>>> find,
        Func<IReadOnlyList<string>, Task> ask,
        Func<string, Task<CertificateEntry>> change)
    {
        var changed = new Dictionary<string, CertificateEntry>();
        for (var look = 0; look < MaxLooks; look++)
        {
            List<string> left = [.. (await find()).Where(serial => !changed.ContainsKey(serial))];
            if (left.Count == 0) return [.. changed.Values];
            if (look == 0) await ask(left);
            foreach (var serial in left) changed.Add(serial, await change(serial));
        }

        throw new FailureException(
            ExitCode.Failed,
            "still-renewing",
            $"{changed.Count} certificates of {device} were changed, and it still gets new ones. Run this again, or find out who renews.");
    }

    private static string PathOf(string serial) => $"/api/v1/certificates/{Uri.EscapeDataString(serial)}/revocation";

    private static async Task<List<string>> FindAsync(
        ApiClient client, string device, Func<CertificateEntry, bool> isMeant, CancellationToken ct)
    {
        var path = $"/api/v1/devices/{Uri.EscapeDataString(device)}/certificates";
        var all = await Lists.AllAsync<CertificateEntry>(client, path, ct);
        return [.. all.Where(isMeant).Select(entry => entry.SerialNumber)];
    }

    /// <summary>
    /// Superseded certificates are meant too: the service refuses them, but a broker that knows only the CRL would not.
    /// A certificate whose signature is not on record (reserved) is revoked as well, because it might exist. Only those in
    /// use can be put on hold.
    /// </summary>
    internal static bool IsMeant(CertificateEntry entry, bool release, string reason, DateTimeOffset now) =>
        entry.State switch
        {
            "held" => release || reason != OnHold,
            "revoked" or "abandoned" => false,
            "issued" or "current" => !release && entry.NotAfter > now,
            _ => !release && reason != OnHold && entry.NotAfter > now,
        };

    private static string Question(IReadOnlyList<string> serials, string? device, bool release, string reason)
    {
        var what = device is null ? $"certificate {serials[0]}" : $"{serials.Count} certificate(s) of {device}";
        return (release, reason) switch
        {
            (true, _) => $"Release the hold of {what}?",
            (_, OnHold) => $"Put {what} on hold?",
            _ => $"Revoke {what} for ever ({reason})?",
        };
    }

    private static void Write(TextWriter output, List<CertificateEntry> changed, string? device)
    {
        if (changed.Count == 0) output.WriteLine($"No certificate of {device} is concerned; nothing was changed.");
        foreach (var one in changed)
            output.WriteLine($"{one.SerialNumber} of {one.Holder} is now {one.State} {one.RevocationReason}".TrimEnd());
    }
}

/// <summary>The certificates that were changed, as they are now.</summary>
internal sealed record RevocationReport(IReadOnlyList<CertificateEntry> Items);
