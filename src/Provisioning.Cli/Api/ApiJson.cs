using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Provisioning.Cli.Bulk;
using Provisioning.Cli.Lots;
using Provisioning.Cli.Verbs;

namespace Provisioning.Cli.Api;

/// <summary>How JSON is read and written here. Fields that a newer service adds are passed over.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(AuthorityList))]
[JsonSerializable(typeof(CertificateEntry))]
[JsonSerializable(typeof(DeviceEntry))]
[JsonSerializable(typeof(EnrollmentBody))]
[JsonSerializable(typeof(ErrorReport))]
[JsonSerializable(typeof(Forecast))]
[JsonSerializable(typeof(ForecastEntry))]
[JsonSerializable(typeof(HistoryEntry))]
[JsonSerializable(typeof(IssuedCertificate))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(GroupEntry))]
[JsonSerializable(typeof(GroupPreview))]
[JsonSerializable(typeof(LotEntry))]
[JsonSerializable(typeof(LotReport))]
[JsonSerializable(typeof(ProfileEntry))]
[JsonSerializable(typeof(ScrapReport))]
[JsonSerializable(typeof(CampaignEntry))]
[JsonSerializable(typeof(RevocationJobEntry))]
[JsonSerializable(typeof(RevocationPreview))]
[JsonSerializable(typeof(StragglerEntry))]
[JsonSerializable(typeof(TokenEntry))]
[JsonSerializable(typeof(TokenList))]
[JsonSerializable(typeof(UnitRow))]
[JsonSerializable(typeof(ListPage))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(RenewalBody))]
[JsonSerializable(typeof(RevocationBody))]
[JsonSerializable(typeof(Self))]
[JsonSerializable(typeof(AuthoritiesReport))]
[JsonSerializable(typeof(NotDueReport))]
[JsonSerializable(typeof(PairReport))]
[JsonSerializable(typeof(RevocationReport))]
[JsonSerializable(typeof(BatchReport))]
[JsonSerializable(typeof(BatchResult))]
[JsonSerializable(typeof(BatchRow))]
[JsonSerializable(typeof(ImportLine))]
[JsonSerializable(typeof(ImportReport))]
[JsonSerializable(typeof(ExportReport))]
[JsonSerializable(typeof(RowProblem))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    internal static JsonTypeInfo<T> TypeOf<T>() => (JsonTypeInfo<T>)Unescaped.Options.GetTypeInfo(typeof(T));

    /// <summary>For what is written piece by piece.</summary>
    internal static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static string Write<T>(T value) => JsonSerializer.Serialize(value, TypeOf<T>());

    /// <summary>For people to read and to edit.</summary>
    internal static string WriteIndented(JsonElement value)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, WriterOptions with { Indented = true })) value.WriteTo(json);
        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    // The default escapes '+' of base64 and every umlaut, because the text might be pasted into HTML.
    // A class of its own, because the order of static fields in the parts of this one is nobody's.
    private static class Unescaped
    {
        internal static readonly JsonSerializerOptions Options = new(Default.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
    }
}
