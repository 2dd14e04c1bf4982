namespace Provisioning.Core.Enrollment;

/// <summary>What <see cref="ClockGuard"/> thinks of the clock of this machine.</summary>
public enum ClockState
{
    /// <summary>Nothing speaks against it.</summary>
    Sane,

    /// <summary>It is behind what is already on record.</summary>
    Behind,

    /// <summary>It has jumped ahead, farther than time can have passed.</summary>
    Ahead,
}
