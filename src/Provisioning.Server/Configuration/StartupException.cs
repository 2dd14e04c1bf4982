using Provisioning.Core.Authorities;
using Provisioning.Core.Enrollment;

namespace Provisioning.Server.Configuration;

/// <summary>The server cannot start; the message tells the operator why, and what to do.</summary>
internal sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>For a certificate that the start needs and did not get.</summary>
    internal static StartupException Of(IssuanceRefusedException problem) => new(
        problem.Refusal.Code is RefusalCode.ClockRegressed or RefusalCode.ClockSuspect
            ? problem.Message + " If the clock of this machine is right, run this program with: clock --accept"
            : problem.Message,
        problem);
}
