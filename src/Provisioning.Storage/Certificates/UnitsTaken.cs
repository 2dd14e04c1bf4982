using Provisioning.Core.Certificates;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Certificates;

/// <summary>
/// What a first certificate uses up: a use of a token, an approval, a unit of a lot, one of the registrar's certificates of the day. Counted in the
/// reserve transaction, so that it is exact, and given back with a reservation that came to nothing.
/// </summary>
internal sealed class UnitsTaken(Transaction transaction, Reservation reservation, Admission admission)
{
    // A unit is counted once, however many certificates it gets.
    private bool _countsForLot;

    private long Day => reservation.At.ToUnixTimeSeconds() / 86_400;

    /// <summary>
    /// True where an answer was lost with the key in it, and is made up for: the use of the token, the unit and the certificate of the day were taken
    /// for that one, and the rest is decided anew.
    /// </summary>
    public bool IsAgain { get; set; }

    /// <summary>The token of which this certificate takes a use, or null.</summary>
    public string? Token => IsAgain ? null : admission.Token;

    /// <summary>The lot that the certificate is for, whether its unit is counted already or not; or null.</summary>
    public string? Lot => admission.Lot;

    /// <summary>The lot that this certificate takes a unit of, or null.</summary>
    public string? NewLot => _countsForLot ? admission.Lot : null;

    /// <summary>Reads only.</summary>
    /// <param name="isProbe">It is only asked what would be; an approval may still be missing.</param>
    /// <returns>Why there is nothing left to take, or null.</returns>
    public Refusal? Check(bool isProbe) => (isProbe ? null : CheckApproval()) ?? CheckToken() ?? CheckLot() ?? CheckDay();

    /// <summary>The device that a one-time token was used for, or null.</summary>
    public string? ReadOneTimeHolder()
    {
        const string sql = """
            SELECT holder FROM certificates
            WHERE token = @token AND token IS NOT NULL AND holder_kind = 'device' AND (state = 'reserved' OR thumbprint IS NOT NULL)
                AND (SELECT uses FROM tokens WHERE id = @token) = 1
            LIMIT 1
            """;
        using var row = transaction.Sql(sql).With("token", admission.Token).Query();
        return row.Read() ? row.GetString(0) : null;
    }

    /// <summary>Takes one of each.</summary>
    public void Take()
    {
        if (Token is { } token)
            transaction.Sql("UPDATE tokens SET used = used + 1 WHERE id = @id").With("id", token).Execute();
        if (admission.Approval is { } approval)
        {
            transaction.Sql("UPDATE approvals SET state = 'used', serial = @serial WHERE id = @id")
                .With("serial", reservation.SerialNumber.ToOctets())
                .With("id", approval)
                .Execute();
        }

        if (_countsForLot)
            transaction.Sql("UPDATE lots SET issued = issued + 1 WHERE name = @name").With("name", admission.Lot).Execute();
        if (admission.DailyLimit is not null && !IsAgain) TakeOfDay();
    }

    /// <summary>Somebody wanted more than was ordered.</summary>
    public void NoteBeyond() =>
        transaction.Sql("UPDATE lots SET beyond = beyond + 1 WHERE name = @name").With("name", admission.Lot).Execute();

    /// <summary>Gives back what a reservation took.</summary>
    public static void GiveBack(Transaction transaction, CertificateKey reserved, string holder)
    {
        var (lot, token) = ReadTaken(transaction, reserved);
        if (token is not null)
            transaction.Sql("UPDATE tokens SET used = used - 1 WHERE id = @id").With("id", token).Execute();
        transaction.Sql("UPDATE approvals SET state = 'approved', serial = NULL WHERE serial = @serial AND serial IS NOT NULL")
            .With("serial", reserved.Serial)
            .Execute();
        if (lot is null || HasOther(transaction, reserved, holder, lot)) return;
        transaction.Sql("UPDATE lots SET issued = issued - 1 WHERE name = @name").With("name", lot).Execute();
        transaction.Sql("UPDATE devices SET lot = NULL, revision = revision + 1 WHERE device_id = @device_id")
            .With("device_id", holder)
            .Execute();
    }

