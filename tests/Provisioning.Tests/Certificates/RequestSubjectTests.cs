using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Certificates;

public sealed class RequestSubjectTests
{
    [Theory]
    [InlineData("dev-1")]
    [InlineData("Gerät 7 (Süd)")]
    [InlineData("насос")]
    [InlineData("ポンプ")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901234")]
    public void A_common_name_is_taken_as_it_stands(string name) =>
        Assert.Equal(name, Accepted(Der.Utf8(name)));

    [Fact]
    public void A_PrintableString_is_taken() =>
        Assert.Equal("dev-1", Accepted(Der.Printable("dev-1")));

    [Fact]
    public void C_20_A_NUL_in_the_common_name_is_refused() => RefuseName(Der.Utf8("dev-1\0.evil"));

    [Theory]
    [InlineData("\u0001")]
    [InlineData("\n")]
    [InlineData("\u007F")]
    [InlineData("\u0085")]
    public void C_20_A_control_character_in_the_common_name_is_refused(string control) =>
        RefuseName(Der.Utf8($"dev{control}1"));

    [Theory]
    [InlineData("6465FF76")]
    [InlineData("C080")]
    [InlineData("EDA080")]
    [InlineData("64C3")]
    [InlineData("F4908080")]
    public void C_21_A_common_name_in_invalid_UTF_8_is_refused(string hex) =>
        RefuseName(Der.Tlv(0x0C, Convert.FromHexString(hex)));

    [Fact]
    public void C_22_A_BMPString_is_taken_as_text() =>
        Assert.Equal("dev-1", Accepted(Bmp("dev-1")));

    [Fact]
    public void C_22_A_BMPString_of_odd_length_or_with_surrogates_is_refused()
    {
        RefuseName(Der.Tlv(0x1E, [0x00, 0x64, 0x00]));
        RefuseName(Der.Tlv(0x1E, [0x00, 0x64, 0xD8, 0x00]));
    }

    [Theory]
    [InlineData(0x14)] // TeletexString
    [InlineData(0x1A)] // VisibleString
    [InlineData(0x16)] // IA5String
    [InlineData(0x12)] // NumericString
    [InlineData(0x1B)] // GeneralString
    public void C_23_A_common_name_of_another_string_type_is_refused(byte tag) =>
        RefuseName(Der.Tlv(tag, [0x31, 0x32]));

    [Fact]
    public void C_23_A_UniversalString_and_Latin_1_in_a_TeletexString_are_refused()
    {
        RefuseName(Der.Tlv(0x1C, [0, 0, 0, 0x64]));
        RefuseName(Der.Tlv(0x14, [0x64, 0xE4]));
    }

    [Fact]
    public void C_23_A_PrintableString_with_other_characters_is_refused() => RefuseName(Der.Printable("dev_1"));

    [Fact]
    public void C_25_A_common_name_that_is_no_string_is_refused()
    {
        RefuseName(Der.Integer(1));
        RefuseName(Der.Sequence(Der.Utf8("dev-1")));
        RefuseName(Der.Octets("dev-1"u8.ToArray()));
        RefuseName(Der.Tlv(0x2C, Der.Utf8("dev-1")));
        RefuseName(Der.Tlv(0x8C, "dev-1"u8.ToArray()));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("   ")]
    [InlineData(" dev-1")]
    [InlineData("dev-1 ")]
    public void C_26_An_empty_common_name_or_one_with_outer_spaces_is_refused(string name) =>
        RefuseName(Der.Utf8(name));

    [Fact]
    public void C_26_A_common_name_of_more_than_64_characters_is_refused()
    {
        RefuseName(Der.Utf8(new string('a', 65)));
        Requests.Refused(
            RefusalCode.TooLarge, new CsrBuilder { Subject = Der.Name(Der.Utf8(new string('a', 100_000))) });
    }

    [Theory]
    [InlineData("dev\u202Etxt.1")] // right-to-left override
    [InlineData("dev\u2066-1")] // isolate
    [InlineData("dev\u200B-1")] // zero-width space
    [InlineData("dev\u200D-1")] // zero-width joiner
    [InlineData("\uFEFFdev-1")] // byte order mark
    [InlineData("dev\u00AD-1")] // soft hyphen
    [InlineData("dev\u3164-1")] // Hangul filler
    [InlineData("dev\u00A0-1")] // no-break space
    [InlineData("dev\uFFFD-1")] // replacement character
    [InlineData("dev\uE000-1")] // private use
    [InlineData("dev\U000E0041-1")] // tag
    public void C_27_Bidirectional_and_invisible_characters_are_refused(string name) => RefuseName(Der.Utf8(name));

    [Theory]
    [InlineData("Gera\u0308t")] // a, combining diaeresis
    [InlineData("\u212B")] // Angstrom sign
    [InlineData("\u2126")] // Ohm sign
    [InlineData("\u1100\u1161")] // conjoining jamo
    [InlineData("\uFF44\uFF45\uFF56")] // full-width letters
    public void C_27_Names_that_are_not_in_normalization_form_C_are_refused(string name) => RefuseName(Der.Utf8(name));

    [Theory]
    [InlineData("d\u0435v-1")] // Cyrillic e
    [InlineData("\u03BFne")] // Greek omicron
    public void C_27_Mixed_scripts_are_refused(string name) => RefuseName(Der.Utf8(name));

    [Fact]
    public void C_29_An_empty_subject_is_a_fact() =>
        Assert.Null(Requests.Accepted(new CsrBuilder { Subject = Der.Sequence() }).CommonName);

    [Fact]
    public void Other_attributes_of_the_subject_are_a_fact()
    {
        var request = Requests.Accepted(new CsrBuilder
        {
            Subject = Der.Sequence(
                Der.NameAttribute("2.5.4.6", Der.Printable("DE")),
                Der.Set(
                    Der.Sequence(Der.Oid("2.5.4.3"), Der.Utf8("dev-1")),
                    Der.Sequence(Der.Oid("1.2.840.113549.1.9.1"), Der.Tlv(0x16, "a@b.example"u8.ToArray())))),
        });
        Assert.Equal("dev-1", request.CommonName);
        Assert.True(request.HasOtherSubjectAttributes);
    }

    [Fact]
    public void Other_attributes_of_the_subject_are_read_as_strictly()
    {
        RefuseSubject(Der.Sequence(Der.NameAttribute("2.5.4.10", Der.Utf8("Acme\0"))));
        RefuseSubject(Der.Sequence(Der.NameAttribute("2.5.4.10", Der.Tlv(0x14, [0x41]))));
        RefuseSubject(Der.Sequence(Der.NameAttribute("2.5.4.10", Der.Utf8(new string('a', 256)))));
    }

    [Fact]
    public void Two_common_names_are_refused()
    {
        var name = Der.NameAttribute("2.5.4.3", Der.Utf8("dev-1"));
        RefuseSubject(Der.Sequence(name, name));
    }

    [Fact]
    public void An_empty_or_crowded_name_is_refused()
    {
        RefuseSubject(Der.Sequence(Der.Set()));
        RefuseSubject(Der.Sequence([.. Enumerable.Repeat(Der.NameAttribute("2.5.4.11", Der.Utf8("a")), 17)]));
    }

    private static byte[] Bmp(string text) => Der.Tlv(0x1E, System.Text.Encoding.BigEndianUnicode.GetBytes(text));

    private static string? Accepted(byte[] commonName) =>
        Requests.Accepted(new CsrBuilder { Subject = Der.Name(commonName) }).CommonName;

    private static void RefuseName(byte[] commonName) => RefuseSubject(Der.Name(commonName));

    private static void RefuseSubject(byte[] subject) =>
        Requests.Refused(RefusalCode.BadCsr, new CsrBuilder { Subject = subject });
}
