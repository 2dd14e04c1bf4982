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

        AtomicFile.Write(Place, "short", AtomicFile.OwnerOnly);

        Assert.Equal("short", File.ReadAllText(Place));
        Assert.Equal(["key"], _folder.Files);
        if (!OperatingSystem.IsWindows()) Assert.Equal(AtomicFile.OwnerOnly, File.GetUnixFileMode(Place));
    }

    [Fact]
    public void A_link_in_the_place_of_the_file_that_grows_is_not_written_through()
    {
        if (OperatingSystem.IsWindows()) return;
        File.WriteAllText(_folder.At("victim"), "precious");
        File.CreateSymbolicLink(Place + ".partial", _folder.At("victim"));

        AtomicFile.Write(Place, "secret", AtomicFile.OwnerOnly);

        Assert.Equal(("precious", "secret"), (File.ReadAllText(_folder.At("victim")), File.ReadAllText(Place)));
        Assert.Equal(["key", "victim"], _folder.Files);
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
