namespace Provisioning.Core.Lots;

/// <summary>What became of a unit.</summary>
public enum LotUnitState
{
    /// <summary>It was listed, and not enrolled.</summary>
    NotIssued,

    /// <summary>It was enrolled, and has not been seen since.</summary>
    Unaccounted,

    /// <summary>It was enrolled, and has shown its certificate here.</summary>
    Activated,

    /// <summary>It was enrolled, and reported as scrapped.</summary>
    Scrapped,
}
