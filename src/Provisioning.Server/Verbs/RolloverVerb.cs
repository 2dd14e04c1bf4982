using System.Globalization;
using Provisioning.Core.Authorities;
using Provisioning.Server.Configuration;

namespace Provisioning.Server.Verbs;

/// <summary>
/// <c>rollover</c>: the next generation of the issuing authority, for a data directory that no server is using. What the generations before
/// have signed stays good and can be revoked.
/// </summary>
internal static class RolloverVerb
{
    internal const string Usage = """
        rollover                                   show the generations of the issuing authority
        rollover --to N                            make the next one, with the root's key that is here
        rollover --to N --request                  make its key, and pki/issuing-N.csr for an offline root to sign
        rollover --to N --issuing FILE             take the certificate that the root signed for that request
        """;

    private const string To = "--to";
    private const string Request = "--request";
    private const string Issuing = "--issuing";

    internal static async Task<int> RunAsync(ServerOptions options, IReadOnlyDictionary<string, string> arguments, TextWriter output)
    {
        if (arguments.Keys.Except([To, Request, Issuing]).FirstOrDefault() is { } unknown)
            throw new StartupException($"rollover does not know '{unknown}'.{Environment.NewLine}{Usage}");
        if (arguments.ContainsKey(Request) && arguments.ContainsKey(Issuing))
            throw new StartupException($"{Request} and {Issuing} are two steps: the root signs in between.{Environment.NewLine}{Usage}");
        await using var instance = await Instance.OpenAsync(options, mayCreatePassphrase: false, TimeProvider.System, default);
        await instance.RecoverAsync();
        using var authorities = await instance.LoadAuthoritiesAsync();
        if (arguments.TryGetValue(To, out var number)) await RollAsync(instance, authorities, GenerationOf(number), arguments, output);
        else if (arguments.Count > 0) throw new StartupException($"{To} is missing.{Environment.NewLine}{Usage}");
        else await ShowAsync(authorities, output);
        return 0;
    }

    private static async Task RollAsync(
        Instance instance, AuthorityDirectory authorities, int generation, IReadOnlyDictionary<string, string> arguments, TextWriter output)
    {
        var authority = new AuthorityOptions
        {
            KeyAlgorithm = instance.Options.Authority.KeyAlgorithm,
            IssuingName = instance.Options.Authority.IssuingName,
        };
        var name = AuthorityDirectory.NameOf(generation);
        try
        {
            if (arguments.ContainsKey(Request))
            {
                var path = await instance.Rollover.CreateRequestAsync(generation, authorities, authority, default);
                await output.WriteLineAsync(path is null
                    ? $"'{name}' is there already; nothing was changed."
                    : $"The request is in {path}\nHave your root sign it as a CA with pathLen 0 (pki/README.md shows how), then run:\n"
                        + $"  rollover {To} {generation} {Issuing} FILE");
                return;
            }

            var isNew = arguments.TryGetValue(Issuing, out var file)
                ? await instance.Rollover.ImportAsync(generation, await File.ReadAllTextAsync(file), authorities, default)
                : await instance.Rollover.CreateAsync(generation, authorities, authority, default);
            await output.WriteLineAsync(isNew
                ? $"'{name}' signs from the next start on. Keep the keys of the generations before: they sign CRLs and OCSP answers for what they issued."
                : $"'{name}' is there already; nothing was changed.");
        }
        catch (Exception problem) when (problem is InvalidDataException or IOException)
        {
            throw new StartupException(problem.Message, problem);
        }
        catch (IssuanceRefusedException problem)
        {
            throw StartupException.Of(problem);
        }
    }

    private static async Task ShowAsync(AuthorityDirectory authorities, TextWriter output)
    {
        foreach (var authority in authorities.Generations)
        {
            await output.WriteLineAsync(
                $"{authority.Name,-12} valid until {authority.NotAfter:yyyy-MM-dd}   {authority.DisplayName}{(authority == authorities.Issuing ? "   signs" : "")}");
        }

        await output.WriteLineAsync($"The next one: rollover {To} {authorities.Generations.Count + 1}");
    }

    private static int GenerationOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new StartupException($"{To} takes the number of a generation.");
}
