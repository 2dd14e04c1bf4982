using Provisioning.Core.Authorities;

namespace Provisioning.Server.Configuration;

/// <summary>Reads <see cref="ServerOptions"/> and says clearly what is wrong with them.</summary>
internal static class Settings
{
    /// <exception cref="StartupException">A key is unknown or a value cannot be used.</exception>
    internal static ServerOptions Read(IConfiguration configuration)
    {
        try
        {
            var options = new ServerOptions();
            configuration.GetSection(ServerOptions.Section).Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
            _ = options.Addresses(isDevelopment: false);
            _ = MetricsScrapers(options);
            if (options.Limits.Rates.Any(rate => rate.PerSecond < 1 || rate.Burst < 1) || options.Limits.Connections < 1 || options.Limits.DevicesAtOnce < 1)
                throw new InvalidOperationException("every limit is at least 1.");
            if (options.StorageTimeout < TimeSpan.FromMilliseconds(100) || options.StorageTimeout > TimeSpan.FromMinutes(1))
                throw new InvalidOperationException("StorageTimeout is from 0.1 s to 1 minute, such as 00:00:04.");
            if (options.Revocation.SecondAdministratorAbove < 0)
                throw new InvalidOperationException("Revocation: SecondAdministratorAbove is a number from 0.");
            if (options.Ocsp.ToOptions().FindProblem() is { } problem) throw new InvalidOperationException($"Ocsp: {problem}");
            if (options.Crl.ToOptions(new DataDirectory(options.DataDirectory), options.ToAddresses()).FindProblem() is { } wrong)
                throw new InvalidOperationException($"Crl: {wrong}");
            if (options.Webhooks.ToOptions().FindProblem() is { } badWebhooks) throw new InvalidOperationException($"Webhooks: {badWebhooks}");
            if (options.Webhooks.TrustFile is { } file && !File.Exists(file)) throw new InvalidOperationException($"Webhooks: there is no file '{file}'.");
            _ = options.Webhooks.ToTargets();
            if (options.Feed.ToOptions().FindProblem() is { } badFeed) throw new InvalidOperationException($"Feed: {badFeed}");
            return options;
        }
        catch (Exception unusable) when (unusable is InvalidOperationException or FormatException)
        {
            throw new StartupException($"The configuration cannot be used: {unusable.Message}", unusable);
        }
    }

    internal static IReadOnlyList<System.Net.IPNetwork> MetricsScrapers(ServerOptions options) =>
        [.. options.MetricsScrapers.Select(text => System.Net.IPNetwork.Parse(text.Contains('/') ? text : text + (text.Contains(':') ? "/128" : "/32")))];
}
