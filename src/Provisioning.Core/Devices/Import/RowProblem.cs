using Provisioning.Core.Enrollment;

namespace Provisioning.Core.Devices.Import;

/// <summary>A row that was not taken.</summary>
/// <param name="Line">The line of the file that it begins on, from 1.</param>
/// <param name="DeviceId">The device ID in it, or null when there is none to tell.</param>
/// <param name="Code">The stable reason.</param>
/// <param name="Detail">The same for people.</param>
public sealed record RowProblem(long Line, string? DeviceId, RefusalCode Code, string Detail);
