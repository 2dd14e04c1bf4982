namespace Provisioning.Core.Lots;

/// <summary>A unit of a lot.</summary>
/// <param name="DeviceId">Its ID.</param>
/// <param name="State">What became of it.</param>
/// <param name="IsInFlight">True while its certificate is being made, of which nothing may come.</param>
public readonly record struct LotUnit(string DeviceId, LotUnitState State, bool IsInFlight);
