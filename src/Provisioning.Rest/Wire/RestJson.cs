using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Provisioning.Core.Certificates;
using Provisioning.Core.Revocation.Feed;
using Provisioning.Rest.Bulk;
using Provisioning.Rest.Webhooks;

namespace Provisioning.Rest.Wire;

/// <summary>How JSON is read (strictly) and written (plainly) here.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    MaxDepth = 16,
    Converters = [typeof(UtcSecondsConverter)])]
[JsonSerializable(typeof(ApprovalDocument))]
[JsonSerializable(typeof(AuthorityDocument))]
[JsonSerializable(typeof(AuthorityListDocument))]
[JsonSerializable(typeof(BatchLine))]
[JsonSerializable(typeof(BatchResultDocument))]
[JsonSerializable(typeof(CertificateDocument))]
[JsonSerializable(typeof(ClaimBatchBody))]
[JsonSerializable(typeof(ClaimBatchDocument))]
[JsonSerializable(typeof(ClaimCertificateBody))]
[JsonSerializable(typeof(DecisionBody))]
[JsonSerializable(typeof(DeviceDocument))]
[JsonSerializable(typeof(EnrollmentBody))]
[JsonSerializable(typeof(ExpectedDevicesBody))]
[JsonSerializable(typeof(ExplanationDocument))]
[JsonSerializable(typeof(GroupBody))]
[JsonSerializable(typeof(GroupDocument))]
[JsonSerializable(typeof(GroupPreviewDocument))]
[JsonSerializable(typeof(ImportDocument))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(IssuedCertificateDocument))]
[JsonSerializable(typeof(ListDocument<ClaimBatchDocument>))]
[JsonSerializable(typeof(ListDocument<DecisionDocument>))]
[JsonSerializable(typeof(ListDocument<ExpectationDocument>))]
[JsonSerializable(typeof(ListDocument<GroupDocument>))]
[JsonSerializable(typeof(ListDocument<ManifestSignerDocument>))]
[JsonSerializable(typeof(ListDocument<PrincipalDocument>))]
[JsonSerializable(typeof(ListDocument<RefusalRecordDocument>))]
[JsonSerializable(typeof(ListDocument<RowProblemDocument>))]
[JsonSerializable(typeof(ListDocument<TokenDocument>))]
[JsonSerializable(typeof(ListDocument<TrustAnchorDocument>))]
[JsonSerializable(typeof(LotBody))]
[JsonSerializable(typeof(LotChangeBody))]
[JsonSerializable(typeof(LotDocument))]
[JsonSerializable(typeof(LotListBody))]
[JsonSerializable(typeof(ManifestReportDocument))]
[JsonSerializable(typeof(ManifestSignerBody))]
[JsonSerializable(typeof(ManifestSignerDocument))]
[JsonSerializable(typeof(PageDocument<ApprovalDocument>))]
[JsonSerializable(typeof(PageDocument<CertificateDocument>))]
[JsonSerializable(typeof(PageDocument<DeviceDocument>))]
[JsonSerializable(typeof(PageDocument<HistoryEntryDocument>))]
[JsonSerializable(typeof(PageDocument<LotDocument>))]
[JsonSerializable(typeof(PageDocument<ProfileDocument>))]
[JsonSerializable(typeof(PageDocument<TokenDocument>))]
[JsonSerializable(typeof(PendingDocument))]
[JsonSerializable(typeof(PrincipalBody))]
[JsonSerializable(typeof(PrincipalDocument))]
[JsonSerializable(typeof(ProblemDocument))]
[JsonSerializable(typeof(ProfileDefinition))]
[JsonSerializable(typeof(ProfileDocument))]
[JsonSerializable(typeof(RegistrationLine))]
[JsonSerializable(typeof(RenewalBody))]
[JsonSerializable(typeof(ConfirmationBody))]
[JsonSerializable(typeof(CampaignBody))]
[JsonSerializable(typeof(DeviceChangeBody))]
[JsonSerializable(typeof(CampaignDocument))]
[JsonSerializable(typeof(PageDocument<CampaignDocument>))]
[JsonSerializable(typeof(ForecastDocument))]
[JsonSerializable(typeof(AuditHeadDocument))]
[JsonSerializable(typeof(PageDocument<ForecastEntryDocument>))]
[JsonSerializable(typeof(PageDocument<StragglerDocument>))]
[JsonSerializable(typeof(PageDocument<RevocationEventDocument>))]
[JsonSerializable(typeof(WebhookBody))]
[JsonSerializable(typeof(NewWebhookBody))]
[JsonSerializable(typeof(WebhookSecretBody))]
[JsonSerializable(typeof(WebhookDocument))]
[JsonSerializable(typeof(WebhookDeliveryDocument))]
[JsonSerializable(typeof(ListDocument<WebhookDocument>))]
[JsonSerializable(typeof(PageDocument<WebhookDeliveryDocument>))]
[JsonSerializable(typeof(RevocationBody))]
[JsonSerializable(typeof(RevocationOrderBody))]
[JsonSerializable(typeof(RevocationConfirmationBody))]
[JsonSerializable(typeof(RevocationPreviewDocument))]
[JsonSerializable(typeof(RevocationJobDocument))]
[JsonSerializable(typeof(PageDocument<RevocationJobDocument>))]
[JsonSerializable(typeof(RowProblemDocument))]
[JsonSerializable(typeof(ScopeBody))]
[JsonSerializable(typeof(ScrapBody))]
[JsonSerializable(typeof(ScrapDocument))]
[JsonSerializable(typeof(SelfDocument))]
[JsonSerializable(typeof(TokenBody))]
[JsonSerializable(typeof(TokenDocument))]
[JsonSerializable(typeof(TrustAnchorBody))]
[JsonSerializable(typeof(TrustAnchorDocument))]
internal sealed partial class RestJson : JsonSerializerContext
{
    internal static JsonTypeInfo<T> TypeOf<T>() => (JsonTypeInfo<T>)Plain.Options.GetTypeInfo(typeof(T));

    internal static byte[] Write<T>(T document)
        where T : class => JsonSerializer.SerializeToUtf8Bytes(document, TypeOf<T>());

    // A class of its own, so that the generated part is initialized before it.
    private static class Plain
    {
        // The default escapes '+' in base64 because an answer might be pasted into HTML; scripts that cut PEM out of it
        // with sed could not read that.
        internal static readonly JsonSerializerOptions Options = new(Default.Options!)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
    }
}
