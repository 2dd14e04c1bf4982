namespace Provisioning.Cli.Keys;

/// <summary>The kinds of key that this program makes, as <c>--key-algorithm</c> spells them.</summary>
internal static class KeyKind
{
    internal const string P256 = "p256";
    internal const string P384 = "p384";
    internal const string Rsa2048 = "rsa2048";
    internal const string Rsa3072 = "rsa3072";
    internal const string Rsa4096 = "rsa4096";

    internal static readonly string[] All = [P256, P384, Rsa2048, Rsa3072, Rsa4096];
}
