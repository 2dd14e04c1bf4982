using System.Net;
using Provisioning.Core.Certificates;
using Provisioning.Server.Configuration;

namespace Provisioning.Server.Tls;

/// <summary>The names that the server's certificate carries.</summary>
internal static class ServerNames
{
    internal static IReadOnlyList<GeneralName> Of(ServerOptions options, bool isDevelopment)
    {
        List<string> names = [options.PublicName, .. options.ServerNames];
        foreach (var address in options.Addresses(isDevelopment))
        {
            if (IPAddress.IsLoopback(address)) names.AddRange(["localhost", "127.0.0.1", "::1"]);
            if (!address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)) names.Add(address.ToString());
        }

        return [.. names.Distinct(StringComparer.OrdinalIgnoreCase).Select(ToName)];
    }

    private static GeneralName ToName(string name) => IPAddress.TryParse(name, out var address)
        ? new GeneralName.Ip(address.ToString())
        : new GeneralName.Dns(name.ToLowerInvariant());
}
