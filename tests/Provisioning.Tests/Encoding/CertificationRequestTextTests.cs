using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Encoding;

public sealed class CertificationRequestTextTests
{
    private const int Cap = 16 * 1024;

    private static readonly byte[] Der = Vectors.Read("csr", "openssl-p256-rich.der");
    private static readonly string Base64 = Convert.ToBase64String(Der);

    [Theory]
    [InlineData("CERTIFICATE REQUEST")]
    [InlineData("NEW CERTIFICATE REQUEST")]
    public void P_01_Both_labels_are_accepted(string label) => Accepted(Pem(label));

    [Fact]
    public void P_01_Another_label_is_refused() => Refused(RefusalCode.Malformed, Pem("CERTIFICATE"));

    [Fact]
    public void Base64_is_accepted_on_one_line_or_several()
    {
        Accepted(Base64);
        Accepted(Base64 + "\n");
        Accepted(Convert.ToBase64String(Der, Base64FormattingOptions.InsertLineBreaks));
        Accepted(string.Join('\n', Base64.Chunk(64).Select(line => new string(line))) + "\n");
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("hello")]
    [InlineData("%%%%")]
    [InlineData("MII")]
    [InlineData("MIIB MIIB")]
    [InlineData("MIIB\tMIIB")]
    [InlineData("{\"csr\":1}")]
    public void What_is_neither_is_malformed(string text) => Refused(RefusalCode.Malformed, text);

    [Fact]
    public void A_body_may_be_DER_or_text()
    {
        foreach (var body in (byte[][])[Der, Octets(Base64), Octets(Pem("CERTIFICATE REQUEST"))])
        {
            var outcome = CertificationRequestText.ToDer(body.AsSpan());
            Assert.Equal(Der, Assert.IsType<Outcome<byte[]>.Success>(outcome).Value);
        }

    }

    [Fact]
    public void C_09_A_body_that_is_neither_is_malformed()
    {
        byte[][] bodies = [[], [0x00], [0x68], "hello"u8.ToArray(), [.. Enumerable.Repeat((byte)0xFF, Cap)]];
        foreach (var body in bodies)
            Assert.Equal(RefusalCode.Malformed, CodeOf(CertificationRequestText.ToDer(body.AsSpan())));
    }

    [Fact]
    public void C_12_More_than_16_KiB_is_too_large()
    {
        Refused(RefusalCode.TooLarge, new string('A', Cap + 1));
        Assert.Equal(RefusalCode.TooLarge, CodeOf(CertificationRequestText.ToDer(new byte[Cap + 1].AsSpan())));
    }

    [Fact]
    public void Every_damage_to_a_text_gets_an_answer()
    {
        foreach (var text in (string[])[Pem("CERTIFICATE REQUEST"), Base64])
        {
            foreach (var damaged in Mutations.OfText(Octets(text)))
                _ = CertificationRequestText.ToDer(damaged.AsSpan());
        }
    }

    [Fact]
    public void A_PEM_text_that_is_cut_off_is_malformed()
    {
        foreach (var cut in Mutations.Cuts(Octets(Pem("CERTIFICATE REQUEST").TrimEnd('\n'))))
            Refused(RefusalCode.Malformed, System.Text.Encoding.ASCII.GetString(cut));
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("\t")]
    [InlineData("\r")]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData(" \r\n\t \n")]
    public void E_02_White_space_may_stand_anywhere_in_the_base64_of_EST(string space)
    {
        foreach (var vector in AllVectors())
        {
            var text = Convert.ToBase64String(vector);
            foreach (var length in (int[])[1, 3, 64, 76, text.Length])
            {
                var spaced = space + string.Join(space, text.Chunk(length).Select(line => new string(line))) + space;
                if (spaced.Length <= Cap) Assert.Equal(vector, Assert.IsType<Outcome<byte[]>.Success>(FromBase64(spaced)).Value);
            }
        }
    }

    [Fact]
    public void Every_damage_to_the_base64_of_EST_gets_an_answer()
    {
        foreach (var vector in AllVectors())
        {
            var text = Octets(Convert.ToBase64String(vector));
            foreach (var damaged in Mutations.OfText(text)) _ = CertificationRequestText.FromBase64(damaged);

            // The DER itself, as it is and damaged, is taken for what it is, or for anything but base64.
            foreach (var damaged in Mutations.OfDer(vector)) _ = CertificationRequestText.FromBase64(damaged);
            Assert.Equal(RefusalCode.Malformed, CodeOf(CertificationRequestText.FromBase64(vector)));
        }
    }

    [Fact]
    public void The_base64_of_EST_is_strict_but_for_white_space()
    {
        foreach (var text in (string[])["", " \r\n", "MAA", "MAA==", "MA=A", "MAB=", "MII-", "M\0AA", "MAA=\u00A0", "MAA=\v", Pem("CERTIFICATE REQUEST")])
            Assert.Equal(RefusalCode.Malformed, CodeOf(FromBase64(text)));
        Assert.Equal(RefusalCode.TooLarge, CodeOf(FromBase64(new string('A', Cap + 1))));
        Assert.Equal([0x30, 0x00], Assert.IsType<Outcome<byte[]>.Success>(FromBase64("MAA=")).Value);
    }

    private static IEnumerable<byte[]> AllVectors() =>
        Directory.EnumerateFiles(Path.Combine(Vectors.Directory, "csr"), "*.der").Select(File.ReadAllBytes);

    private static Outcome<byte[]> FromBase64(string text) => CertificationRequestText.FromBase64(System.Text.Encoding.Latin1.GetBytes(text));

    private static string Pem(string label)
    {
        var lines = string.Concat(Base64.Chunk(64).Select(line => new string(line) + "\n"));
        return $"-----BEGIN {label}-----\n{lines}-----END {label}-----\n";
    }

    private static byte[] Octets(string text) => System.Text.Encoding.ASCII.GetBytes(text);

    private static void Accepted(string text) =>
        Assert.Equal(Der, Assert.IsType<Outcome<byte[]>.Success>(CertificationRequestText.ToDer(text)).Value);

    private static void Refused(RefusalCode code, string text) =>
        Assert.Equal(code, CodeOf(CertificationRequestText.ToDer(text)));

    private static RefusalCode CodeOf(Outcome<byte[]> outcome) =>
        Assert.IsType<Outcome<byte[]>.Refused>(outcome).Refusal.Code;
}
