namespace Provisioning.Tests;

/// <summary>
/// Every small damage to some bytes: what each decoder is fed, and must answer without an exception that escapes.
/// </summary>
internal static class Mutations
{
    /// <summary>Each byte flipped in three ways.</summary>
    public static IEnumerable<byte[]> Flips(byte[] vector)
    {
        for (var i = 0; i < vector.Length; i++)
        {
            foreach (var mask in (byte[])[0x01, 0x80, 0xFF])
                yield return With(vector, i, (byte)(vector[i] ^ mask));
        }
    }

    /// <summary>Cut at every length, none and all but one byte among them.</summary>
    public static IEnumerable<byte[]> Cuts(byte[] vector) =>
        Enumerable.Range(0, vector.Length).Select(length => vector[..length]);

    /// <summary>Each length octet of each element doubled (not those of 0, which would stay), also of those inside strings that hold DER.</summary>
    public static IEnumerable<byte[]> DoubledLengths(byte[] der) =>
        LengthOctets(der, 0, der.Length).Where(i => der[i] != 0).Select(i => With(der, i, (byte)(der[i] * 2)));

    /// <summary>All of them.</summary>
    public static IEnumerable<byte[]> OfDer(byte[] der) => Flips(der).Concat(Cuts(der)).Concat(DoubledLengths(der));

    /// <summary>Those that make sense for a text.</summary>
    public static IEnumerable<byte[]> OfText(byte[] text) => Flips(text).Concat(Cuts(text));

    private static byte[] With(byte[] vector, int index, byte value)
    {
        var copy = (byte[])vector.Clone();
        copy[index] = value;
        return copy;
    }

    // A plain walk over single-octet tags; whatever does not add up to DER inside a string is left alone.
    private static List<int> LengthOctets(byte[] der, int start, int end)
    {
        var found = new List<int>();
        while (start < end)
        {
            if (end - start < 2)
                return [];
            var tag = der[start];
            var octets = der[start + 1] < 0x80 ? 0 : der[start + 1] & 0x7F;
            var content = start + 2 + octets;
            if (octets > 2 || content > end)
                return [];
            var length = octets == 0
                ? der[start + 1]
                : der[(start + 2)..content].Aggregate(0, (sum, octet) => (sum << 8) | octet);
            if (length > end - content)
                return [];
            found.AddRange(Enumerable.Range(start + 1, 1 + octets));
            // Constructed, OCTET STRING, and BIT STRING behind its octet of unused bits.
            if ((tag & 0x20) != 0 || tag == 0x04)
                found.AddRange(LengthOctets(der, content, content + length));
            else if (tag == 0x03 && length > 0)
                found.AddRange(LengthOctets(der, content + 1, content + length));
            start = content + length;
        }

        return found;
    }
}
