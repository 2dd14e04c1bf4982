using System.Security.Cryptography;

namespace Provisioning.Interop.Faults;

/// <summary>
/// The order of the system calls of an enrollment (row I-03): the log is flushed before a byte of the answer is sent. A kill -9 cannot
/// show that, because the page cache survives it.
/// </summary>
public sealed class CommitOrderTests
{
    private const int Devices = 20;

    [Fact]
    public async Task I_03_no_answer_is_sent_before_the_write_ahead_log_is_flushed()
    {
        using var strace = Strace.OfFilesAndSockets();
        await using var server = await ServerProcess.StartAsync(under: strace.Command);
        using (var registrar = Api.Client(server, "factory-line"))
        {
            for (var i = 0; i < Devices; i++)
            {
                using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                await Api.EnrollPemAsync(registrar, $"pump-{i}", key);
            }
        }

        await server.KillAsync();
        var (early, answers, flushes) = CommitOrder.Check(await strace.ReadAsync(), IsSent);

        Assert.Equal(0, early);
        Assert.True(answers >= Devices, $"{answers} answers");
        // One for the reservation, one for the record.
        Assert.True(flushes >= 2 * Devices, $"{flushes} flushes");
    }

    // The check itself, on a program in which the difference is one word.
    [Theory]
    [InlineData("FULL", 0)]
    [InlineData("NORMAL", 3)]
    public async Task The_check_of_the_order_finds_an_answer_that_came_too_early(string synchronous, int expected)
    {
        using var strace = Strace.OfFilesAndSockets();
        var folder = Directory.CreateTempSubdirectory("provisioning-order-");
        try
        {
            var script = $"PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; CREATE TABLE t (x);\n"
                + string.Concat(Enumerable.Repeat("INSERT INTO t VALUES (1);\n.shell echo acknowledged\n", 3));
            var run = await Tool.RunAsync(
                strace.Command[0], [.. strace.Command.Skip(1), "sqlite3", Path.Combine(folder.FullName, "t.db")], input: script);
            Assert.True(run.ExitCode == 0, run.Error);

            var (early, answers, _) = CommitOrder.Check(await strace.ReadAsync(), IsSaid);

            Assert.Equal(3, answers);
            Assert.Equal(expected, early);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static bool IsSent(SystemCall call) => call.Name is "sendto" or "sendmsg" && call.Result > 0;

    private static bool IsSaid(SystemCall call) => call is { Name: "write", Descriptor: 1 } && call.Path(1) == "acknowledged\n";
}
