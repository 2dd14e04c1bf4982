using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Core.Groups;

namespace Provisioning.Core.Credentials;

/// <summary>Makes, lists and revokes enrollment tokens.</summary>
/// <param name="store">Where they are on record.</param>
/// <param name="groups">The groups that there are.</param>
/// <param name="clock">Dates them.</param>
public sealed class TokenService(ITokenStore store, GroupCatalog groups, ClockGuard clock)
{
    /// <summary>How many are made at once.</summary>
    public const int MaxCount = 1000;

    /// <summary>Makes tokens of one definition. Their texts are known from now on to whoever gets them from here, and to nobody else.</summary>
    /// <param name="definition">What they enroll.</param>
    /// <param name="count">How many, 1 to <see cref="MaxCount"/>.</param>
    /// <param name="caller">Who makes them.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The tokens, on record; or why not.</returns>
    public async Task<Outcome<IReadOnlyList<NewToken>>> CreateAsync(
        TokenDefinition definition, int count, Caller caller, CancellationToken ct)
    {
        if (count is < 1 or > MaxCount)
            return new Refusal(RefusalCode.BadCredential, $"1 to {MaxCount} tokens are made at once.") { Field = "/count" };
        if (!clock.Now().TryGet(out var now, out var refusal)) return refusal;
        if (!definition.ToToken("", caller.Actor, now).TryGet(out var token, out refusal)) return refusal;
        if (groups.Find(definition.Group)?.Group is not { } group)
            return new Refusal(RefusalCode.UnknownGroup, "There is no such enrollment group.");
        if (!group.Credentials.Contains(CredentialKind.Token))
        {
            return new Refusal(RefusalCode.BadCredential, $"The group '{group.Name}' does not accept tokens; add 'token' to its credentials first.")
            {
                Field = "/group",
            };
        }

        var texts = Enumerable.Range(0, count).Select(_ => TokenText.NewRandom());
        return await store.AddTokensAsync([.. texts.Select(text => new NewToken(token with { Id = text.Id }, text))], ct);
    }

    /// <summary>Reads one.</summary>
    /// <param name="id">Its ID.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The token, or <see cref="RefusalCode.NotFound"/>.</returns>
    public async Task<Outcome<EnrollmentToken>> FindAsync(string id, CancellationToken ct) =>
        await store.FindTokenAsync(id, ct) is var (token, _) ? token : NotFound;

    /// <summary>Lists tokens, newest first.</summary>
    /// <param name="query">Filters and place.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>A page.</returns>
    public Task<Page<EnrollmentToken>> ListAsync(TokenQuery query, CancellationToken ct) => store.ListTokensAsync(query, ct);

    /// <summary>Revokes one. It bites on requests that are already on their way.</summary>
    /// <param name="id">Its ID.</param>
    /// <param name="caller">Who says so.</param>
    /// <param name="ct">Gives up waiting; it may still happen.</param>
    /// <returns>The token as it is now, or <see cref="RefusalCode.NotFound"/>.</returns>
    public Task<Outcome<EnrollmentToken>> RevokeAsync(string id, Caller caller, CancellationToken ct) =>
        store.RevokeTokenAsync(id, caller.Actor, clock.LastBelieved(), ct);

    private static Refusal NotFound { get; } = new(RefusalCode.NotFound, "There is no such token.");
}
