
using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Encoding;

public sealed class PemReaderTests
{
    private const int Cap = 16 * 1024;
    private const string Label = "CERTIFICATE REQUEST";
    private static readonly byte[] Payload = [.. Enumerable.Range(0, 200).Select(i => (byte)i)];

    private static readonly string Good = Pem(Label, Lines(Payload, 64));

    [Fact]
    public void An_object_is_read() => Assert.Equal(Payload, Accepted(Good));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(47)]
    [InlineData(48)]
    [InlineData(49)]
    public void Any_length_is_read(int length) =>
        Assert.Equal(Payload[..length], Accepted(Pem(Label, Lines(Payload[..length], 64))));

    [Fact]
    public void The_last_line_break_may_be_missing() => Assert.Equal(Payload, Accepted(Good.TrimEnd('\n')));

    [Fact]
    public void P_03_CRLF_and_lines_of_76_are_accepted()
    {
        Assert.Equal(Payload, Accepted(Good.Replace("\n", "\r\n", StringComparison.Ordinal)));
        Assert.Equal(Payload, Accepted(Pem(Label, Lines(Payload, 76))));
    }

    [Fact]
    public void P_03_Whitespace_outside_is_accepted() =>
        Assert.Equal(Payload, Accepted(" \n\r\n  " + Good + "  \r\n\n "));

    [Fact]
    public void P_01_Only_the_labels_asked_for_are_accepted()
    {
        Refused(RefusalCode.Malformed, Pem("NEW CERTIFICATE REQUEST", Lines(Payload, 64)));
        Refused(RefusalCode.Malformed, Pem("CERTIFICATE", Lines(Payload, 64)));
        Assert.Equal(Payload, Assert.IsType<Outcome<byte[]>.Success>(
            PemReader.Read(Pem("B", Lines(Payload, 64)), ["A", "B"], Cap)).Value);
    }

    [Fact]
    public void P_02_A_label_in_lower_case_is_refused()
    {
        Refused(RefusalCode.Malformed, Pem("certificate request", Lines(Payload, 64)));
        Refused(RefusalCode.Malformed, Good.Replace("BEGIN", "begin", StringComparison.Ordinal));
        Refused(RefusalCode.Malformed, Good.Replace("END", "end", StringComparison.Ordinal));
    }

    [Fact]
    public void P_02_Labels_that_differ_are_refused() => Refused(
        RefusalCode.Malformed, Good.Replace("END CERTIFICATE REQUEST", "END CERTIFICATE", StringComparison.Ordinal));

    [Fact]
    public void P_02_A_missing_END_is_refused() =>
        Refused(RefusalCode.Malformed, Good[..Good.IndexOf("-----END", StringComparison.Ordinal)]);

    public static TheoryData<string> Strays() => new(
        "Subject: dev-1\n" + Good, // preamble
        "\uFEFF" + Good, // byte order mark
        Good.Replace('\n', '\r'), // CR only
        Good + "\r",
        "\r" + Good,
        "\t" + Good,
        Good + "\t",
        Good.Replace("\n", "\t\n", StringComparison.Ordinal),
        Good.Replace("\n", " \n", StringComparison.Ordinal),
        Good.Replace("\n", "\n\n", StringComparison.Ordinal), // blank lines
        Good.Replace("REQUEST-----\n", "REQUEST-----\nProc-Type: 4,ENCRYPTED\n\n", StringComparison.Ordinal), // header
        Pem(Label, Convert.ToBase64String(Payload) + "\n"), // one line
        Good.Replace("\n", "", StringComparison.Ordinal),
        Good.Replace('\n', ' '),
        Good.Replace("\n", "\\n", StringComparison.Ordinal),
        Good + "x",
        Good + Good,
        Good + "-----BEGIN CERTIFICATE REQUEST-----\n",
        Good.Replace("-----BEGIN", "----BEGIN", StringComparison.Ordinal),
        Good.Replace("REQUEST-----", "REQUEST----", StringComparison.Ordinal),
        Good.Replace("REQUEST-----", "REQUEST------", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Strays))]
    public void P_03_Anything_else_inside_or_outside_is_refused(string text) => Refused(RefusalCode.Malformed, text);

    [Theory]
    [InlineData("")]
    [InlineData("=\n")]
    [InlineData("====\n")]
    [InlineData("A===\n")]
    [InlineData("AA\n")]
    [InlineData("AAA\n")]
    [InlineData("AA=A\n")]
    [InlineData("AA==AAAA\n")]
    [InlineData("AA==\nAAAA\n")]
    [InlineData("AB==\n")] // unused bits that are set
    [InlineData("AAB=\n")]
    [InlineData("AA_A\n")] // base64url
    [InlineData("AA\0A\n")]
    [InlineData("AA\u00C4A\n")]
    public void Base64_that_is_not_canonical_is_refused(string body) =>
        Refused(RefusalCode.Malformed, Pem(Label, body));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("-")]
    [InlineData("----------")]
    [InlineData("-----BEGIN -----")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\n")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\nAAAA-----END CERTIFICATE REQUEST-----")]
    public void Fragments_are_refused(string text) => Refused(RefusalCode.Malformed, text);

    [Fact]
    public void P_06_A_text_above_the_cap_is_refused_unread()
    {
        Refused(RefusalCode.TooLarge, new string('-', Cap + 1));
        Refused(RefusalCode.TooLarge, new string('-', 10_000_000));
        Refused(RefusalCode.Malformed, new string('-', Cap));
    }

    [Fact]
    public void P_06_Repeated_boundaries_take_linear_time()
    {
        var text = string.Concat(Enumerable.Repeat("-----BEGIN CERTIFICATE REQUEST-----\n", 1 << 16));
        var limit = TimeSpan.FromSeconds(1);
        var time = Measured.LeastThreadTime(
            3, limit, () => Assert.IsType<Outcome<byte[]>.Refused>(PemReader.Read(text, [Label], int.MaxValue)));
        // 2 MiB, for which the framework's reader takes tens of seconds.
        Assert.True(time <= limit, $"{time.TotalSeconds} s");
    }

    private static string Pem(string label, string body) => $"-----BEGIN {label}-----\n{body}-----END {label}-----\n";

    private static string Lines(byte[] octets, int width) =>
        string.Concat(Convert.ToBase64String(octets).Chunk(width).Select(line => new string(line) + "\n"));

    private static byte[] Accepted(string text) =>
        Assert.IsType<Outcome<byte[]>.Success>(PemReader.Read(text, [Label], Cap)).Value;

    private static void Refused(RefusalCode code, string text)
    {
        var refusal = Assert.IsType<Outcome<byte[]>.Refused>(PemReader.Read(text, [Label], Cap)).Refusal;
        Assert.Equal(code, refusal.Code);
        Assert.EndsWith(".", refusal.Detail, StringComparison.Ordinal);
    }
}