    private static (string? Lot, string? Token) ReadTaken(Transaction transaction, CertificateKey reserved)
    {
        using var row = transaction.Sql("SELECT lot, token FROM certificates WHERE serial = @serial AND authority = @authority")
            .With("serial", reserved.Serial)
            .With("authority", reserved.Authority)
            .Query();
        return row.Read() ? (row.IsDBNull(0) ? null : row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1)) : default;
    }

    // A certificate in another slot may rest on the same unit; then the unit stays counted. What was for no lot, or was given up or
    // revoked before it was signed, does not.
    private static bool HasOther(Transaction transaction, CertificateKey reserved, string holder, string lot)
    {
        const string sql = """
            SELECT 1 FROM certificates
            WHERE holder = @holder AND holder_kind = 'device' AND lot = @lot AND serial <> @serial
                AND (state = 'reserved' OR thumbprint IS NOT NULL)
            LIMIT 1
            """;
        using var row = transaction.Sql(sql)
            .With("holder", holder)
            .With("lot", lot)
            .With("serial", reserved.Serial)
            .Query();
        return row.Read();
    }

    // Exactly this request, and not another one of the same device.
    private Refusal? CheckApproval()
    {
        if (!admission.NeedsApproval) return null;
        if (admission.Approval is not { } id || admission.ApprovedHash is not { } hash) return Refusals.NotApproved;
        using var row = transaction.Sql("SELECT state, request_hash, expires_at FROM approvals WHERE id = @id").With("id", id).Query();
        return row.Read() && row.GetString(0) == "approved"
            && Digest.FromOctets(row.GetFieldValue<byte[]>(1)) == hash
            && row.GetInt64(2) > reservation.At.ToUnixTimeMilliseconds()
            ? null
            : Refusals.NotApproved;
    }

    private Refusal? CheckToken()
    {
        if (admission.Token is not { } id) return null;
        using var row = transaction.Sql("SELECT uses, used, expires_at, revoked_at FROM tokens WHERE id = @id").With("id", id).Query();
        if (!row.Read() || !row.IsDBNull(3)) return Refusals.BadToken;
        if (row.GetInt64(2) <= reservation.At.ToUnixTimeMilliseconds()) return Refusals.TokenExpired;
        return !IsAgain && row.GetInt64(1) >= row.GetInt64(0) ? Refusals.TokenExhausted : null;
    }

    private Refusal? CheckLot()
    {
        if (admission.Lot is not { } lot) return null;
        const string sql = """
            SELECT revision, closed_at, opens_at, closes_at, issued, quota + scrapped,
                (SELECT lot FROM devices WHERE device_id = @device_id),
                EXISTS (SELECT 1 FROM lot_units WHERE lot = @name AND device_id = @device_id AND is_listed = 1)
            FROM lots WHERE name = @name
            """;
        using var row = transaction.Sql(sql).With("device_id", reservation.Holder).With("name", lot).Query();
        if (!row.Read() || row.GetInt64(0) != admission.LotRevision) return Refusals.PolicyChanged;
        var at = reservation.At.ToUnixTimeMilliseconds();
        if (!row.IsDBNull(1) || at >= row.GetInt64(3)) return Refusals.LotClosed;
        if (at < row.GetInt64(2)) return Refusals.LotNotOpen;
        if (admission.MustBeListed && !row.GetBoolean(7)) return Refusals.NotInLot;
        var countedFor = row.IsDBNull(6) ? null : row.GetString(6);
        if (countedFor is not null && countedFor != lot) return Refusals.OfAnotherLot;
        _countsForLot = countedFor is null;
        return _countsForLot && row.GetInt64(4) >= row.GetInt64(5) ? Refusals.QuotaExhausted : null;
    }

    private Refusal? CheckDay()
    {
        if (admission.DailyLimit is not { } limit || IsAgain) return null;
        using var row = transaction.Sql("SELECT granted FROM registrar_days WHERE name = @name AND day = @day")
            .With("name", admission.Registrar)
            .With("day", Day)
            .Query();
        if (!row.Read() || row.GetInt64(0) < limit) return null;
        return Refusals.DailyLimit with { RetryAfter = DateTimeOffset.FromUnixTimeSeconds((Day + 1) * 86_400) - reservation.At };
    }

    private void TakeOfDay()
    {
        const string sql = """
            INSERT INTO registrar_days (name, day, granted) VALUES (@name, @day, 1)
            ON CONFLICT (name, day) DO UPDATE SET granted = registrar_days.granted + 1
            """;
        transaction.Sql(sql).With("name", admission.Registrar).With("day", Day).Execute();
    }
}
