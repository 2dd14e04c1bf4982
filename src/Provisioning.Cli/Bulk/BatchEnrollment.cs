using System.Net;
using System.Runtime.CompilerServices;
using Provisioning.Cli.Api;
using Provisioning.Cli.Output;

namespace Provisioning.Cli.Bulk;

/// <summary>
/// Enrolls a list over <c>POST /enrollments/batch</c>. The platform's client reads no answer before it has sent the body, so the list is
/// cut into parts, of which two are on their way at once: while one is answered and kept, the service works on the other.
/// </summary>
internal sealed class BatchEnrollment(ApiClient client, BatchResults results, RowProblems problems, Progress progress)
{
    private const int RowsOfPart = 256;

    // The service and the connection hold so much of a body while its answers wait to be read; with more, both would wait for ever.
    private const int OctetsOfPart = 512 * 1024;

    private readonly SortedDictionary<string, long> _refusals = new(StringComparer.Ordinal);
    private long _issued;
    private long _pending;
    private long _failed;
    private long _skipped;

    private long Refused => _refusals.Values.Sum();

    /// <summary>Enrolls what is not done yet.</summary>
    /// <returns>What has become of it.</returns>
    /// <exception cref="FailureException">It stopped; what was answered until then is kept.</exception>
    internal async Task<BatchReport> RunAsync(IAsyncEnumerable<Row<BatchItem>> rows, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var earlier = Task.FromResult<IReadOnlyList<BatchAnswer>>([]);
        var later = earlier;
        try
        {
            await foreach (var part in CutAsync(rows, stop.Token))
            {
                later = client.EnrollAsync(part, progress, stop.Token);
                Keep(await earlier);
                earlier = later;
            }

            Keep(await earlier);
        }
        finally
        {
            // Of two on their way the other one is given up when the first has failed: the next run is answered the same.
            await stop.CancelAsync();
            await ((Task)later).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return Report();
    }

    /// <summary>What has become of it so far.</summary>
    internal BatchReport Report() => new()
    {
        Issued = _issued,
        Refused = Refused,
        Pending = _pending,
        Failed = _failed,
        Skipped = _skipped,
        Bad = problems.Count,
        Refusals = _refusals,
        Problems = problems.First,
    };

    private async IAsyncEnumerable<List<BatchItem>> CutAsync(
        IAsyncEnumerable<Row<BatchItem>> rows, [EnumeratorCancellation] CancellationToken ct)
    {
        var (part, octets) = (new List<BatchItem>(RowsOfPart), 0);
        await foreach (var row in rows.WithCancellation(ct))
        {
            if (row.Problem is { } problem)
            {
                problems.Add(problem);
            }
            else if (!results.IsNew(row.Value!.Body))
            {
                _skipped++;
            }
            else
            {
                if (part.Count == RowsOfPart || (part.Count > 0 && octets + row.Value.Json.Length > OctetsOfPart))
                {
                    yield return part;
                    (part, octets) = (new List<BatchItem>(RowsOfPart), 0);
                }

                part.Add(row.Value);
                octets += row.Value.Json.Length;
            }
        }

        if (part.Count > 0) yield return part;
    }

    private void Keep(IReadOnlyList<BatchAnswer> answers)
    {
        var kept = new List<BatchResult>(answers.Count);
        FailureException? failure = null;
        foreach (var answer in answers)
        {
            failure ??= answer.Failure;
            if (answer.Failure is not null) continue;
            if (answer.Result.Status == (int)HttpStatusCode.Accepted)
            {
                // Not a result yet: the next run asks again.
                _pending++;
                continue;
            }

            if (answer.Result.HasFailed)
            {
                // Nor is this: a defect, or a damaged row, of the service. The others go on.
                _failed++;
                continue;
            }

            kept.Add(answer.Result);
            if (answer.Result.Code is { } code) _refusals[code] = _refusals.GetValueOrDefault(code) + 1;
            else _issued++;
        }

        results.Append(kept);
        progress.Report(_skipped + problems.Count + _issued + Refused + _pending + _failed, problems.Count + Refused + _failed);
        if (failure is not null) throw failure;
    }
}

/// <summary>What <c>enroll --batch --json</c> tells of this run.</summary>
internal sealed record BatchReport
{
    /// <summary>Rows of the list; absent when the run stopped before its end.</summary>
    public long? Rows { get; init; }

    /// <summary>Units that got their certificate.</summary>
    public required long Issued { get; init; }

    /// <summary>Units that were refused.</summary>
    public required long Refused { get; init; }

    /// <summary>Units that wait for an approval; the next run asks again.</summary>
    public required long Pending { get; init; }

    /// <summary>Units that the service failed at; the next run asks again.</summary>
    public required long Failed { get; init; }

    /// <summary>Rows of units that had their result already, or that are listed twice.</summary>
    public required long Skipped { get; init; }

    /// <summary>Rows that cannot be read.</summary>
    public required long Bad { get; init; }

    /// <summary>How many units were refused, by code.</summary>
    public required IReadOnlyDictionary<string, long> Refusals { get; init; }

    /// <summary>The first rows that cannot be read.</summary>
    public required IReadOnlyList<RowProblem> Problems { get; init; }

    /// <summary>Where the results are.</summary>
    public string? Results { get; init; }
}
