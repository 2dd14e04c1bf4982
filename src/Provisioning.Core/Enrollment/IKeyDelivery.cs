using Provisioning.Core.Certificates;

namespace Provisioning.Core.Enrollment;

/// <summary>How a door gives a key out that was made here. Asked before anything is made or issued, so that nothing is that could not be delivered.</summary>
public interface IKeyDelivery
{
    /// <summary>Asks whether a key can be protected as a request asks.</summary>
    /// <param name="asked">How.</param>
    /// <returns>Why not (<see cref="RefusalCode.KeyProtection"/>); or null.</returns>
    Refusal? Judge(KeyProtection asked);

    /// <summary>Takes in hand whatever protecting needs, for a key that is asked for with protection. May be called again.</summary>
    /// <param name="ct">The device has hung up.</param>
    /// <returns>Why it is not possible now; or null.</returns>
    ValueTask<Refusal?> PrepareAsync(CancellationToken ct);
}
