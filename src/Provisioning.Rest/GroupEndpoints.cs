using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;
using Provisioning.Rest.Answers;
using Provisioning.Rest.Wire;

namespace Provisioning.Rest;

/// <summary><c>/api/v1/groups</c>: who may enroll what.</summary>
internal static class GroupEndpoints
{
    private static Refusal NotFound { get; } = new(RefusalCode.NotFound, "There is no such group.");

    internal static void MapGroups(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("groups")
            .WithTags("Groups")
            .RequireAuthorization(policy => policy.RequireRole(Roles.Administrator));
        Describe(group.MapGet("", ListGroups).WithName("listGroups").Gives<ListDocument<GroupDocument>>());
        Describe(group.MapGet("{name}", ReadGroup).WithName("readGroup").WithMetadata(new VersionFacts(false, false)).Gives<GroupDocument>().Refuses(RefusalCode.NotFound));
        Describe(group.MapGet("{name}/versions", ListGroupVersions).WithName("listGroupVersions")
            .Gives<ListDocument<GroupDocument>>().Refuses(RefusalCode.NotFound));
        Describe(group.MapPut("{name}", DefineGroup).WithName("defineGroup").WithMetadata(new VersionFacts(true, true)).Takes<GroupBody>().Gives<GroupDocument>()
            .Refuses(RefusalCode.BadGroup, RefusalCode.PreconditionFailed, RefusalCode.PreconditionRequired));
        Describe(group.MapPost("{name}/preview", PreviewGroup).WithName("previewGroup").Takes<GroupBody>()
            .Gives<GroupPreviewDocument>().Refuses(RefusalCode.BadGroup, RefusalCode.NotFound));

        static void Describe(RouteHandlerBuilder route) => route.RefusesStrangers().Refuses([RestErrors.BadQuery]);
    }

    /// <summary>Lists the enrollment groups</summary>
    /// <remarks>The newest version of each, by name. Callers: administrators.</remarks>
    internal static IResult ListGroups(HttpContext context, GroupCatalog groups) =>
        (new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem
            ? new ProblemAnswer(problem)
            : new JsonAnswer<ListDocument<GroupDocument>>(new ListDocument<GroupDocument>
            {
                Items = [.. groups.All.OrderBy(one => one.Group.Name, StringComparer.Ordinal).Select(GroupDocument.Of)],
            });

    /// <summary>Reads an enrollment group</summary>
    /// <remarks>Its newest version, which the ETag names. Callers: administrators.</remarks>
    /// <param name="name" example="default">The group.</param>
    internal static IResult ReadGroup(HttpContext context, string name, GroupCatalog groups)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        return groups.Find(name) is { } version ? Answer(context, version) : new ProblemAnswer(NotFound);
    }

    /// <summary>Lists the versions of an enrollment group</summary>
    /// <remarks>Newest first. Callers: administrators.</remarks>
    /// <param name="name" example="default">The group.</param>
    internal static async Task<IResult> ListGroupVersions(HttpContext context, string name, IGroupStore store, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem)
            return new ProblemAnswer(problem);
        var versions = await store.ListGroupVersionsAsync(name, ct);
        return versions.Count == 0
            ? new ProblemAnswer(NotFound)
            : new JsonAnswer<ListDocument<GroupDocument>>(new ListDocument<GroupDocument> { Items = [.. versions.Select(GroupDocument.Of)] });
    }

    /// <summary>Defines an enrollment group</summary>
    /// <remarks>
    /// Makes it, or puts its next version on record. It decides from then on, also on requests that are on their way. Certificates
    /// that were issued stay as they are. A group that is there is changed with <c>If-Match</c> and the ETag that was read, so that
    /// nobody's change is lost, or with <c>If-Match: *</c>. Callers: administrators.
    /// </remarks>
    /// <param name="name" example="pumps">The group: 1 to 64 of <c>A-Z a-z 0-9 . _ -</c>.</param>
    internal static async Task<IResult> DefineGroup(HttpContext context, string name, GroupService groups, CancellationToken ct)
    {
        if (!Precondition.ReadOrCreate(context.Request).TryGet(out var expected, out var problem)) return new ProblemAnswer(problem);
        if (!(await ReadDefinitionAsync(context, ct)).TryGet(out var definition, out problem)) return new ProblemAnswer(problem);
        var defined = await groups.DefineAsync(name, definition, expected.Expected, context.CallerOf(), ct);
        if (defined.TryGet(out var version, out var refusal)) return Answer(context, version);
        return new ProblemAnswer(refusal.Code == RefusalCode.PreconditionFailed && !expected.IsSaid
            ? Precondition.Missing
            : RestErrors.Of(refusal, context.Request));
    }

    /// <summary>Tells whom a change of an enrollment group would refuse</summary>
    /// <remarks>
    /// Answered from the registry: the exact number of the group's devices that the definition would refuse if they were enrolled
    /// anew, and by which rule. Changes nothing. Callers: administrators.
    /// </remarks>
    /// <param name="name" example="pumps">The group.</param>
    internal static async Task<IResult> PreviewGroup(HttpContext context, string name, GroupService groups, CancellationToken ct)
    {
        if (!(await ReadDefinitionAsync(context, ct)).TryGet(out var definition, out var problem)) return new ProblemAnswer(problem);
        return (await groups.PreviewAsync(name, definition, ct)).TryGet(out var preview, out var refusal)
            ? new JsonAnswer<GroupPreviewDocument>(GroupPreviewDocument.Of(preview))
            : new ProblemAnswer(RestErrors.Of(refusal, context.Request));
    }

    private static async Task<Checked<GroupDefinition>> ReadDefinitionAsync(HttpContext context, CancellationToken ct)
    {
        if ((new QueryReader(context.Request).Problem ?? AnswerForms.CheckJson(context.Request)) is { } problem) return problem;
        return (await RequestBody.ReadJsonAsync<GroupBody>(context.Request, ct)).TryGet(out var body, out problem)
            ? body.ToDefinition()
            : problem;
    }

    private static JsonAnswer<GroupDocument> Answer(HttpContext context, GroupVersion version)
    {
        Precondition.SetTag(context.Response, version.Group.Version);
        return new JsonAnswer<GroupDocument>(GroupDocument.Of(version));
    }
}
