using Provisioning.Core.Enrollment;

namespace Provisioning.Tests.Certificates;

/// <summary>How a key that is made here shall be encrypted (RFC 7030 §4.4.1), as a request says it.</summary>
public sealed class RequestKeyProtectionTests
{
    private static readonly byte[] Capabilities = KeyProtections.Capabilities(Der.Sequence(KeyProtections.Capability(KeyProtections.Aes256Cbc)));

    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, 64)]
    [InlineData(false, 1)]
    [InlineData(false, 64)]
    public void The_key_to_encrypt_for_is_a_fact(bool isSymmetric, int length)
    {
        var identifier = new byte[length];
        identifier[^1] = 7;

        var asked = Requests.Accepted(With(Identifier(isSymmetric, identifier))).Protection!;

        Assert.Equal(isSymmetric, asked.IsSymmetric);
        Assert.Equal(identifier, asked.KeyIdentifier.ToArray());
        Assert.Empty(asked.Capabilities);
    }

    [Fact]
    public void The_algorithms_are_facts_in_their_order_wherever_the_list_stands()
    {
        // Parameters are of the algorithm, and not looked at: RC2 has its bits there (RFC 8551 §2.5.2).
        var list = KeyProtections.Capabilities(Der.Sequence(
            KeyProtections.Capability(KeyProtections.Aes256Cbc),
            Der.Sequence(Der.Oid("1.2.840.113549.3.2"), Der.Integer(128)),
            Der.Sequence(Der.Oid("1.2.3"), Der.Sequence(Der.Null))));
        foreach (var request in new[] { With(Identifier(true), list), With(list, Identifier(true)) })
        {
            Assert.Equal(
                [KeyProtections.Aes256Cbc, "1.2.840.113549.3.2", "1.2.3"], Requests.Accepted(request).Protection!.Capabilities);
        }

        Assert.Equal(32, Requests.Accepted(With(Identifier(false), KeyProtections.Capabilities(32))).Protection!.Capabilities.Count);
        Assert.Empty(Requests.Accepted(With(Identifier(true), KeyProtections.Capabilities(Der.Sequence()))).Protection!.Capabilities);
    }

    [Fact]
    public void Algorithms_alone_ask_for_nothing()
    {
        Assert.Null(Requests.Accepted(With(Capabilities)).Protection);
        Assert.Null(Requests.Accepted(new CsrBuilder()).Protection);
    }

    [Fact]
    public void E_12_Two_keys_to_encrypt_for_are_refused()
    {
        Refused(Identifier(true), Identifier(false));
        Refused(Identifier(false), Identifier(true));
        Refused(Identifier(true), Identifier(true));
        Refused(Identifier(false), Identifier(false));
        Refused(KeyProtections.Identifier(true, Der.Octets([1]), Der.Octets([2])));
        Refused(KeyProtections.Identifier(false, Der.Octets([1]), Der.Octets([1])));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void E_12_An_identifier_that_is_empty_or_of_65_octets_is_refused(bool isSymmetric)
    {
        Refused(Identifier(isSymmetric, []));
        Refused(Identifier(isSymmetric, new byte[65]));
        Refused(Identifier(isSymmetric, new byte[3000]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void E_12_An_identifier_that_is_no_octet_string_is_refused(bool isSymmetric)
    {
        foreach (var value in new[] { Der.Utf8("abc"), Der.Integer(7), Der.Null, Der.Sequence(Der.Octets([1])), Der.Bits(1), Der.Tlv(0x24, Der.Octets([1])), Der.Tlv(0x80, [1]) })
            Refused(KeyProtections.Identifier(isSymmetric, value));
        Refused(KeyProtections.Identifier(isSymmetric));
        Refused(Der.Sequence(Der.Oid(isSymmetric ? "1.2.840.113549.1.9.16.2.37" : "1.2.840.113549.1.9.16.2.54"), Der.Octets([1])));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void E_12_Octets_behind_an_identifier_are_refused(bool isSymmetric)
    {
        Refused(KeyProtections.Identifier(isSymmetric, Der.Octets([1]), Der.Null));
        Requests.Refused(RefusalCode.Malformed, With(KeyProtections.Identifier(isSymmetric, Der.Octets([1]), [0x00])));
    }

    [Fact]
    public void E_12_33_algorithms_are_refused()
    {
        Refused(KeyProtections.Capabilities(33));
        Refused(Identifier(true), KeyProtections.Capabilities(33));
    }

    [Fact]
    public void E_12_Two_lists_of_algorithms_are_refused()
    {
        var empty = KeyProtections.Capabilities(Der.Sequence());
        Refused(Capabilities, Capabilities);
        Refused(Capabilities, empty);
        Refused(empty, Capabilities);
        Refused(empty, empty);
        Refused(KeyProtections.Capabilities(Der.Sequence(), Der.Sequence()));
    }

    [Fact]
    public void E_12_A_list_of_algorithms_that_is_none_is_refused()
    {
        Refused(KeyProtections.Capabilities());
        foreach (var list in new[] { Der.Null, Der.Oid("1.2.3"), Der.Octets([1]), Der.Set(KeyProtections.Capability("1.2.3")) })
            Refused(KeyProtections.Capabilities(list));
        foreach (var one in new[]
        {
            Der.Null, Der.Oid("1.2.3"), Der.Sequence(), Der.Set(Der.Oid("1.2.3")), Der.Sequence(Der.Utf8("1.2.3")), Der.Sequence(Der.Sequence(Der.Oid("1.2.3"))),
            Der.Sequence(Der.Tlv(0x06)), Der.Sequence(Der.Tlv(0x06, [0x80, 0x01])), Der.Sequence(Der.Tlv(0x06, [0x2A, 0x83])), Der.Sequence(Der.Tlv(0x06, new byte[33])),
        })
        {
            Refused(KeyProtections.Capabilities(Der.Sequence(KeyProtections.Capability("1.2.3"), one)));
        }
    }

    [Fact]
    public void E_12_Octets_behind_an_algorithm_or_the_list_are_refused()
    {
        Refused(KeyProtections.Capabilities(Der.Sequence(Der.Sequence(Der.Oid("1.2.3"), Der.Null, Der.Null))));
        Refused(KeyProtections.Capabilities(Der.Sequence(KeyProtections.Capability("1.2.3")), Der.Null));
        Requests.Refused(RefusalCode.Malformed, With(KeyProtections.Capabilities(Der.Sequence(Der.Sequence(Der.Oid("1.2.3"), [0x05])))));
    }

    private static void Refused(params byte[][] attributes) => Requests.Refused(RefusalCode.BadCsr, With(attributes));

    private static byte[] Identifier(bool isSymmetric, byte[]? identifier = null) =>
        KeyProtections.Identifier(isSymmetric, Der.Octets(identifier ?? "7KXQ2MZ4"u8.ToArray()));

    private static CsrBuilder With(params byte[][] attributes) => new() { Attributes = attributes };
}
