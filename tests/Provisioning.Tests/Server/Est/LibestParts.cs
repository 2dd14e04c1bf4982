using System.Text.RegularExpressions;

namespace Provisioning.Tests.Server.Est;

/// <summary>
/// An answer of serverkeygen, taken apart as libest does it, which reads no MIME but what its own server writes: in front of the first delimiter it
/// passes over every hyphen; it counts the octets of the boundary and does not compare them; it knows two headers and their values, in one spelling;
/// and a part ends where a line begins with a hyphen.
/// </summary>
/// <param name="Key">The base64 of the key, with the ends of its lines but the last one.</param>
/// <param name="Certificates">The base64 of the certs-only message, in the same way.</param>
internal sealed partial record LibestParts(string Key, string Certificates)
{
    private const string Line = "\r\n";
    private const int LongestBoundary = 70;

    /// <summary>Reads them; fails where libest would.</summary>
    internal static LibestParts Read(WireAnswer answer)
    {
        var type = answer["Content-Type"]!;
        Assert.StartsWith("multipart/mixed", type, StringComparison.Ordinal);
        var boundary = type[(type.IndexOf("boundary=", StringComparison.Ordinal) + "boundary=".Length)..];
        Assert.InRange(boundary.Length, 1, LongestBoundary);
        Assert.Matches(BoundaryForm(), boundary);

        var at = answer.Body.IndexOf(boundary, StringComparison.Ordinal) - "--".Length;
        while (answer.Body[at] == '-') at++;
        var key = ReadPart(answer.Body, boundary.Length, "application/pkcs8", ref at);
        var certificates = ReadPart(answer.Body, boundary.Length, EstCalls.CertsOnly, ref at);

        // Of base64 with its line ends, so much and no more: a key of a curve is too short for it.
        Assert.InRange(key.Length, 256, 8192);
        Assert.InRange(certificates.Length, 128, 4096);
        return new LibestParts(key, certificates);
    }

    private static string ReadPart(string body, int boundaryLength, string type, ref int at)
    {
        at += boundaryLength;
        Expect(body, Line, ref at);
        Expect(body, $"Content-Type: {type}{Line}", ref at);
        Expect(body, $"Content-Transfer-Encoding: base64{Line}", ref at);
        Expect(body, Line, ref at);
        var end = body.IndexOf(Line + "-", at, StringComparison.Ordinal);
        Assert.True(end >= 0, "The part has no end.");
        var data = body[at..end];
        at = end + Line.Length + "--".Length;
        return data;
    }

    private static void Expect(string body, string text, ref int at)
    {
        Assert.True(string.CompareOrdinal(body, at, text, 0, text.Length) == 0, $"'{text}' is not at {at} of: {body}");
        at += text.Length;
    }

    [GeneratedRegex("^[A-Za-z0-9'()+,./:_=?-]+$")]
    private static partial Regex BoundaryForm();
}
