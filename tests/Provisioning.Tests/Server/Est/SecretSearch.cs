namespace Provisioning.Tests.Server.Est;

/// <summary>
/// Looks for secrets however somebody may have written them down: as they are, in hex of either case, in base64 (that of URLs, and as JSON escapes it,
/// too) wherever in what was encoded they stand, and all of that broken into lines.
/// </summary>
internal sealed class SecretSearch
{
    private readonly List<byte[]> _forms = [];

    /// <summary>Prepares the search.</summary>
    /// <param name="secrets">The octets of each; shorter ones than a key's would be found everywhere.</param>
    internal SecretSearch(params byte[][] secrets)
    {
        foreach (var secret in secrets)
        {
            Assert.InRange(secret.Length, 16, int.MaxValue);
            _forms.Add(secret);
            Add(Convert.ToHexString(secret));
            Add(Convert.ToHexStringLower(secret));
            for (var octetsBefore = 0; octetsBefore < 3; octetsBefore++) AddBase64(secret, octetsBefore);
        }
    }

    /// <summary>Asks whether one of the secrets is there.</summary>
    internal bool Finds(byte[] octets)
    {
        var unbroken = octets.Where(octet => octet is not ((byte)'\r' or (byte)'\n')).ToArray();
        return _forms.Exists(form => octets.AsSpan().IndexOf(form) >= 0 || unbroken.AsSpan().IndexOf(form) >= 0);
    }

    internal bool Finds(string text) => Finds(System.Text.Encoding.UTF8.GetBytes(text));

    // Three octets are four characters: of those at the ends, what stands before and behind the secret is a part.
    private void AddBase64(byte[] secret, int octetsBefore)
    {
        var all = Convert.ToBase64String([.. new byte[octetsBefore], .. secret]);
        var own = all[((octetsBefore * 8 + 5) / 6)..((octetsBefore + secret.Length) * 8 / 6)];
        Add(own);
        Add(own.Replace('+', '-').Replace('/', '_'));
        Add(own.Replace("+", "\\u002B", StringComparison.Ordinal));
    }

    private void Add(string form) => _forms.Add(System.Text.Encoding.ASCII.GetBytes(form));
}
