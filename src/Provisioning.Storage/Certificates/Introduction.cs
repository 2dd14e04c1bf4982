using Provisioning.Core.Certificates;
using Provisioning.Core.Devices;
using Provisioning.Core.Enrollment;
using Provisioning.Storage.Commits;

namespace Provisioning.Storage.Certificates;

/// <summary>What a device that enrolls itself has come with: a claim or a birth certificate. Reads only.</summary>
internal sealed class Introduction(Transaction transaction, Reservation reservation, Admission admission)
{
    /// <summary>Judges it by what is on record now.</summary>
    /// <param name="facts">What the reservation rests on.</param>
    /// <param name="isAgain">True where an answer was lost with the key in it, and is made up for.</param>
    /// <returns>Why it is not good, and what it is a sign of, if of anything; or null.</returns>
    public (Refusal Refusal, CloneSign? Sign)? Check(ReserveFacts facts, bool isAgain) =>
        (admission.ClaimBatch is { } batch ? CheckClaim(batch, facts, isAgain) : null)
        ?? (admission.BirthThumbprint is { } birth ? CheckBirth(birth) : null);

    /// <summary>Asks whether a claim batch is there and is not revoked.</summary>
    public static bool IsGoodBatch(Transaction transaction, string name) =>
        IsGood(transaction, "SELECT 1 FROM claim_batches WHERE name = @name AND revoked_at IS NULL", name);

    private static bool IsGood(Transaction transaction, string sql, string? name)
    {
        using var row = transaction.Sql(sql).With("name", name).Query();
        return row.Read();
    }

    // A claim is for one key: the first that it gave a certificate to, or is about to. With that key, and as long as nothing has become
    // of its certificate, it fills the other slots too. The device's state says it too late: it changes when the certificate is recorded.
    private (Refusal, CloneSign?)? CheckClaim(string batch, ReserveFacts facts, bool isAgain)
    {
        const string sql = """
            SELECT key_thumbprint, (state = 'reserved' OR state = 'issued' OR state = 'current') AND not_after >= @at FROM certificates
            WHERE holder = @holder AND holder_kind = 'device' AND (state = 'reserved' OR thumbprint IS NOT NULL)
            """;
        if (!IsGoodBatch(transaction, batch)) return (Refusals.CallerNotGood, null);
        var (hasAny, isOther, isOver) = (false, false, false);
        using (var row = transaction.Sql(sql).With("at", reservation.At).With("holder", reservation.Holder).Query())
        {
            while (row.Read())
            {
                hasAny = true;
                isOther |= Digest.FromOctets(row.GetFieldValue<byte[]>(0)) != reservation.KeyThumbprint;
                isOver |= !row.GetBoolean(1);
            }
        }

        // The key that was lost, and those before it, were never anybody's.
        if (isAgain) return null;
        if (isOther) return (Refusals.AlreadyClaimed, CloneSign.ClaimedTwice);
        isOver |= !hasAny && facts.Device is not (null or DeviceState.Registered);
        return isOver ? (Refusals.AlreadyClaimed, null) : null;
    }

    private (Refusal, CloneSign?)? CheckBirth(Digest birth)
    {
        const string anchor = "SELECT 1 FROM trust_anchors WHERE name = @name AND withdrawn_at IS NULL";
        if (!IsGood(transaction, anchor, admission.BirthAnchor)) return (Refusals.CallerNotGood, null);
        using var row = transaction.Sql("SELECT birth_thumbprint FROM devices WHERE device_id = @device_id")
            .With("device_id", reservation.Holder)
            .Query();
        return row.Read() && !row.IsDBNull(0) && Digest.FromOctets(row.GetFieldValue<byte[]>(0)) != birth
            ? (Refusals.SecondBirth, CloneSign.SecondBirth)
            : null;
    }
}
