using System.Security.Cryptography;

namespace Provisioning.Cli.Api;

/// <summary>
/// How long to wait between attempts, so that those who failed together do not come back together: chance decides about all of a pause. A
/// service that says when is there, and knows; one that says nothing is given twice as long each time.
/// </summary>
/// <param name="First">What the first pause is a part of.</param>
/// <param name="Longest">What no pause is longer than.</param>
internal sealed record BackOff(TimeSpan First, TimeSpan Longest)
{
    /// <summary>For somebody who waits: a person, or a line with its unit. There are few of them.</summary>
    internal static BackOff Attended { get; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    /// <summary>For a device by itself, which is one of a fleet, and whose window is days.</summary>
    internal static BackOff Unattended { get; } = new(TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));

    /// <summary>The wait after a failure.</summary>
    /// <param name="failures">How many there were in a row, this one included, for which the service said no time.</param>
    internal TimeSpan After(int failures) =>
        SomeOf(TimeSpan.FromTicks(Math.Min(Longest.Ticks, First.Ticks << Math.Min(failures - 1, 16))));

    /// <summary>The wait when the service has said a time: never less.</summary>
    /// <param name="asked">What it said.</param>
    internal TimeSpan AfterBeingAsked(TimeSpan asked) => asked + SomeOf(First);

    /// <summary>The wait before the first attempt of one that has got its power back with all others.</summary>
    internal TimeSpan AtStart() => SomeOf(First);

    private static TimeSpan SomeOf(TimeSpan pause) => TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32((int)pause.TotalMilliseconds + 1));
}
