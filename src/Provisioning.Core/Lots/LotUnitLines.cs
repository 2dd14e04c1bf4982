using System.Buffers;
using System.Diagnostics;

namespace Provisioning.Core.Lots;

/// <summary>
/// The units of a lot as lines of JSON (NDJSON), sorted by ID: what is downloaded, and what the report holds the SHA-256 of.
/// </summary>
public static class LotUnitLines
{
    /// <summary>How a state is spelled.</summary>
    /// <param name="state">The state.</param>
    /// <returns>Camel case.</returns>
    public static string NameOf(LotUnitState state) => state switch
    {
        LotUnitState.NotIssued => "notIssued",
        LotUnitState.Unaccounted => "unaccounted",
        LotUnitState.Activated => "activated",
        LotUnitState.Scrapped => "scrapped",
        _ => throw new UnreachableException(),
    };

    /// <summary>Appends a line. Device IDs need no escaping.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="unit">The unit.</param>
    public static void Append(IBufferWriter<byte> output, LotUnit unit)
    {
        Text(output, "{\"deviceId\":\"");
        Text(output, unit.DeviceId);
        Text(output, "\",\"state\":\"");
        Text(output, NameOf(unit.State));
        Text(output, "\"}\n");
    }

    private static void Text(IBufferWriter<byte> output, string text) =>
        output.Advance(System.Text.Encoding.ASCII.GetBytes(text, output.GetSpan(text.Length)));
}
