using System.CommandLine;
using System.CommandLine.Parsing;
using System.Security.Cryptography.X509Certificates;
using Provisioning.Cli.Api;
using Provisioning.Cli.Bulk;
using Provisioning.Cli.Files;
using Provisioning.Cli.Keys;
using Provisioning.Cli.Options;

namespace Provisioning.Cli.Verbs;

/// <summary><c>enroll</c>: the first certificate of a device.</summary>
internal static class EnrollVerb
{
    private static readonly Argument<string?> DeviceId = new("DEVICE")
    {
        Description = DeviceIds.Rule,
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> Csr = new("--csr")
    {
        HelpName = "FILE",
        Description = "A request that exists already (PKCS#10, PEM or DER); then no key is made here.",
    };

    private static readonly Option<string?> Algorithm = new("--key-algorithm")
    {
        HelpName = "KIND",
        Description = $"The kind of a new key: {string.Join(", ", KeyKind.All)}. Default: {KeyKind.P256}.",
    };

    private static readonly Option<bool> Force = new("--force")
    {
        Description = "Replace the key (or, with --csr, the files of another key). The old ones stay until all is there.",
    };

    private static readonly Option<string?> Out = new("--out")
    {
        HelpName = "DIR",
        Description = "Where the files go. Made if it is not there. Default: the current folder.",
    };

    private static readonly Option<string[]> Attributes = new("--attribute")
    {
        HelpName = "NAME=VALUE",
        Description = "Something to be kept with the device in the registry; may be repeated.",
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<string?> IdempotencyKey = new("--idempotency-key")
    {
        HelpName = "TEXT",
        Description = "A name for this request. A retry is known by its key anyway; this also holds the rest equal.",
    };

    private static readonly Option<string?> Group = new("--group")
    {
        HelpName = "NAME",
        Description = "The enrollment group. Default: that of the credential, the lot or the device.",
    };

    private static readonly Option<string?> Lot = new("--lot")
    {
        HelpName = "NAME",
        Description = "The lot that the unit counts for.",
    };

    internal static Command Create(CommandHost host)
    {
        var command = new Command(
            "enroll", "Gives a device, or all devices of a list, the first certificate. Callers: registrars, administrators.")
        {
            DeviceId, Csr, Algorithm, Force, Out, Attributes, IdempotencyKey, Group, Lot,
        };
        EnrollBatch.AddTo(command);
        Algorithm.AcceptsOneOf(KeyKind.All);
        command.Validators.Add(Check);
        host.Bind(command, CallerRole.Registrar, RunAsync);
        return command;
    }

    private static void Check(CommandResult result)
    {
        if (result.GetValue(DeviceId) is null == result.GetValue(EnrollBatch.List) is null)
            result.AddError("Name either one DEVICE or a --batch. Required argument missing for: 'DEVICE'.");
        if (result.GetValue(Csr) is not null && result.GetValue(Algorithm) is not null)
            result.AddError("--csr and --key-algorithm exclude each other.");
        Option[] forOne = [Csr, Algorithm, Force, Out, Attributes, IdempotencyKey];
        var wrong = result.GetValue(EnrollBatch.List) is null ? EnrollBatch.Options : forOne;
        foreach (var option in wrong.Where(option => result.GetResult(option) is { Implicit: false }))
            result.AddError($"{option.Name} is for {(wrong == forOne ? "one DEVICE" : "a --batch")}.");
    }

    private static Task RunAsync(Invocation run, CancellationToken ct) => run.Parsed.GetValue(EnrollBatch.List) is { } list
        ? EnrollBatch.RunAsync(run, new BatchList(list, run.Parsed.GetValue(Group), run.Parsed.GetValue(Lot)), ct)
        : EnrollOneAsync(run, ct);

    private static async Task EnrollOneAsync(Invocation run, CancellationToken ct)
    {
        var parsed = run.Parsed;
        var attributes = ReadAttributes(parsed.GetRequiredValue(Attributes));
        var body = new EnrollmentBody(DeviceIds.Check(parsed.GetValue(DeviceId)!), string.Empty, attributes)
        {
            Group = parsed.GetValue(Group),
            Lot = parsed.GetValue(Lot),
        };
        var folder = parsed.GetValue(Out) ?? ".";
        using var client = run.Connect();
        Directory.CreateDirectory(folder);
        var files = KeyPairFiles.Of(folder, body.DeviceId);
        files.Recover();
        var report = parsed.GetValue(Csr) is { } csr
            ? await EnrollRequestAsync(run, client, files, body, RequestFile.Read(csr), ct)
            : await EnrollKeyAsync(run, client, files, body, ct);
        run.Report(report, output => report.Write(output, "is enrolled."));
    }

    private static async Task<PairReport> EnrollRequestAsync(
        Invocation run,
        ApiClient client,
        KeyPairFiles files,
        EnrollmentBody body,
        RequestFile request,
        CancellationToken ct)
    {
        if (!run.Parsed.GetValue(Force) && files.BelongsToAnotherKey(request))
        {
            throw FailureException.Usage(
                $"'{files.Certificate}' or '{files.Key}' is of another key. Change --out, or use --force.");
        }

        var issued = await SendAsync(run, client, body with { Csr = request.Pem }, ct);
        AtomicFile.Write(files.Certificate, IssuedPair.ToChain(issued, request.PublicKey.Span), AtomicFile.Readable);
        return PairReport.Of(issued, files.Certificate, keyFile: null);
    }

    private static async Task<PairReport> EnrollKeyAsync(
        Invocation run, ApiClient client, KeyPairFiles files, EnrollmentBody body, CancellationToken ct)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(body.DeviceId);
        var wanted = run.Parsed.GetValue(Algorithm);
        using var pair = PendingPair.Open(files, subject.Build(), wanted, isNew: run.Parsed.GetValue(Force));
        return await IssuedPair.ObtainAsync(files, pair, csr => SendAsync(run, client, body with { Csr = csr }, ct));
    }

    private static Task<IssuedCertificate> SendAsync(
        Invocation run, ApiClient client, EnrollmentBody body, CancellationToken ct) =>
        client.PostAsync<EnrollmentBody, IssuedCertificate>(
            "/api/v1/enrollments", body, run.Parsed.GetValue(IdempotencyKey), ct);

    internal static Dictionary<string, string>? ReadAttributes(IReadOnlyList<string> texts)
    {
        var attributes = new Dictionary<string, string>();
        foreach (var text in texts)
        {
            if (text.IndexOf('=') is not (> 0 and var at))
                throw FailureException.Usage($"'{text}' is not of the form NAME=VALUE.");
            if (!attributes.TryAdd(text[..at], text[(at + 1)..]))
                throw FailureException.Usage($"The attribute '{text[..at]}' is given twice.");
        }

        return attributes.Count > 0 ? attributes : null;
    }
}
