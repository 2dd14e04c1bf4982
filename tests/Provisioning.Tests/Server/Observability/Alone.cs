namespace Provisioning.Tests.Server.Observability;

/// <summary>Meters are the process's: who counts exactly runs when no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    internal const string Name = "alone";
}
