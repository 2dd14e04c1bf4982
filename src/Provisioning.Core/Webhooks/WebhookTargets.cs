using System.Net;
using System.Net.Sockets;

namespace Provisioning.Core.Webhooks;

/// <summary>
/// Where messages may go. The service stands where an attacker would like to be, so nothing is allowed that the operator has not named:
/// by host name, which then must lead to public addresses, or by address.
/// </summary>
/// <param name="Hosts">Host names, <c>*.plant.example</c> for all below one, addresses, and networks such as <c>10.0.5.0/24</c>.</param>
/// <param name="AllowHttp">Whether http is good enough.</param>
public sealed record WebhookTargets(IReadOnlyList<string> Hosts, bool AllowHttp)
{
    // RFC 6890 and its registries: what is not for the open Internet. IPv6 is judged by what is: 2000::/3 without these.
    private static readonly IPNetwork[] Special =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
            "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        }.Select(text => IPNetwork.Parse(text)),
    ];

    private static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");

    private readonly IPNetwork[] _networks = [.. Hosts.Where(IsAddress).Select(ToNetwork)];
    private readonly string[] _names = [.. Hosts.Where(host => !IsAddress(host)).Select(host => host.TrimEnd('.').ToLowerInvariant())];

    /// <summary>Judges an address when it is said.</summary>
    /// <param name="url">What was said.</param>
    /// <returns>Why it cannot be used, for people; or null. Where its name leads to is judged at every connection.</returns>
    public string? FindProblem(string url)
    {
        if (url.Length > WebhookDefinition.MaxUrl || !Uri.TryCreate(url, UriKind.Absolute, out var uri) || !uri.IsWellFormedOriginalString())
            return $"It is an absolute URL of at most {WebhookDefinition.MaxUrl} characters.";
        if (uri.Scheme != Uri.UriSchemeHttps && !(AllowHttp && uri.Scheme == Uri.UriSchemeHttp))
            return AllowHttp ? "It begins with https:// or http://." : "It begins with https://.";
        if (uri.UserInfo.Length > 0 || uri.Fragment.Length > 0) return "It has no user, no password and no fragment.";
        var host = HostOf(uri);
        if (IPAddress.TryParse(host, out var address) ? Allows(host, address) : IsNamed(host) || _networks.Length > 0) return null;
        return "Its host is not one that the operator allows (Provisioning__Webhooks__Hosts).";
    }

    /// <summary>Judges an address that is about to be connected to.</summary>
    /// <param name="host">The host in the URL.</param>
    /// <param name="address">Where it leads to.</param>
    /// <returns>True when it may be connected to.</returns>
    public bool Allows(string host, IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return Array.Exists(_networks, network => network.Contains(address)) || (IsNamed(host) && IsPublic(address));
    }

    /// <summary>The host of a URL as a connection names it.</summary>
    /// <param name="uri">The URL.</param>
    /// <returns>In lower case, without brackets and without a dot at the end.</returns>
    public static string HostOf(Uri uri) => uri.IdnHost.Trim('[', ']').TrimEnd('.').ToLowerInvariant();

    private static bool IsPublic(IPAddress address) =>
        (address.AddressFamily == AddressFamily.InterNetwork || Global.Contains(address)) && !Array.Exists(Special, network => network.Contains(address));

    private bool IsNamed(string host)
    {
        var asked = host.TrimEnd('.').ToLowerInvariant();
        return Array.Exists(_names, name => name.StartsWith("*.", StringComparison.Ordinal)
            ? asked.Length > name.Length - 1 && asked.EndsWith(name[1..], StringComparison.Ordinal)
            : asked == name);
    }

    private static bool IsAddress(string host) => IPNetwork.TryParse(host, out _) || IPAddress.TryParse(host, out _);

    private static IPNetwork ToNetwork(string host) => IPNetwork.TryParse(host, out var network)
        ? network
        : new IPNetwork(IPAddress.Parse(host), host.Contains(':', StringComparison.Ordinal) ? 128 : 32);
}
