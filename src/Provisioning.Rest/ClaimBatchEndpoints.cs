using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Credentials;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Revocation;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/claim-batches</c>: certificates that devices share, each to claim itself once.</summary>
internal static class ClaimBatchEndpoints
{
    private const int MaxDevices = 1000;

    // 1000 IDs and thumbprints, with some attributes.
    private const int MaxDevicesLength = 512 * 1024;

    internal static void MapClaimBatches(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("claim-batches")
            .WithTags("Claims")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator));
        Describe(group.MapPost("", CreateClaimBatch).WithName("createClaimBatch").Takes<ClaimBatchBody>()
            .Gives<ClaimBatchDocument>(StatusCodes.Status201Created)
            .Refuses(RefusalCode.BadName, RefusalCode.BadCredential, RefusalCode.UnknownGroup, RefusalCode.AlreadyExists));
        Describe(group.MapGet("", ListClaimBatches).WithName("listClaimBatches").Gives<ListDocument<ClaimBatchDocument>>());
        Describe(group.MapGet("{name}", ReadClaimBatch).WithName("readClaimBatch").Gives<ClaimBatchDocument>().Refuses(RefusalCode.NotFound));
        Describe(group.MapPost("{name}/certificates", IssueClaimCertificate).WithName("issueClaimCertificate")
            .Takes<ClaimCertificateBody>().GivesCertificate<CertificateDocument>(StatusCodes.Status201Created)
            .Refuses(RefusalCode.NotFound, RefusalCode.BadCredential).Refuses(EndpointFacts.Issuing));
        Describe(group.MapPost("{name}/devices", ExpectDevices).WithName("expectDevices").Takes<ExpectedDevicesBody>()
            .Gives<ListDocument<ExpectationDocument>>().Refuses(RefusalCode.NotFound, RefusalCode.UnknownGroup));
        Describe(group.MapPost("{name}/revocation", RevokeClaimBatch).WithName("revokeClaimBatch").Takes<RevocationBody>()
            .Gives<ClaimBatchDocument>().Refuses(RefusalCode.NotFound, RefusalCode.BadReason));

        static void Describe(RouteHandlerBuilder route) => route.RefusesStrangers().Refuses([RestErrors.BadQuery]);
    }

    /// <summary>Makes a claim batch</summary>
    /// <remarks>
    /// Devices of one production run share a claim certificate in their firmware; each may claim itself with it once, if it is
    /// expected. Callers: administrators.
    /// </remarks>
    internal static async Task<IResult> CreateClaimBatch(HttpContext context, ClaimBatchService batches, CancellationToken ct)
    {
        if (!(await ReadAsync<ClaimBatchBody>(context, ct)).TryGet(out var body, out var problem)) return new ProblemAnswer(problem);
        var made = await batches.CreateAsync(body.Name, body.Group, context.CallerOf(), ct);
        if (!made.TryGet(out var batch, out var refusal)) return new ProblemAnswer(RestErrors.Of(refusal, context.Request));
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"{RestEndpoints.Root}/claim-batches/{batch.Name}";
        return new JsonAnswer<ClaimBatchDocument>(ClaimBatchDocument.Of(batch));
    }

    /// <summary>Lists the claim batches</summary>
    /// <remarks>By name. Callers: administrators.</remarks>
    internal static async Task<IResult> ListClaimBatches(HttpContext context, ClaimBatchService batches, CancellationToken ct) =>
        (new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem
            ? new ProblemAnswer(problem)
            : new JsonAnswer<ListDocument<ClaimBatchDocument>>(new ListDocument<ClaimBatchDocument>
            {
                Items = [.. (await batches.ListAsync(ct)).Select(ClaimBatchDocument.Of)],
            });

    /// <summary>Reads a claim batch</summary>
    /// <remarks>With how many devices it expects and how many of them were claimed. Callers: administrators.</remarks>
    /// <param name="name" example="pumps-2027-w04">The batch.</param>
    internal static async Task<IResult> ReadClaimBatch(HttpContext context, string name, ClaimBatchService batches, CancellationToken ct) =>
        (new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem
            ? new ProblemAnswer(problem)
            : Answer(await batches.FindAsync(name, ct));

    /// <summary>Issues a claim certificate</summary>
    /// <remarks>
    /// A batch may have several; the same request again gives the same certificate. Callers: administrators.
    /// </remarks>
    /// <param name="name" example="pumps-2027-w04">The batch.</param>
    internal static async Task<IResult> IssueClaimCertificate(
        HttpContext context, string name, ClaimBatchService batches, TimeProvider time, CancellationToken ct)
    {
        if (!CertificateRequestBody.Check(context.Request).TryGet(out var form, out var problem)) return new ProblemAnswer(problem);
        var read = await RequestBody.ReadJsonAsync<ClaimCertificateBody>(context.Request, ct);
        if (!read.TryGet(out var body, out problem)) return new ProblemAnswer(problem);
        if (!CertificationBody.ToDer(body.Csr).TryGet(out var csr, out problem)) return new ProblemAnswer(problem);
        return CertificateRequestBody.Answer(
            context, await batches.IssueAsync(name, csr, context.CallerOf(), ct), form, time.GetUtcNow());
    }

    /// <summary>Says which devices a batch may claim</summary>
    /// <remarks>
    /// Registers them, each perhaps with the only key that it may come with. The answer tells of each what came of it; to send the
    /// same again is safe. Callers: administrators.
    /// </remarks>
    /// <param name="name" example="pumps-2027-w04">The batch.</param>
    internal static async Task<IResult> ExpectDevices(HttpContext context, string name, ClaimBatchService batches, CancellationToken ct)
    {
        var read = await ReadAsync<ExpectedDevicesBody>(context, ct, MaxDevicesLength);
        if (!read.TryGet(out var body, out var problem)) return new ProblemAnswer(problem);
        if (body.Devices.Count is 0 or > MaxDevices || body.Devices.Any(device => device is null))
            return new ProblemAnswer(RestErrors.Malformed($"1 to {MaxDevices} devices are taken at once.", "/devices"));
        var outcomes = new Outcome<Expectation>[body.Devices.Count];
        var (good, places) = (new List<ExpectedDevice>(), new List<int>());
        for (var i = 0; i < outcomes.Length; i++)
        {
            if (!body.Devices[i].ToDevice().TryGet(out var device, out var bad))
            {
                outcomes[i] = bad;
                continue;
            }

            good.Add(device);
            places.Add(i);
        }

        var expected = await batches.ExpectAsync(name, good, context.CallerOf(), ct);
        if (!expected.TryGet(out var done, out var refusal)) return new ProblemAnswer(refusal);
        for (var i = 0; i < places.Count; i++) outcomes[places[i]] = done[i];
        return new JsonAnswer<ListDocument<ExpectationDocument>>(new ListDocument<ExpectationDocument>
        {
            Items = [.. body.Devices.Zip(outcomes, (device, outcome) => ExpectationDocument.Of(device.DeviceId, outcome))],
        });
    }

    /// <summary>Revokes a claim batch</summary>
    /// <remarks>
    /// With every certificate of it, for ever: refused here at once, on open connections too, and in the next CRL within a minute.
    /// Devices that were claimed keep their own certificates. Callers: administrators.
    /// </remarks>
    /// <param name="name" example="pumps-2027-w04">The batch.</param>
    internal static async Task<IResult> RevokeClaimBatch(HttpContext context, string name, ClaimBatchService batches, CancellationToken ct)
    {
        if (!(await ReadAsync<RevocationBody>(context, ct)).TryGet(out var body, out var problem)) return new ProblemAnswer(problem);
        return RevocationReasons.TryParse(body.Reason, out var reason)
            ? Answer(await batches.RevokeAsync(name, reason, context.CallerOf(), ct))
            : new ProblemAnswer(CertificateEndpoints.BadReason());
    }

    private static async Task<Checked<T>> ReadAsync<T>(HttpContext context, CancellationToken ct, int maxLength = RequestBody.MaxLength)
        where T : class =>
        (new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem
            ? problem
            : await RequestBody.ReadJsonAsync<T>(context.Request, ct, maxLength);

    private static IResult Answer(Outcome<ClaimBatch> outcome) => outcome.TryGet(out var batch, out var refusal)
        ? new JsonAnswer<ClaimBatchDocument>(ClaimBatchDocument.Of(batch))
        : new ProblemAnswer(refusal);
}
