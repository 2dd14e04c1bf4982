using System.Collections.Frozen;
using System.Formats.Asn1;

namespace Provisioning.Core.Certificates;

/// <summary>The extended key usages that have a name in profiles, and the key usages that go with them.</summary>
internal static class Purposes
{
    private const KeyUsages Signs = KeyUsages.DigitalSignature | KeyUsages.ContentCommitment;
    private const KeyUsages Agrees = KeyUsages.KeyEncipherment | KeyUsages.KeyAgreement;

    private static readonly FrozenDictionary<string, string> ByName = new Dictionary<string, string>
    {
        ["serverAuth"] = Oids.ServerAuth,
        ["clientAuth"] = Oids.ClientAuth,
        ["codeSigning"] = Oids.CodeSigning,
        ["emailProtection"] = Oids.EmailProtection,
        ["timeStamping"] = Oids.TimeStamping,
        ["OCSPSigning"] = Oids.OcspSigning,
        ["eapOverPPP"] = Oids.EapOverPpp,
        ["eapOverLAN"] = Oids.EapOverLan,
        ["ipsecIKE"] = Oids.IpsecIke,
        ["documentSigning"] = Oids.DocumentSigning,
    }.ToFrozenDictionary();

    // RFC 5280 §4.2.1.12; RFC 4945 §5.1.3.12 for IKE; RFC 9336 §3.2 for documents.
    private static readonly FrozenDictionary<string, KeyUsages> Consistent = new Dictionary<string, KeyUsages>
    {
        [Oids.ServerAuth] = KeyUsages.DigitalSignature | Agrees,
        [Oids.ClientAuth] = KeyUsages.DigitalSignature | KeyUsages.KeyAgreement,
        [Oids.CodeSigning] = KeyUsages.DigitalSignature,
        [Oids.EmailProtection] = Signs | Agrees,
        [Oids.TimeStamping] = Signs,
        [Oids.OcspSigning] = Signs,
        [Oids.IpsecIke] = Signs,
        [Oids.DocumentSigning] = Signs,
    }.ToFrozenDictionary();

    /// <summary>The OID of a name, or null.</summary>
    internal static string? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The extended key usages of a certificate, dotted; empty without the extension.</summary>
    internal static List<string> Of(TbsCertificate tbs)
    {
        var all = new List<string>(2);
        if (tbs.Find(Oids.ExtendedKeyUsage) is not { } extension) return all;
        var sequence = new AsnReader(extension.Value, AsnEncodingRules.DER).ReadSequence();
        while (sequence.HasData) all.Add(sequence.ReadObjectIdentifier());
        return all;
    }

    /// <summary>True when a key with these usages can serve the purpose, or nothing is laid down for it.</summary>
    internal static bool Fits(string oid, KeyUsages usage) =>
        !Consistent.TryGetValue(oid, out var consistent) || (usage & consistent) != 0;
}
