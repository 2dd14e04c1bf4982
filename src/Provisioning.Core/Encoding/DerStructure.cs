using System.Formats.Asn1;

namespace Provisioning.Core.Encoding;

/// <summary>
/// The first look at bytes that claim to be DER: every tag and length down to the leaves, before any meaning. What is
/// not even DER is told apart here from what is DER but not what was asked for.
/// </summary>
internal static class DerStructure
{
    public enum Verdict
    {
        /// <summary>One element, definite minimal lengths all the way down.</summary>
        Good,

        /// <summary>Not DER, or something follows the element.</summary>
        Malformed,

        /// <summary>Elements nested deeper than asked for; what is below was not read.</summary>
        TooDeep,
    }

    /// <summary>Walks over exactly one element. The contents of strings are not looked into.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="maxDepth">The number of levels, which also bounds the stack.</param>
    /// <returns>What was found first.</returns>
    public static Verdict Check(ReadOnlySpan<byte> data, int maxDepth) =>
        data.IsEmpty ? Verdict.Malformed : Walk(data, single: true, maxDepth);

    private static Verdict Walk(ReadOnlySpan<byte> data, bool single, int depth)
    {
        while (!data.IsEmpty)
        {
            if (depth == 0)
                return Verdict.TooDeep;
            if (!AsnDecoder.TryReadEncodedValue(
                data, AsnEncodingRules.DER, out var tag, out var offset, out var length, out var consumed))
            {
                return Verdict.Malformed;
            }

            if (single && consumed != data.Length)
                return Verdict.Malformed;
            if (tag.IsConstructed)
            {
                var inner = Walk(data.Slice(offset, length), single: false, depth - 1);
                if (inner != Verdict.Good)
                    return inner;
            }

            data = data[consumed..];
        }

        return Verdict.Good;
    }
}
