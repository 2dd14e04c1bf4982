using Microsoft.AspNetCore.Http;
using Provisioning.Core.Encoding;
using Provisioning.Core.Enrollment;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary>Turns the two forms of a request for a certificate, JSON and PKCS#10, into the core's requests.</summary>
internal static class CertificationBody
{
    private const string Expected = "Send application/json or application/pkcs10";

    /// <summary>Reads an enrollment.</summary>
    /// <param name="request">The request.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The core's request.</returns>
    internal static async Task<Checked<EnrollmentRequest>> ReadEnrollmentAsync(
        HttpRequest request, CancellationToken ct)
    {
        if (new QueryReader(request, "deviceId", "group", "lot", "slot").Problem is { } badQuery) return badQuery;
        if (!IdempotencyKey.Read(request).TryGet(out var key, out var problem)) return problem;
        switch (RequestBody.MediaTypeOf(request))
        {
            case MediaTypes.Json when request.Query.Count > 0:
                return new Problem(RestErrors.BadQuery, "With a JSON body, everything belongs into the body.");
            case MediaTypes.Json:
                return (await RequestBody.ReadJsonAsync<EnrollmentBody>(request, ct)).TryGet(out var body, out problem)
                    ? ToRequest(body, key)
                    : problem;
            case MediaTypes.CertificationRequest when !request.Query.ContainsKey("deviceId"):
                return new Problem(
                    RestErrors.BadQuery, "With a PKCS#10 body, name the device in the query: ?deviceId=…");
            case MediaTypes.CertificationRequest:
                return (await ReadRequestAsync(request, ct)).TryGet(out var der, out problem)
                    ? new EnrollmentRequest(request.Query["deviceId"]!, der, null, key)
                    {
                        Group = request.Query["group"],
                        Lot = request.Query["lot"],
                        Slot = request.Query["slot"],
                    }
                    : problem;
            default:
                return RequestBody.UnsupportedMediaType(Expected);
        }
    }

    /// <summary>Reads a renewal.</summary>
    /// <param name="request">The request.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The core's request.</returns>
    internal static async Task<Checked<RenewalRequest>> ReadRenewalAsync(HttpRequest request, CancellationToken ct)
    {
        if (new QueryReader(request).Problem is { } badQuery) return badQuery;
        if (!IdempotencyKey.Read(request).TryGet(out var key, out var problem)) return problem;
        byte[]? der;
        switch (RequestBody.MediaTypeOf(request))
        {
            case MediaTypes.Json:
                if (!(await RequestBody.ReadJsonAsync<RenewalBody>(request, ct)).TryGet(out var body, out problem))
                    return problem;
                return ToDer(body.Csr).TryGet(out der, out problem) ? new RenewalRequest(der, key) : problem;
            case MediaTypes.CertificationRequest:
                return (await ReadRequestAsync(request, ct)).TryGet(out der, out problem)
                    ? new RenewalRequest(der, key)
                    : problem;
            default:
                return RequestBody.UnsupportedMediaType(Expected);
        }
    }

    /// <summary>Turns the JSON form into the core's request.</summary>
    internal static Checked<EnrollmentRequest> ToRequest(EnrollmentBody body, string? key)
    {
        // The runtime holds properties to their nullability, but not the values of a dictionary.
        foreach (var (name, value) in body.Attributes ?? new Dictionary<string, string>())
        {
            if (value is not null) continue;
            return RestErrors.Malformed("The value of an attribute is a text.", StrictJson.Append("/attributes", name));
        }

        return ToDer(body.Csr).TryGet(out var der, out var problem)
            ? new EnrollmentRequest(body.DeviceId, der, body.Attributes, key)
            {
                Group = body.Group,
                Lot = body.Lot,
                Slot = body.Slot,
            }
            : problem;
    }

    /// <summary>Reads the field <c>csr</c> of a JSON body.</summary>
    internal static Checked<byte[]> ToDer(string csr) =>
        CertificationRequestText.ToDer(csr).TryGet(out var der, out var refusal)
        ? der
        : RestErrors.Of(refusal) with { Pointer = "/csr" };

    private static async Task<Checked<byte[]>> ReadRequestAsync(HttpRequest request, CancellationToken ct)
    {
        if (!(await RequestBody.ReadAsync(request, ct)).TryGet(out var body, out var problem)) return problem;
        return CertificationRequestText.ToDer(body.Span).TryGet(out var der, out var refusal)
            ? der
            : RestErrors.Of(refusal);
    }
}
