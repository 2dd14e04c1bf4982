using Provisioning.Core.Certificates;
using Provisioning.Core.Certificates.KeyChecks;
using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Devices.Import;

/// <summary>Judges the rows of an import by themselves and by their group; what is on record, the store looks at.</summary>
/// <param name="groups">The groups.</param>
public sealed class RegistrationRules(GroupCatalog groups)
{
    // In characters: RSA-16384 has 2 800.
    private const int MaxKeyLength = 8 * 1024;

    private static readonly Dictionary<string, string> Nothing = [];

    /// <summary>Judges a row.</summary>
    /// <param name="row">The row.</param>
    /// <returns>The device, or what is wrong with the row.</returns>
    public Outcome<DeviceRegistration> Check(RegistrationRow row)
    {
        if (row.Unreadable is { } unreadable) return new Refusal(RefusalCode.Malformed, unreadable);
        if (!DeviceId.TryParse(row.DeviceId, out var id))
            return new Refusal(RefusalCode.BadDeviceId, "A device ID is 1 to 64 of A-Z a-z 0-9 . _ - : and starts with a letter or a digit.");
        var name = row.Group ?? EnrollmentGroup.DefaultName;
        if (groups.Find(name)?.Group is not { } group)
            return new Refusal(RefusalCode.UnknownGroup, "There is no such enrollment group.");
        if (group.DeviceIdPattern?.IsMatch(id.Value) == false)
            return new Refusal(RefusalCode.DeviceIdNotAllowed, $"The group '{name}' enrolls device IDs that match {group.DeviceIdPattern.Text}.");
        if (DeviceAttributes.Check(row.Attributes) is { } badAttributes) return badAttributes;
        if (CheckKey(row, out var key) is { } badKey) return badKey;
        if (row.ClaimBatch is { } batch && !ResourceName.IsValid(batch)) return new Refusal(RefusalCode.Malformed, ResourceName.Rule);
        return new DeviceRegistration
        {
            Id = id,
            Group = name,
            Attributes = row.Attributes.Count == 0 ? Nothing : row.Attributes,
            ExpectedKey = key,
            ClaimBatch = row.ClaimBatch,
        };
    }

    private static Refusal? CheckKey(RegistrationRow row, out Digest? expected)
    {
        expected = null;
        if (row.KeyThumbprint is { } text)
        {
            if (!Digest.TryParse(text, out var thumbprint))
                return new Refusal(RefusalCode.Malformed, "The key thumbprint is the SHA-256 of a SubjectPublicKeyInfo in 64 hexadecimal digits.");
            expected = thumbprint;
        }

        if (row.PublicKey is not { } base64) return null;
        if (!Base64Lines.Decode(base64, MaxKeyLength).TryGet(out var der, out var refusal)) return refusal;
        if (SubjectPublicKeyReader.Read(der, out var key) is { } bad) return bad;
        var own = Digest.Of(key.SubjectPublicKeyInfo);
        if (expected is { } other && other != own) return new Refusal(RefusalCode.Malformed, "The public key is not the one of the thumbprint.");
        expected = own;
        return null;
    }
}
