namespace Provisioning.Cli.Files;

/// <summary>Where a client certificate and its key are; the same file may hold both.</summary>
/// <param name="Certificate">PEM, the certificate first; its chain may follow.</param>
/// <param name="Key">PEM, not encrypted.</param>
internal sealed record CredentialFiles(string Certificate, string Key);
