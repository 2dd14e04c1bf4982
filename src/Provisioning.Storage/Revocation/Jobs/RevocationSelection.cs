using Provisioning.Core.Revocation;
using Provisioning.Core.Revocation.Jobs;
using Provisioning.Storage.Certificates;
using Provisioning.Storage.Sessions;

namespace Provisioning.Storage.Revocation.Jobs;

/// <summary>The certificates that an order concerns, as statements. They are gone through in the order of their reservation.</summary>
internal sealed class RevocationSelection
{
    /// <summary>What <see cref="Bind"/> binds, of an alias <c>c</c>: the conditions of the order, and nobody but devices.</summary>
    private const string Filter = """
        c.holder_kind = 'device'
            AND (@group IS NULL OR COALESCE(c.group_name, (SELECT d.group_name FROM devices d WHERE d.device_id = c.holder)) = @group)
            AND (@lot IS NULL OR c.lot = @lot OR EXISTS (SELECT 1 FROM devices d WHERE d.device_id = c.holder AND d.lot = @lot))
            AND (@authority IS NULL OR c.authority = @authority)
            AND (@profile IS NULL OR c.profile = @profile)
            AND c.reserved_at >= @from AND c.reserved_at < @before
        """;

    // Expired ones in use too: within the grace of its group a certificate still renews.
    private const string Living = "AND (c.not_after >= @at OR c.state <> 'superseded')";

    // An index leads to them.
    private const string HeldByJob = "c.state = 'held' AND c.revocation_job = @held";

    /// <summary>
    /// What was reserved about the time when the job began, or later: it may have been renewed from what the job has changed, or have been on
    /// its way to the registry when the job went past its place.
    /// </summary>
    public const string Late = $"""
        SELECT {CertificateRow.Columns},
            EXISTS (SELECT 1 FROM certificates r WHERE r.serial = c.renews AND r.revocation_job = @number),
            EXISTS (SELECT 1 WHERE {Filter})
        FROM certificates c
        WHERE c.reserved_at >= @since AND c.holder_kind = 'device' AND c.state IN ('reserved', 'issued', 'current', 'superseded', 'held')
        ORDER BY c.reserved_at, c.serial
        """;

    private static readonly RevocationSelection Revoked = new(
        $"c.state IN ('issued', 'current', 'superseded', 'held') {Living}",
        """
        UPDATE certificates AS c SET state = 'revoked', prior_state = NULL, revoked_at = @at, revocation_reason = @reason,
            held_with_device = NULL, revoke_at = NULL, revocation_job = @number, revocation_sequence = @sequence
        """);

    private static readonly RevocationSelection Held = new(
        $"c.state IN ('issued', 'current', 'superseded') {Living}",
        """
        UPDATE certificates AS c SET state = 'held', prior_state = c.state, revoked_at = @at, revocation_reason = @reason,
            held_with_device = NULL, revocation_job = @number, revocation_sequence = @sequence
        """);

    // A key that is known to others is told of what was revoked for another reason too.
    private static readonly RevocationSelection Compromised = new(
        "c.state IN ('issued', 'current', 'superseded', 'held', 'revoked')"
            + " AND (c.not_after >= @at OR c.state IN ('issued', 'current', 'held')) AND (c.state <> 'revoked' OR c.revocation_reason <> 1)",
        null);

    private static readonly RevocationSelection Released = new(HeldByJob, null, HeldByJob);

    private RevocationSelection(string states, string? update, string? place = null)
    {
        const string AnyPlace = "c.reserved_at >= @from AND c.reserved_at < @before";
        const string After = "AND (c.reserved_at, c.serial) > (@cursor_at, @cursor_serial)";
        const string UpTo = "AND (c.reserved_at, c.serial) <= (@to_at, @to_serial)";
        const string InOrder = "ORDER BY c.reserved_at, c.serial";
        var where = $"WHERE {Filter} AND {states}";
        Groups = string.Intern($"""
            SELECT COALESCE(c.group_name, (SELECT d.group_name FROM devices d WHERE d.device_id = c.holder), ''), COUNT(*)
            FROM certificates c {where} {After} {UpTo} GROUP BY 1
            """);
        Samples = string.Intern($"SELECT {CertificateRow.Columns} FROM certificates c {where} {After} {UpTo} {InOrder} LIMIT @limit");
        Some = string.Intern($"SELECT c.reserved_at, c.serial FROM certificates c {where} {After} {InOrder} LIMIT @limit");
        OfDevice = string.Intern($"SELECT {CertificateRow.Columns} FROM certificates c {where} AND c.holder = @holder {InOrder}");
        OfSerial = string.Intern($"SELECT {CertificateRow.Columns} FROM certificates c {where} AND c.serial = @serial");
        EndOfRange = string.Intern($"""
            SELECT c.reserved_at, c.serial FROM certificates c WHERE {place ?? AnyPlace} {After} {InOrder} LIMIT 1 OFFSET @offset
            """);
        Scan = string.Intern($"""
            SELECT c.reserved_at, c.serial, CASE WHEN {Filter} AND {states} THEN TRUE ELSE FALSE END
            FROM certificates c WHERE {AnyPlace} {After} {InOrder} LIMIT @limit
            """);
        if (update is not null) ChangeRange = string.Intern($"{update} {where} {After} {UpTo} RETURNING holder, serial, authority");
    }

    /// <summary>How many there are in a range, by group.</summary>
    public string Groups { get; }

    /// <summary>The first ones of a range.</summary>
    public string Samples { get; }

    /// <summary>The places of the next ones, where an index leads to them.</summary>
    public string Some { get; }

    /// <summary>Those of a device.</summary>
    public string OfDevice { get; }

    /// <summary>Those with a serial number.</summary>
    public string OfSerial { get; }

    /// <summary>The place of the last row of a range, of this order or another.</summary>
    public string EndOfRange { get; }

    /// <summary>The next rows, of this order or another, and whether they are of this one: so many, however few that are.</summary>
    public string Scan { get; }

    /// <summary>Changes a range at once; null where each needs a look of its own.</summary>
    public string? ChangeRange { get; }

    public static RevocationSelection Of(RevocationOrder order) => order switch
    {
        { Kind: RevocationJobKind.Release } => Released,
        { Holds: true } => Held,
        { Reason: RevocationReason.KeyCompromise } => Compromised,
        _ => Revoked,
    };

    /// <summary>Binds what all of these statements have in common.</summary>
    /// <param name="statement">One of them.</param>
    /// <param name="filter">The conditions but lists.</param>
    /// <param name="until">What is reserved later is not concerned.</param>
    /// <param name="at">Now.</param>
    /// <param name="held">Of a release: the number of the job that put them on hold.</param>
    /// <param name="first">
    /// The time of the place where a range begins. The place itself is a pair, which SQLite does not look up in an index when
    /// there is a bound of the time alone: each part would go through all before it.
    /// </param>
    /// <param name="last">A time that is after its end.</param>
    public static Statement Bind(
        Statement statement, RevocationFilter filter, DateTimeOffset until, DateTimeOffset at, long? held,
        long first = long.MinValue, long last = long.MaxValue) => statement
        .With("group", filter.Group)
        .With("lot", filter.Lot)
        .With("authority", filter.Authority)
        .With("profile", filter.Profile)
        .With("from", Math.Max(filter.ReservedFrom?.ToUnixTimeMilliseconds() ?? long.MinValue, first))
        .With("before", Math.Min(Math.Min(filter.ReservedBefore?.ToUnixTimeMilliseconds() ?? long.MaxValue, until.ToUnixTimeMilliseconds()), last))
        .With("at", at)
        .With("held", held);
}
