namespace Provisioning.Cli.Options;

/// <summary>As whom a verb speaks, when nobody says otherwise: which credential of a data directory it takes.</summary>
internal enum CallerRole
{
    /// <summary>Nobody: what the verb asks for is public.</summary>
    Stranger,

    /// <summary>The device itself, with its own pair; a data directory holds none.</summary>
    Device,

    /// <summary>A factory line.</summary>
    Registrar,

    /// <summary>An administrator.</summary>
    Administrator,
}
