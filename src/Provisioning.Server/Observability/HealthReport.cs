namespace Provisioning.Server.Observability;

/// <summary>Whether the service can do its work.</summary>
/// <param name="Ready">True when every check is good.</param>
/// <param name="Checks">Each check: <c>ok</c>, or what is wrong.</param>
internal sealed record HealthReport(bool Ready, IReadOnlyDictionary<string, string> Checks);
