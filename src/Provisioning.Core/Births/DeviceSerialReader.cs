using System.Formats.Asn1;
using System.Text;
using Provisioning.Core.Certificates.Requests;
using Provisioning.Core.Encoding;

namespace Provisioning.Core.Births;

/// <summary>Where manufacturers write the serial number of a device (IEEE 802.1AR §8.6, RFC 4108 §5).</summary>
internal static class DeviceSerialReader
{
    private const int MaxRelativeNames = 16;

    // 2.5.4.5
    private static ReadOnlySpan<byte> SerialNumberAttribute => [0x55, 0x04, 0x05];

    // 1.3.6.1.5.5.7.8.4, id-on-hardwareModuleName
    private static ReadOnlySpan<byte> HardwareModuleName => [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x04];

    /// <summary>Reads the serialNumber of a subject.</summary>
    /// <param name="name">The name, DER.</param>
    /// <param name="serial">The text, or null when there is none.</param>
    /// <returns>False when the name cannot be read, or has two.</returns>
    /// <exception cref="AsnContentException">It is not DER.</exception>
    internal static bool TryReadSubject(ReadOnlySpan<byte> name, out string? serial)
    {
        serial = null;
        var outer = new DerReader(name);
        var names = outer.ReadSequence();
        for (var count = 0; names.HasData; count++)
        {
            if (count == MaxRelativeNames) return false;
            var set = names.ReadSetOf();
            while (set.HasData)
            {
                var attribute = set.ReadSequence();
                if (!attribute.ReadOid().SequenceEqual(SerialNumberAttribute)) continue;
                if (serial is not null || CharacterString.Read(ref attribute, "The serial number", orIa5: false, out serial) is not null) return false;
                attribute.ExpectEnd();
            }
        }

        return true;
    }

    /// <summary>Reads the serial number of a hardwareModuleName among alternative names.</summary>
    /// <param name="value">The extension's value, DER.</param>
    /// <returns>The text, when there is exactly one and it is ASCII; else null.</returns>
    /// <exception cref="AsnContentException">It is not DER.</exception>
    internal static string? ReadHardwareModule(ReadOnlySpan<byte> value)
    {
        var outer = new DerReader(value);
        var names = outer.ReadSequence();
        outer.ExpectEnd();
        string? found = null;
        while (names.HasData)
        {
            if (!names.NextIs(new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true)))
            {
                _ = names.ReadEncoded();
                continue;
            }

            var other = names.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
            if (!other.ReadOid().SequenceEqual(HardwareModuleName)) continue;
            var wrapper = other.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
            var module = wrapper.ReadSequence();
            _ = module.ReadOid();
            var serial = module.ReadOctetString();
            module.ExpectEnd();
            if (found is not null || !Ascii.IsValid(serial)) return null;
            found = System.Text.Encoding.ASCII.GetString(serial);
        }

        return found;
    }
}
