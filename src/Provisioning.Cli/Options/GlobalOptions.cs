using System.CommandLine;
using System.CommandLine.Parsing;
using Provisioning.Cli.Api;
using Provisioning.Cli.Files;

namespace Provisioning.Cli.Options;

/// <summary>The options that every verb has.</summary>
internal sealed class GlobalOptions
{
    private const string DefaultUrl = "https://localhost:8443";
    private static readonly TimeSpan UnattendedTimeout = TimeSpan.FromHours(6);
    private readonly Func<string, string?> _environment;

    private readonly Option<string?> _url = Text(
        "--url", "URL", $"The service. Default: PROVISIONING_URL, or {DefaultUrl}.");
    private readonly Option<string?> _ca = Text(
        "--ca", "FILE", "The service's root certificate, PEM. Nothing else is trusted. Default: PROVISIONING_CA.");

    private readonly Option<string?> _certificate = Text(
        "--cert", "FILE", "Your client certificate, PEM; its chain may follow. Default: PROVISIONING_CERT.");

    private readonly Option<string?> _key = Text(
        "--key", "FILE", "Its private key, PEM, not encrypted. Default: PROVISIONING_KEY, or the --cert file.");

    private readonly Option<string?> _pkcs12 = Text(
        "--p12", "FILE", "Both in one PKCS#12 file instead. Its password: PROVISIONING_P12_PASSWORD.");

    private readonly Option<string?> _passwordFile = Text(
        "--p12-password-file", "FILE", "Or a file with the password. Default: p12.password beside the --p12 file.");

    private readonly Option<string?> _data = Text(
        "--data", "DIR", "On the service's own machine: takes pki/root.pem and credentials/ from its data directory.");

    private readonly Option<double> _timeout = new("--timeout")
    {
        HelpName = "SECONDS",
        Description = "How long to keep trying when the service does not answer or is busy.",
        DefaultValueFactory = _ => 30,
        Recursive = true,
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "JSON for scripts: the result on standard output, an error on standard error.",
        Recursive = true,
    };

    private readonly Option<bool> _quiet = new("--quiet", "-q")
    {
        Description = "Say nothing but errors and what was asked for.",
        Recursive = true,
    };

    /// <summary>Of the verbs that a device runs by itself.</summary>
    internal static Option<bool> Unattended { get; } = new("--unattended")
    {
        Description = "As a device by itself, which nobody waits for: rests for some part of a minute before the first request, and after a "
            + "failure for some part of a minute, of two, and so on up to an hour. --timeout is then 6 hours if not given.",
    };

    internal GlobalOptions(Func<string, string?> environment)
    {
        _environment = environment;
        _timeout.Validators.Add(CheckTimeout);
    }

    /// <summary>Adds all of them to a command and those below it.</summary>
    internal void AddTo(Command command)
    {
        Option[] all = [_url, _ca, _certificate, _key, _pkcs12, _passwordFile, _data, _timeout, _json, _quiet];
        foreach (var option in all) command.Options.Add(option);
    }

    /// <summary>Whether errors are to be JSON; known even when the rest of the command line is not usable.</summary>
    internal bool WantsJson(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>Puts together what was said.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="role">As whom the verb speaks.</param>
    internal Settings Read(ParseResult parsed, CallerRole role) => new()
    {
        Url = ReadUrl(parsed.GetValue(_url) ?? Variable("PROVISIONING_URL") ?? DefaultUrl),
        CaFile = Existing(parsed.GetValue(_ca) ?? InData(parsed, "pki", "root.pem") ?? Variable("PROVISIONING_CA")),
        Credential = role == CallerRole.Stranger ? null : ReadCredential(parsed, role),
        Json = parsed.GetValue(_json),
        Timeout = parsed.GetValue(Unattended) && parsed.GetResult(_timeout) is null or { Implicit: true }
            ? UnattendedTimeout
            : TimeSpan.FromSeconds(parsed.GetValue(_timeout)),
        Pauses = parsed.GetValue(Unattended) ? BackOff.Unattended : BackOff.Attended,
        Quiet = parsed.GetValue(_quiet),
    };

    /// <summary>The credential's files, for a verb that writes them anew.</summary>
    internal static CredentialFiles PairOf(Settings settings) => settings.Credential switch
    {
        Credential.Pem(var files) when files.Key != files.Certificate => files,
        Credential.Pem => throw FailureException.Usage("--cert and --key have to be two files."),
        _ => throw FailureException.Usage("Name the device's own pair: --cert FILE and --key FILE, both PEM."),
    };

    private static Uri ReadUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttps
            ? new Uri(url.GetLeftPart(UriPartial.Authority))
            : throw FailureException.Usage($"'{text}' is not the address of the service; it begins with https://.");

    private Credential? ReadCredential(ParseResult parsed, CallerRole role)
    {
        var certificate = parsed.GetValue(_certificate);
        var key = parsed.GetValue(_key);
        var pkcs12 = parsed.GetValue(_pkcs12);
        if (pkcs12 is not null && (certificate ?? key) is not null)
            throw FailureException.Usage("Give either --p12 or --cert and --key.");
        if (key is not null && certificate is null) throw FailureException.Usage("--key needs --cert.");
        if (pkcs12 is not null) return new Credential.Pkcs12(Existing(pkcs12)!, ReadPassword(parsed, pkcs12));
        if (certificate is not null) return Pem(certificate, key ?? certificate);
        var name = role == CallerRole.Registrar ? "factory-line" : "admin";
        if (role != CallerRole.Device && InData(parsed, "credentials", name) is { } stem)
            return Pem(stem + ".pem", stem + ".key");
        return Variable("PROVISIONING_CERT") is { } file ? Pem(file, Variable("PROVISIONING_KEY") ?? file) : null;
    }

    private string? ReadPassword(ParseResult parsed, string pkcs12)
    {
        if (Variable("PROVISIONING_P12_PASSWORD") is { } password) return password;
        var beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(pkcs12))!, "p12.password");
        var file = Existing(parsed.GetValue(_passwordFile)) ?? (File.Exists(beside) ? beside : null);
        return file is null ? null : File.ReadAllText(file).TrimEnd('\r', '\n');
    }

    private string? InData(ParseResult parsed, string folder, string name) =>
        parsed.GetValue(_data) is { } data ? Path.Combine(data, folder, name) : null;

    private string? Variable(string name) => _environment(name) is { Length: > 0 } value ? value : null;

    private static Credential.Pem Pem(string certificate, string key) =>
        new(new CredentialFiles(Existing(certificate)!, Existing(key)!));

    private static string? Existing(string? path) =>
        path is null || File.Exists(path) ? path : throw FailureException.Usage($"There is no file '{path}'.");

    private static Option<string?> Text(string name, string valueName, string description) =>
        new(name) { HelpName = valueName, Description = description, Recursive = true };

    private static void CheckTimeout(OptionResult result)
    {
        if (result.GetValueOrDefault<double>() is not (> 0 and <= 86400))
            result.AddError("--timeout is a number of seconds above 0, at most a day.");
    }
}
