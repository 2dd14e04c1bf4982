using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Profiles;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/profiles</c>: what certificates contain.</summary>
internal static class ProfileEndpoints
{
    internal static void MapProfiles(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("profiles")
            .WithTags("Profiles")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator));
        group.MapGet("", ListProfiles).WithName("listProfiles")
            .Gives<PageDocument<ProfileDocument>>().RefusesStrangers().Refuses([RestErrors.BadQuery]);
        group.MapGet("{name}", ReadProfile).WithName("readProfile").WithMetadata(new VersionFacts(false, false))
            .Gives<ProfileDocument>().RefusesStrangers().Refuses([RestErrors.BadQuery]).Refuses(RefusalCode.NotFound);
        group.MapGet("{name}/versions", ListProfileVersions).WithName("listProfileVersions")
            .Gives<PageDocument<ProfileDocument>>().RefusesStrangers()
            .Refuses([RestErrors.BadQuery]).Refuses(RefusalCode.NotFound);
        group.MapPut("{name}", SaveProfile).WithName("saveProfile").WithMetadata(new VersionFacts(true, true))
            .Takes<ProfileDefinition>().Gives<ProfileDocument>().RefusesStrangers().Refuses([RestErrors.BadQuery])
            .Refuses(RefusalCode.BadProfile, RefusalCode.ProfileInUse, RefusalCode.PreconditionFailed, RefusalCode.PreconditionRequired);
        group.MapDelete("{name}", DeleteProfile).WithName("deleteProfile").WithMetadata(new VersionFacts(true, false))
            .Gives<ProfileDocument>().RefusesStrangers().Refuses([RestErrors.BadQuery])
            .Refuses(RefusalCode.NotFound, RefusalCode.ProfileInUse, RefusalCode.PreconditionFailed);
    }

    /// <summary>Lists profiles</summary>
    /// <remarks>In the order of their names, each in its last version. Callers: administrators.</remarks>
    /// <param name="limit">Rows a page.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    internal static async Task<IResult> ListProfiles(
        HttpContext context, [FromQuery] string? limit, [FromQuery] string? cursor, ProfileService profiles, CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "limit", "cursor");
        var (rows, place) = (read.Limit(limit), read.Cursor(cursor));
        if ((read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem) return new ProblemAnswer(problem);

        // There are a few tens of them, so that the whole list is read and cut here.
        var rest = (await profiles.ListAsync(ct))
            .SkipWhile(version => place is { } after && string.CompareOrdinal(version.Name, after.Text) <= 0).ToList();
        var page = rest.Count > rows
            ? new Page<ProfileVersion>(rest.GetRange(0, rows), new Cursor(0, rest[rows - 1].Name))
            : new Page<ProfileVersion>(rest, null);
        return new JsonAnswer<PageDocument<ProfileDocument>>(PageDocument<ProfileDocument>.Of(page, ProfileDocument.Of));
    }

    /// <summary>Reads a profile</summary>
    /// <remarks>In its last version, whose number is the ETag. Callers: administrators.</remarks>
    /// <param name="name" example="mqtt-client">The profile.</param>
    internal static async Task<IResult> ReadProfile(HttpContext context, string name, ProfileService profiles, CancellationToken ct)
    {
        var problem = new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request);
        if (problem is not null) return new ProblemAnswer(problem);
        return await profiles.FindAsync(name, ct) is { } version
            ? Answer(context, version)
            : new ProblemAnswer(ProfileService.NotFound);
    }

    /// <summary>Lists the versions of a profile</summary>
    /// <remarks>Newest first; a deleted profile's too. Callers: administrators.</remarks>
    /// <param name="name" example="mqtt-client">The profile.</param>
    /// <param name="limit">Rows a page.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    internal static async Task<IResult> ListProfileVersions(
        HttpContext context, string name, [FromQuery] string? limit, [FromQuery] string? cursor, IProfileStore store, CancellationToken ct)
    {
        var read = new QueryReader(context.Request, "limit", "cursor");
        var (rows, place) = (read.Limit(limit), read.Cursor(cursor));
        if ((read.Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem) return new ProblemAnswer(problem);
        var page = await store.ListVersionsAsync(name, rows, place, ct);
        return page.Items.Count > 0 || place is not null
            ? new JsonAnswer<PageDocument<ProfileDocument>>(PageDocument<ProfileDocument>.Of(page, ProfileDocument.Of))
            : new ProblemAnswer(ProfileService.NotFound);
    }

    /// <summary>Creates or replaces a profile</summary>
    /// <remarks>
    /// The whole of it, as in its file. With <c>If-Match</c> and the ETag of the version that was read, so that two
    /// administrators do not overwrite each other; <c>If-Match: *</c> replaces or creates whatever there is,
    /// <c>If-None-Match: *</c> only creates. Certificates of every kind that it can give are planned and judged first: what
    /// could break a rule is refused with that rule. It counts from the next certificate on. Callers: administrators.
    /// </remarks>
    /// <param name="name" example="mqtt-client">The profile.</param>
    internal static async Task<IResult> SaveProfile(HttpContext context, string name, ProfileService profiles, CancellationToken ct)
    {
        var early = new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request);
        if (early is not null) return new ProblemAnswer(early);
        if (!Precondition.Require(context.Request).TryGet(out var precondition, out var problem)) return new ProblemAnswer(problem);
        if (!(await RequestBody.ReadJsonAsync<ProfileDefinition>(context.Request, ct)).TryGet(out var definition, out problem))
            return new ProblemAnswer(problem);
        var outcome = await profiles.SaveAsync(context.CallerOf(), name, definition, precondition.Expected, ct);
        return outcome.TryGet(out var version, out var refusal) ? Answer(context, version) : new ProblemAnswer(refusal);
    }

    /// <summary>Deletes a profile</summary>
    /// <remarks>
    /// Nothing is issued by it any more. Its versions stay, and so do its certificates. Not for those that the service itself
    /// needs. With <c>If-Match</c>, only in that version. Callers: administrators.
    /// </remarks>
    /// <param name="name" example="mqtt-client">The profile.</param>
    internal static async Task<IResult> DeleteProfile(HttpContext context, string name, ProfileService profiles, CancellationToken ct)
    {
        var early = new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request);
        if (early is not null) return new ProblemAnswer(early);
        if (!Precondition.Read(context.Request).TryGet(out var precondition, out var problem)) return new ProblemAnswer(problem);
        var outcome = await profiles.DeleteAsync(context.CallerOf(), name, precondition.Expected, ct);
        return outcome.TryGet(out var version, out var refusal) ? Answer(context, version) : new ProblemAnswer(refusal);
    }

    private static JsonAnswer<ProfileDocument> Answer(HttpContext context, ProfileVersion version)
    {
        Precondition.SetTag(context.Response, version.Version);
        return new JsonAnswer<ProfileDocument>(ProfileDocument.Of(version));
    }
}
