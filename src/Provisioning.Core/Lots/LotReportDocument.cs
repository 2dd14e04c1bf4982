using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Provisioning.Core.Lots;

/// <summary>Writes what is signed when a lot is closed.</summary>
internal static class LotReportDocument
{
    /// <summary>The version of the document; a reader refuses one that it does not know.</summary>
    internal const int Version = 1;

    /// <summary>Writes the document. The same input gives the same octets.</summary>
    internal static byte[] Write(Lot lot, LotTally tally, DateTimeOffset signedAt)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("lot", lot.Name);
            WriteOrder(json, lot);
            WriteCounts(json, lot, tally);
            WriteUnits(json, tally);
            json.WriteString("openedAt", Time(lot.CreatedAt));
            json.WriteString("openedBy", lot.CreatedBy);
            json.WriteString("closedAt", Time(lot.ClosedAt!.Value));
            json.WriteString("closedBy", lot.ClosedBy);
            json.WriteString("signedAt", Time(signedAt));
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteOrder(Utf8JsonWriter json, Lot lot)
    {
        var order = lot.Definition;
        json.WriteStartObject("order");
        if (order.Description is { } description) json.WriteString("description", description);
        json.WriteString("group", order.Group);
        json.WriteNumber("quota", order.Quota);
        if (order.Range is { } range)
        {
            json.WriteString("first", range.IdOf(range.First));
            json.WriteString("last", range.IdOf(range.Last));
        }

        if (order.HasList) json.WriteNumber("listed", lot.Listed);
        if (order.Stations is { } stations)
        {
            json.WriteStartArray("stations");
            foreach (var station in stations) json.WriteStringValue(station);
            json.WriteEndArray();
        }

        json.WriteString("opensAt", Time(order.OpensAt));
        json.WriteString("closesAt", Time(order.ClosesAt));
        json.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter json, Lot lot, LotTally tally)
    {
        var ordered = lot.Definition.Quota;
        json.WriteStartObject("counts");
        json.WriteNumber("ordered", ordered);
        json.WriteNumber("issued", tally.Issued);
        json.WriteNumber("replaced", Math.Max(0, tally.Issued - ordered));
        json.WriteNumber("activated", tally.Activated);
        json.WriteNumber("scrapped", tally.Scrapped);
        json.WriteNumber("unaccounted", tally.Unaccounted);
        json.WriteNumber("notIssued", Math.Max(0, ordered + tally.Scrapped - tally.Issued));
        json.WriteNumber("attemptsBeyond", lot.Beyond);
        json.WriteEndObject();
    }

    private static void WriteUnits(Utf8JsonWriter json, LotTally tally)
    {
        json.WriteStartObject("units");
        json.WriteNumber("count", tally.Issued + tally.ListedOnly);
        json.WriteString("sha256", tally.Lines.ToString().ToLowerInvariant());
        if (tally.Named is { } named)
        {
            json.WriteStartArray("list");
            foreach (var unit in named)
            {
                json.WriteStartObject();
                json.WriteString("deviceId", unit.DeviceId);
                json.WriteString("state", LotUnitLines.NameOf(unit.State));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
