using System.Collections.Concurrent;
using Provisioning.Core.Authorities;

namespace Provisioning.Core.Revocation;

/// <summary>
/// The folder of CRLs that relying parties fetch, one file for each authority. A file changes only by renaming a
/// complete and flushed one over it: whoever opened the old one reads it to its end.
/// </summary>
/// <param name="options">Where the folder is.</param>
/// <param name="time">The clock.</param>
public sealed class PublishedCrls(CrlOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, CrlStatus> _current = new(StringComparer.Ordinal);

    /// <summary>What is published of an authority.</summary>
    /// <param name="authority">Its name.</param>
    /// <returns>The status, or null when there is no CRL, or none was looked for yet.</returns>
    public CrlStatus? Find(string authority) => _current.GetValueOrDefault(authority);

    /// <summary>Opens the CRL of an authority.</summary>
    /// <param name="authority">Whose.</param>
    /// <returns>A complete CRL, owned by the caller; null when there is none.</returns>
    public FileStream? Open(Authority authority)
    {
        try
        {
            return new FileStream(PathOf(authority), new FileStreamOptions
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
    /// <param name="authority">Whose.</param>
    /// <returns>True when it is there.</returns>
    internal bool Exists(Authority authority) => File.Exists(PathOf(authority));

    /// <summary>Looks at what an earlier run of the service has published.</summary>
    /// <param name="authority">Whose.</param>
    /// <returns>The status; null when there is no CRL that this authority has signed.</returns>
    internal CrlStatus? Load(Authority authority)
    {
        var path = PathOf(authority);
        var facts = File.Exists(path) ? CrlFacts.TryRead(authority.Name, File.ReadAllBytes(path)) : null;
        if (facts is null || !facts.IsSignedBy(authority)) return null;
        Announce(facts.Status);
        return facts.Status;
    }

    /// <summary>Writes a CRL that is not to be seen yet, durably.</summary>
    /// <param name="authority">Whose.</param>
    /// <param name="write">Writes the content.</param>
    /// <typeparam name="T">What writing gives.</typeparam>
    /// <returns>What <paramref name="write"/> returned.</returns>
    internal T Stage<T>(Authority authority, Func<Stream, T> write)
    {
        Directory.CreateDirectory(options.Directory);
        File.Delete(StagedPathOf(authority));
        using var stream = DurableFile.Create(StagedPathOf(authority), DurableFile.Readable);
        var result = write(stream);
        stream.Flush();
        File.SetLastWriteTimeUtc(stream.SafeFileHandle, NextModified(authority).UtcDateTime);
        stream.Flush(flushToDisk: true);
        return result;
    }

    /// <summary>Puts the staged CRL in the place of the published one.</summary>
    /// <param name="authority">Whose.</param>
    /// <param name="status">What it says.</param>
    internal void Publish(Authority authority, CrlStatus status)
    {
        DurableFile.Publish(StagedPathOf(authority), PathOf(authority));
        Announce(status);
    }

    private void Announce(CrlStatus status)
    {
        _current[status.Authority] = status;
        RevocationMetrics.Announce(status);
    }

    // Last-Modified has whole seconds, and clocks go back: a file not newer by a second would be taken for the old one.
    private DateTimeOffset NextModified(Authority authority)
    {
        var now = time.GetUtcNow();
        var path = PathOf(authority);
        if (!File.Exists(path)) return now;
        var next = new DateTimeOffset(File.GetLastWriteTimeUtc(path)) + TimeSpan.FromSeconds(1);
        return next > now ? next : now;
    }

    private string PathOf(Authority authority) => Path.Combine(options.Directory, authority.Name + ".crl");

    private string StagedPathOf(Authority authority) => PathOf(authority) + ".new";
}
