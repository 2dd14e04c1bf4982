namespace Provisioning.Benchmarks;

/// <summary>A data directory that is gone afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal TemporaryFolder() => CutShort.Add(Path);

    internal string Path { get; } = Directory.CreateTempSubdirectory("provisioning-benchmark-").FullName;

    public void Dispose()
    {
        Directory.Delete(Path, recursive: true);
        CutShort.Remove(Path);
    }
}
