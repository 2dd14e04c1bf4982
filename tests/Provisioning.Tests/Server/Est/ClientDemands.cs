using System.Text.RegularExpressions;

namespace Provisioning.Tests.Server.Est;

/// <summary>What the clients that are out there insist on, in one place; each of them fails where one of these does not hold.</summary>
internal static partial class ClientDemands
{
    // strongSwan reads the head into a buffer of so many octets, once.
    private const int LongestHead = 1024;

    // libest keeps no more headers.
    private const int MostHeaders = 16;

    // The longest text that strongSwan and libest both read on one line; and the longest line that libest reads.
    private const int OneLine = 1000;
    private const int Line = 64;

    /// <summary>Looks at any answer, good or bad.</summary>
    internal static void AssertReadable(WireAnswer answer)
    {
        Assert.Matches("^HTTP/1\\.1 [0-9]{3} [A-Z]", answer.StatusLine);
        Assert.True(answer.HeadLength < LongestHead, $"{answer.HeadLength} octets of head");
        Assert.InRange(answer.Headers.Count, 1, MostHeaders);
        Assert.All(answer.Headers, header => Assert.True(header.Name == "WWW-Authenticate" || Canonical().IsMatch(header.Name), header.Name));
        Assert.Equal(answer.Headers.Count, answer.Headers.Select(header => header.Name).Distinct().Count());
        Assert.Equal(answer.Body.Length.ToString(null, null), answer["Content-Length"]);
        Assert.Null(answer["Transfer-Encoding"]);
        Assert.Null(answer["Content-Encoding"]);
        AssertRecords(answer);
        if (answer.Status == 401) Assert.StartsWith("Basic realm=\"", answer["WWW-Authenticate"], StringComparison.Ordinal);
        if (answer.Status is 202 or 429 or 503) Assert.Matches("^[1-9][0-9]{0,8}$", answer["Retry-After"]!);
        if (answer.Status != 200) Assert.Equal("text/plain; charset=utf-8", answer["Content-Type"]);
    }

    /// <summary>Looks at an answer that is base64.</summary>
    /// <returns>What it holds.</returns>
    internal static byte[] AssertBase64(WireAnswer answer, string mediaType, bool namesItself)
    {
        AssertReadable(answer);
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Equal(mediaType, answer["Content-Type"]);
        Assert.Equal("base64", answer["Content-Transfer-Encoding"]);
        Assert.EndsWith("\n", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', answer.Body);
        var lines = answer.Body[..^1].Split('\n');
        if (lines.Length > 1)
        {
            Assert.True(namesItself, "strongSwan up to 5.9.10, which names itself nowhere, reads one line.");
            Assert.All(lines[..^1], line => Assert.Equal(Line, line.Length));
            Assert.InRange(lines[^1].Length, 1, Line);
        }

        Assert.True(lines.Length > 1 || !namesItself || lines[0].Length <= OneLine, "libest reads no line as long as this one.");
        return Convert.FromBase64String(string.Concat(lines));
    }

    // strongSwan takes the head from the first record, and what is left of the body from one read after it.
    private static void AssertRecords(WireAnswer answer)
    {
        var lengths = answer.Plain;
        Assert.Equal(answer.HeadLength + answer.Body.Length, lengths.Sum());
        Assert.True(lengths[0] >= answer.HeadLength, $"The head of {answer.HeadLength} octets came in records of {string.Join(", ", lengths)}");
        Assert.True(
            lengths.Count == 1 || (lengths.Count == 2 && lengths[0] == answer.HeadLength),
            $"A head of {answer.HeadLength} and a body of {answer.Body.Length} octets came in records of {string.Join(", ", lengths)}");
    }

    [GeneratedRegex("^[A-Z][a-z0-9]*(-[A-Z][a-z0-9]*)*$")]
    private static partial Regex Canonical();
}
