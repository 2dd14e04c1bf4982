using System.Formats.Asn1;
using Provisioning.Core.Certificates;
using Provisioning.Est;
using Provisioning.Tests.Certificates;

namespace Provisioning.Tests.Est;

public sealed class CsrAttributesTests
{
    private const string EcPublicKey = "1.2.840.10045.2.1", RsaEncryption = "1.2.840.113549.1.1.1", ChallengePassword = "1.2.840.113549.1.9.7";

    private static readonly Dictionary<KeyAlgorithm, (string Type, object Value, string Digest)> Keys = new()
    {
        [KeyAlgorithm.P256] = (EcPublicKey, "1.2.840.10045.3.1.7", "1.2.840.10045.4.3.2"),
        [KeyAlgorithm.P384] = (EcPublicKey, "1.3.132.0.34", "1.2.840.10045.4.3.3"),
        [KeyAlgorithm.P521] = (EcPublicKey, "1.3.132.0.35", "1.2.840.10045.4.3.4"),
        [KeyAlgorithm.Rsa2048] = (RsaEncryption, 2048, "1.2.840.113549.1.1.11"),
        [KeyAlgorithm.Rsa3072] = (RsaEncryption, 3072, "1.2.840.113549.1.1.11"),
        [KeyAlgorithm.Rsa4096] = (RsaEncryption, 4096, "1.2.840.113549.1.1.11"),
    };

    public static TheoryData<string> EveryProfile => [.. TestProfiles.Names];

    [Theory]
    [MemberData(nameof(EveryProfile))]
    public void Every_profile_tells_a_key_that_it_takes_its_digest_and_its_usages(string name)
    {
        var profile = TestProfiles.Read(name);

        var told = Told.Read(CsrAttributes.Write(profile, bindsChannel: false));

        Assert.Equal(profile.KeyAlgorithms.Select(one => Keys[one].Type).Distinct().Order(), told.Keys.Keys.Order());
        foreach (var (type, value) in told.Keys)
            Assert.Contains(profile.KeyAlgorithms, one => Keys[one].Type == type && Keys[one].Value.Equals(value));
        Assert.Equal(profile.KeyAlgorithms.Select(one => Keys[one].Digest).Distinct().Order(), told.Oids.Order());
        Assert.Equal(profile.ExtendedKeyUsages, told.ExtendedKeyUsages);
        var usages = profile.KeyAlgorithms.Select(profile.KeyUsageOf).Distinct().ToList();
        Assert.Equal(usages.Count == 1 ? usages[0] : KeyUsages.None, told.KeyUsage);
    }

    [Fact]
    public void Of_several_keys_of_a_kind_the_one_is_told_that_costs_a_device_least()
    {
        var told = Told.Read(CsrAttributes.Write(TestProfiles.Read("device"), bindsChannel: false));

        Assert.Equal("1.2.840.10045.3.1.7", told.Keys[EcPublicKey]);
        Assert.Equal(2048, told.Keys[RsaEncryption]);
    }

    [Fact]
    public void Where_requests_are_bound_to_their_session_challengePassword_comes_first()
    {
        var device = TestProfiles.Read("device");

        Assert.Equal(ChallengePassword, Told.Read(CsrAttributes.Write(device, bindsChannel: true)).Oids[0]);
        Assert.DoesNotContain(ChallengePassword, Told.Read(CsrAttributes.Write(device, bindsChannel: false)).Oids);
    }

    // RFC 7030 §4.5.2 as a client reads it: OIDs, and attributes with at least one value.
    private sealed record Told(
        List<string> Oids, Dictionary<string, object> Keys, KeyUsages KeyUsage, List<string> ExtendedKeyUsages)
    {
        internal static Told Read(byte[] der)
        {
            var told = new Told([], [], KeyUsages.None, []);
            var all = new AsnReader(der, AsnEncodingRules.DER);
            var sequence = all.ReadSequence();
            all.ThrowIfNotEmpty();
            while (sequence.HasData)
            {
                if (sequence.PeekTag() == Asn1Tag.ObjectIdentifier) told.Oids.Add(sequence.ReadObjectIdentifier());
                else told = told.ReadAttribute(sequence.ReadSequence());
            }

            return told;
        }

        private Told ReadAttribute(AsnReader attribute)
        {
            var type = attribute.ReadObjectIdentifier();
            var values = attribute.ReadSetOf();
            attribute.ThrowIfNotEmpty();
            var told = this;
            if (type == "1.2.840.113549.1.9.14") told = ReadExtensions(values.ReadSequence());
            else Keys.Add(type, type == RsaEncryption ? (int)values.ReadInteger() : values.ReadObjectIdentifier());
            values.ThrowIfNotEmpty();
            return told;
        }

        private Told ReadExtensions(AsnReader extensions)
        {
            var told = this;
            Assert.True(extensions.HasData);
            while (extensions.HasData)
            {
                var extension = extensions.ReadSequence();
                var id = extension.ReadObjectIdentifier();
                var isCritical = extension.PeekTag() == Asn1Tag.Boolean && extension.ReadBoolean();
                var value = new AsnReader(extension.ReadOctetString(), AsnEncodingRules.DER);
                extension.ThrowIfNotEmpty();
                Assert.Equal(id == "2.5.29.15", isCritical);
                if (id == "2.5.29.15")
                {
                    told = told with { KeyUsage = value.ReadNamedBitListValue<KeyUsages>() };
                }
                else
                {
                    Assert.Equal("2.5.29.37", id);
                    for (var purposes = value.ReadSequence(); purposes.HasData;) ExtendedKeyUsages.Add(purposes.ReadObjectIdentifier());
                }

                value.ThrowIfNotEmpty();
            }

            return told;
        }
    }
}
