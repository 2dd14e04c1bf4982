using Provisioning.Cli.Files;

namespace Provisioning.Cli.Options;

/// <summary>As whom to speak to the service.</summary>
internal abstract record Credential
{
    private Credential()
    {
    }

    /// <summary>The file that a message should name.</summary>
    internal abstract string Name { get; }

    /// <summary>A certificate and a key, PEM.</summary>
    internal sealed record Pem(CredentialFiles Files) : Credential
    {
        internal override string Name => Files.Certificate;
    }

    /// <summary>A PKCS#12 file.</summary>
    internal sealed record Pkcs12(string Path, string? Password) : Credential
    {
        internal override string Name => Path;

        // A record would print the password.
        public override string ToString() => Path;
    }
}
