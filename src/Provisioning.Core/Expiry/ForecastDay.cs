namespace Provisioning.Core.Expiry;

/// <summary>How many certificates of a group's devices end in a day.</summary>
/// <param name="Day">The day, in UTC.</param>
/// <param name="Group">The group.</param>
/// <param name="Expected">Of <see cref="Outlook.Expected"/>.</param>
/// <param name="Renewed">Of <see cref="Outlook.Renewed"/>.</param>
/// <param name="Late">Of <see cref="Outlook.Late"/>.</param>
/// <param name="Unlikely">Of <see cref="Outlook.Unlikely"/>.</param>
public sealed record ForecastDay(DateOnly Day, string Group, long Expected, long Renewed, long Late, long Unlikely)
{
    /// <summary>All of them.</summary>
    public long Expiring => Expected + Renewed + Late + Unlikely;

    /// <summary>Counts one more.</summary>
    internal ForecastDay With(Outlook outlook) => outlook switch
    {
        Outlook.Expected => this with { Expected = Expected + 1 },
        Outlook.Renewed => this with { Renewed = Renewed + 1 },
        Outlook.Late => this with { Late = Late + 1 },
        _ => this with { Unlikely = Unlikely + 1 },
    };
}
