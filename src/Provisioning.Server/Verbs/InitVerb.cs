using System.Security.Cryptography;
using Provisioning.Core.Authorities;
using Provisioning.Server.Configuration;

namespace Provisioning.Server.Verbs;

/// <summary>
/// <c>init</c>: makes a data directory for production. Either a new root and issuing authority; or, with an offline root, first the
/// request that the root signs and then its answer; or authorities that exist already.
/// </summary>
internal static class InitVerb
{
    internal const string Usage = """
        init                                       make a root and an issuing authority here
        init --request                             make the issuing key, and pki/issuing.csr for an offline root to sign
        init --root FILE --issuing FILE            take the root and the issuing certificate that it signed for that request
        init --root FILE --issuing FILE --key FILE [--key-passphrase-file FILE]
                                                   take an issuing authority with its key (encrypted PKCS#8, PEM)
        init --credential admin|factory-line       make that credential anew, when it has expired, was revoked or is lost
        Configuration (Provisioning__DataDirectory, Provisioning__PassphraseFile …) is the server's.
        """;

    private static readonly string[] Known = ["--request", "--root", "--issuing", "--key", "--key-passphrase-file", "--credential"];

    internal static async Task<int> RunAsync(ServerOptions options, IReadOnlyDictionary<string, string> arguments, TextWriter output)
    {
        if (arguments.Keys.Except(Known).FirstOrDefault() is { } unknown)
            throw new StartupException($"init does not know '{unknown}'.{Environment.NewLine}{Usage}");
        await using var instance = await Instance.OpenAsync(options, mayCreatePassphrase: false, TimeProvider.System, default);
        await instance.RecoverAsync();
        if (arguments.TryGetValue("--credential", out var name)) return await RenewCredentialAsync(instance, name, output);
        if (await instance.Setup.ExistsAsync(default))
        {
            if (instance.Credentials.Exist)
                throw new StartupException($"'{instance.Data.Path}' has its authorities already; init changes nothing there.");

            // An init that was killed before its end goes on.
            await FinishAsync(instance, output);
            return 0;
        }

        var authority = new AuthorityOptions
        {
            KeyAlgorithm = options.Authority.KeyAlgorithm,
            RootName = options.Authority.RootName,
            IssuingName = options.Authority.IssuingName,
        };
        if (arguments.ContainsKey("--request"))
        {
            var path = instance.Import.CreateRequest(authority);
            await output.WriteLineAsync($"""
                The request is in {path}
                Have your root sign it as a CA with pathLen 0 (pki/README.md shows how with openssl), then run:
                  init --root root.pem --issuing issuing.pem
                """);
            return 0;
        }

        if (arguments.ContainsKey("--root") || arguments.ContainsKey("--issuing")) await ImportAsync(instance, arguments);
        else await instance.Setup.CreateAsync(authority, default);
        await FinishAsync(instance, output);
        return 0;
    }

    private static async Task<int> RenewCredentialAsync(Instance instance, string name, TextWriter output)
    {
        using var authorities = await instance.LoadAuthoritiesAsync();
        if (!await instance.Credentials.RenewAsync(name, authorities, default))
            throw new StartupException($"--credential takes {CredentialFiles.Administrator} or {CredentialFiles.FactoryLine}.");
        await output.WriteLineAsync($"The new credential is in {instance.Data.CredentialFile(name, "pem")}, .key and .p12. Revoke the old one if it got lost.");
        return 0;
    }

    private static async Task ImportAsync(Instance instance, IReadOnlyDictionary<string, string> arguments)
    {
        try
        {
            await instance.Import.ImportAsync(Text(arguments, "--root"), Text(arguments, "--issuing"), Key(arguments), default);
        }
        catch (Exception problem) when (problem is InvalidDataException or IOException or CryptographicException)
        {
            throw new StartupException(problem.Message, problem);
        }
    }

    private static SigningKey? Key(IReadOnlyDictionary<string, string> arguments)
    {
        if (!arguments.TryGetValue("--key", out var path)) return null;
        var passphrase = arguments.TryGetValue("--key-passphrase-file", out var file)
            ? Passphrase.ReadFile(file)
            : throw new StartupException("--key needs --key-passphrase-file: keys are taken encrypted only.");
        try
        {
            return SigningKey.FromEncryptedPem(File.ReadAllText(path), passphrase);
        }
        catch (Exception problem) when (problem is CryptographicException or ArgumentException)
        {
            throw new StartupException($"'{path}' is no encrypted PKCS#8 key in PEM, or the passphrase is wrong.", problem);
        }
    }

    private static string Text(IReadOnlyDictionary<string, string> arguments, string name) => arguments.TryGetValue(name, out var path)
        ? File.ReadAllText(path)
        : throw new StartupException($"{name} is missing.{Environment.NewLine}{Usage}");

    private static async Task FinishAsync(Instance instance, TextWriter output)
    {
        using var authorities = await instance.LoadAuthoritiesAsync();
        await instance.Credentials.EnsureAsync(authorities, default);
        await output.WriteLineAsync($"""
            Ready in {instance.Data.Path}
              trust anchor   {instance.Data.CertificateFile("root")}   {authorities.Root.DisplayName}
              issuing        {instance.Data.CertificateFile(authorities.Issuing.Name)}   {authorities.Issuing.DisplayName}
              credentials    {instance.Data.Credentials}
            """);
        if (authorities.Root.Key is not null)
        {
            await output.WriteLineAsync($"""
                The root's key is on this machine: {instance.Data.KeyFile("root")}
                For production keep it offline, and publish its CRL as {Path.Combine(instance.Data.Pki, "root.crl")} (pki/README.md).
                """);
        }
    }
}
