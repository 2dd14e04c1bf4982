using Provisioning.Core.Certificates;

namespace Provisioning.Core.Devices.Import;

/// <summary>Some rows of an import, which are done together or not at all.</summary>
public sealed record ImportChunk
{
    /// <summary>The import.</summary>
    public required string Id { get; init; }

    /// <summary>How many rows of it were done before.</summary>
    public required long From { get; init; }

    /// <summary>How many rows these are.</summary>
    public required int Rows { get; init; }

    /// <summary>The good rows, with their lines.</summary>
    public required IReadOnlyList<(long Line, DeviceRegistration Device)> Good { get; init; }

    /// <summary>The others.</summary>
    public required IReadOnlyList<RowProblem> Bad { get; init; }

    /// <summary>The hash over the file up to the end of these rows.</summary>
    public required Digest Content { get; init; }

    /// <summary>Who imports.</summary>
    public required string Actor { get; init; }

    /// <summary>Now.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>True for the last rows of the file.</summary>
    public required bool IsLast { get; init; }
}
