using Provisioning.Cli.Files;

namespace Provisioning.Tests.Cli;

public sealed class PendingFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Place => _folder.At("key");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_a_killed_run_has_left_is_replaced_and_its_mode_is_not_taken_over()
    {
        File.WriteAllText(Place + ".partial", "what a killed run has written so far");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Place + ".partial", AtomicFile.Readable);

        AtomicFile.Write(Place, "short", AtomicFile.OwnerOnly);

        Assert.Equal("short", File.ReadAllText(Place));
        Assert.Equal(["key"], _folder.Files);
        if (!OperatingSystem.IsWindows()) Assert.Equal(AtomicFile.OwnerOnly, File.GetUnixFileMode(Place));
    }

    [Theory]
    [InlineData("precious")]
    [InlineData(null)]
    public void A_link_in_the_place_of_the_file_that_grows_is_neither_written_through_nor_taken_away(string? content)
    {
        if (OperatingSystem.IsWindows()) return;
        if (content is not null) File.WriteAllText(_folder.At("victim"), content);
        File.CreateSymbolicLink(Place + ".partial", _folder.At("victim"));

        var refused = Assert.Throws<IOException>(() => AtomicFile.Write(Place, "secret", AtomicFile.OwnerOnly));

        Assert.Contains($"'{Place}.partial'", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"is a symbolic link to '{_folder.At("victim")}'{(content is null ? ", where nothing is." : ".")}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(content, File.Exists(_folder.At("victim")) ? File.ReadAllText(_folder.At("victim")) : null);
        Assert.NotNull(new FileInfo(Place + ".partial").LinkTarget);
    }

    [Fact]
    public void A_folder_in_its_place_is_not_taken_away()
    {
        Directory.CreateDirectory(_folder.At("other.partial"));
        var refused = Assert.Throws<IOException>(() => AtomicFile.Write(_folder.At("other"), "mine", AtomicFile.Readable));
        Assert.Contains("is a folder", refused.Message, StringComparison.Ordinal);
    }

    // Where modes come from the mount (SMB, FAT), what this command has left has any.
    [Fact]
    public void What_a_killed_run_has_left_is_replaced_whatever_its_mode_has_become()
    {
        if (OperatingSystem.IsWindows()) return;
        File.WriteAllText(Place + ".partial", "half");
        File.SetUnixFileMode(Place + ".partial", AtomicFile.Readable | UnixFileMode.UserExecute | UnixFileMode.GroupWrite);
        AtomicFile.Write(Place, "whole", AtomicFile.Readable);
        Assert.Equal("whole", File.ReadAllText(Place));
        Assert.Equal(AtomicFile.Readable, File.GetUnixFileMode(Place));
        Assert.False(File.Exists(Place + ".partial"));
    }

    [Fact]
    public void Of_many_that_find_the_same_leftover_at_once_one_writes_at_a_time_and_what_is_put_in_place_is_whole()
    {
        const int runs = 8;
        var (writing, most, written) = (0, 0, 0);
        using var start = new Barrier(runs, barrier => Leave(barrier.CurrentPhaseNumber));
        var threads = Enumerable.Range(0, runs).Select(i => new Thread(() =>
        {
            for (var round = 0; round < 300; round++)
            {
                start.SignalAndWait();
                try
                {
                    using var file = new PendingFile(Place, AtomicFile.Readable);
                    var now = Interlocked.Increment(ref writing);
                    for (var seen = most; now > seen; seen = most) Interlocked.CompareExchange(ref most, now, seen);
                    file.Stream.Write(new byte[i + 1]);
                    file.Stream.WriteByte((byte)(i + 1));
                    Interlocked.Decrement(ref writing);
                    file.MoveInPlace();
                    Interlocked.Increment(ref written);
                }
                catch (IOException busy) when (busy.Message.StartsWith("Another run is writing", StringComparison.Ordinal))
                {
                    // As it should be.
                }
                catch (Exception)
                {
                    Interlocked.Add(ref most, 100);
                }

                start.SignalAndWait();
            }
        })).ToList();

        // Before each round, a leftover as a killed run has it.
        void Leave(long phase)
        {
            if (phase % 2 != 0) return;
            File.WriteAllText(Place + ".partial", "left");
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Place + ".partial", AtomicFile.Readable);
        }

        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Equal(1, most);
        Assert.InRange(written, 300, 300 * runs);
        var content = File.ReadAllBytes(Place);
        Assert.Equal(content.Length, content[^1] + 1);
    }

    [Fact]
    public void A_second_run_that_would_write_the_same_file_is_told_so_and_the_first_one_goes_on()
    {
        using (var first = new PendingFile(Place, AtomicFile.Readable))
        {
            first.Stream.Write("first"u8);
            var refused = Assert.Throws<IOException>(() => new PendingFile(Place, AtomicFile.Readable));
            Assert.Contains($"Another run is writing '{Place}'", refused.Message, StringComparison.Ordinal);
            Assert.Throws<IOException>(() => AtomicFile.TryCreate(Place, "second", AtomicFile.OwnerOnly));
            first.Commit();
        }

        Assert.Equal("first", File.ReadAllText(Place));
        AtomicFile.Write(Place, "third", AtomicFile.Readable);
        Assert.Equal("third", File.ReadAllText(Place));
        Assert.Equal(["key"], _folder.Files);
    }

    [Fact]
    public void What_is_not_committed_leaves_the_old_file_and_nothing_else()
    {
        AtomicFile.Write(Place, "old", AtomicFile.Readable);
        using (var pending = new PendingFile(Place, AtomicFile.Readable)) pending.Stream.Write("new"u8);
        Assert.Equal("old", File.ReadAllText(Place));
        Assert.Equal(["key"], _folder.Files);
    }
}
