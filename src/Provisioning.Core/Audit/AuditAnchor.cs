using System.Globalization;
using Provisioning.Core.Certificates;

namespace Provisioning.Core.Audit;

/// <summary>
/// An entry of the audit chain and its hash, kept where whoever can write to the database cannot: it vouches for every entry up to this
/// one. Entries that were cut off, and a chain that was written anew from the middle, agree with themselves and not with it.
/// </summary>
/// <param name="Sequence">The number of the entry; 0 for the beginning.</param>
/// <param name="Hash">Its hash.</param>
public sealed record AuditAnchor(long Sequence, Digest Hash)
{
    /// <summary>What an anchor looks like.</summary>
    public const string Form = "NUMBER:HASH, with the hash as 64 hexadecimal digits";

    /// <summary>Reads an anchor as <see cref="ToString"/> writes it.</summary>
    /// <param name="text">The text; space around it is passed over.</param>
    /// <param name="anchor">The anchor.</param>
    /// <returns>False when it is none; the beginning has one hash only, and no entry to compare another one with.</returns>
    public static bool TryParse(string text, out AuditAnchor anchor)
    {
        anchor = new AuditAnchor(0, AuditChain.Genesis);
        if (text.Trim().Split(':') is not [var number, var hash]
            || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            || !Digest.TryParse(hash, out var digest)
            || (sequence == 0 && digest != AuditChain.Genesis))
        {
            return false;
        }

        anchor = new AuditAnchor(sequence, digest);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Sequence.ToString(CultureInfo.InvariantCulture)}:{Hash}";
}
