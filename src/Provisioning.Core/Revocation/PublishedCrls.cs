using System.Collections.Concurrent;
using Provisioning.Core.Authorities;

namespace Provisioning.Core.Revocation;

/// <summary>
/// The folder of CRLs that relying parties fetch, one file for each. A file changes only by renaming a
/// complete and flushed one over it: whoever opened the old one reads it to its end.
/// </summary>
/// <param name="options">Where the folder is.</param>
/// <param name="time">The clock.</param>
public sealed class PublishedCrls(CrlOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<CrlName, CrlStatus> _current = [];
    private readonly ConcurrentDictionary<CrlName, bool> _expected = [];

    /// <summary>What is published of an authority without shards.</summary>
    /// <param name="authority">Its name.</param>
    /// <returns>The status, or null when there is no CRL, or none was looked for yet.</returns>
    public CrlStatus? Find(string authority) => Find(new CrlName(authority));

    /// <summary>What is published.</summary>
    /// <param name="name">Of which CRL.</param>
    /// <returns>The status, or null when there is no CRL, or none was looked for yet.</returns>
    public CrlStatus? Find(CrlName name) => _current.GetValueOrDefault(name);

    /// <summary>The CRLs of shards, and deltas, that should be there and are not, or are too old.</summary>
    /// <param name="now">At this time.</param>
    /// <returns>Their names, sorted; none when all is well.</returns>
    public IReadOnlyList<CrlName> FindStale(DateTimeOffset now) =>
        [.. _expected.Keys.Where(name => Find(name)?.IsFresh(now) != true).OrderBy(name => name.FileName, StringComparer.Ordinal)];

    /// <summary>Whether there is such a CRL, or will be soon. Paths are made from no name that is not known.</summary>
    /// <param name="name">Which.</param>
    /// <returns>False when nobody ever made one, and nobody will.</returns>
    public bool IsKnown(CrlName name) => _expected.ContainsKey(name) || _current.ContainsKey(name);

    /// <summary>Opens a CRL.</summary>
    /// <param name="name">Which.</param>
    /// <returns>A whole file, owned by the caller; null when there is none.</returns>
    public FileStream? Open(CrlName name)
    {
        try
        {
            return new FileStream(PathOf(name), new FileStreamOptions
            {
                Access = FileAccess.Read,
                Share = FileShare.ReadWrite | FileShare.Delete,
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
            });
        }
        catch (FileNotFoundException)
        {
            // Asking first and opening then would leave a gap between the two.
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing was ever published.
            return null;
        }
    }

    /// <summary>Whether the file is still there; an administrator may have deleted it.</summary>
    /// <param name="name">Which.</param>
    /// <returns>True when it is there.</returns>
    internal bool Exists(CrlName name) => File.Exists(PathOf(name));

    /// <summary>Says that there should be one from now on.</summary>
    /// <param name="name">Which.</param>
    internal void Expect(CrlName name) => _expected[name] = true;

    /// <summary>Says that nobody needs it any more. The file stays.</summary>
    /// <param name="name">Which.</param>
    internal void Retire(CrlName name)
    {
        _expected.TryRemove(name, out _);
        if (_current.TryGetValue(name, out var last)) RevocationMetrics.Retire(last);
    }

    /// <summary>Looks at what an earlier run of the service has published.</summary>
    /// <param name="authority">Whose.</param>
    /// <returns>The status; null when there is no CRL that this authority has signed.</returns>
    internal CrlStatus? Load(Authority authority) => Load(authority, new CrlName(authority.Name));

    /// <inheritdoc cref="Load(Authority)"/>
    /// <param name="authority">Whose.</param>
    /// <param name="name">Which of its CRLs.</param>
    internal CrlStatus? Load(Authority authority, CrlName name)
    {
        var path = PathOf(name);
        var facts = File.Exists(path) ? CrlFacts.TryRead(name, File.ReadAllBytes(path)) : null;
        if (facts is null || !facts.IsSignedBy(authority)) return null;
        Announce(facts.Status);
        return facts.Status;
    }

    /// <summary>Writes a CRL that is not to be seen yet, durably.</summary>
    /// <param name="name">Which.</param>
    /// <param name="write">Writes the content.</param>
    /// <typeparam name="T">What writing gives.</typeparam>
    /// <returns>What <paramref name="write"/> returned.</returns>
    internal async Task<T> StageAsync<T>(CrlName name, Func<Stream, Task<T>> write)
    {
        Directory.CreateDirectory(options.Directory);
        File.Delete(StagedPathOf(name));
        await using var stream = DurableFile.Create(StagedPathOf(name), DurableFile.Readable);
        var result = await write(stream);
        await stream.FlushAsync();
        File.SetLastWriteTimeUtc(stream.SafeFileHandle, NextModified(name).UtcDateTime);
        RandomAccess.FlushToDisk(stream.SafeFileHandle);
        return result;
    }

    /// <summary>Reads what was staged.</summary>
    /// <param name="name">Which.</param>
    /// <returns>The file, owned by the caller.</returns>
    internal FileStream OpenStaged(CrlName name) => File.OpenRead(StagedPathOf(name));

    /// <summary>Puts the staged CRL in the place of the published one.</summary>
    /// <param name="status">What it says.</param>
    internal void Publish(CrlStatus status)
    {
        DurableFile.Publish(StagedPathOf(status.Name), PathOf(status.Name));
        Announce(status);
    }

    private void Announce(CrlStatus status)
    {
        _current[status.Name] = status;
        RevocationMetrics.Announce(status);
    }

    // Last-Modified has whole seconds, and clocks go back: a file not newer by a second would be taken for the old one.
    private DateTimeOffset NextModified(CrlName name)
    {
        var now = time.GetUtcNow();
        var path = PathOf(name);
        if (!File.Exists(path)) return now;
        var next = new DateTimeOffset(File.GetLastWriteTimeUtc(path)) + TimeSpan.FromSeconds(1);
        return next > now ? next : now;
    }

    private string PathOf(CrlName name) => Path.Combine(options.Directory, name.FileName);

    private string StagedPathOf(CrlName name) => PathOf(name) + ".new";
}
