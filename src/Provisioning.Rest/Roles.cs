namespace Provisioning.Rest;

/// <summary>The role claims that the authentication gives and the endpoints ask for.</summary>
public static class Roles
{
    /// <summary>A person or tool that administers the service.</summary>
    public const string Administrator = "administrator";

    /// <summary>A factory line.</summary>
    public const string Registrar = "registrar";

    /// <summary>A device.</summary>
    public const string Device = "device";
}
