namespace Provisioning.Core.Devices;

/// <summary>What is written down about a device that somebody else seems to be.</summary>
public static class CloneMark
{
    /// <summary>How long the same device is not written down again: who tries over and over must not fill the audit.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromHours(1);
}
