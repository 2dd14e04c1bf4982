namespace Provisioning.Interop.Samples;

/// <summary><c>samples/contract-manufacturer</c> against the real server.</summary>
public sealed class ContractManufacturerTests
{
    [Fact]
    public async Task A_week_of_a_contract_manufacturer_ends_with_a_report_that_verifies()
    {
        await using var server = await ServerProcess.StartAsync();
        var folder = Directory.CreateTempSubdirectory("contract manufacturer ");
        try
        {
            var run = await Tool.RunAsync(
                "bash", [Repository.At("samples", "contract-manufacturer", "week.sh"), "-s", server.Https, "-d", server.DataDirectory, "-o", folder.FullName]);

            Assert.True(run.ExitCode == 0, run.Output + run.Error);
            Assert.Equal(2, run.Output.Split("refused: 403 quota-exhausted").Length - 1);
            Assert.Contains("refused from now on: 403 lot-closed", run.Output);
            foreach (var line in (string[])["ordered: 6", "issued: 7", "replaced: 1", "activated: 3", "scrapped: 1", "unaccounted: 3", "attemptsBeyond: 2"])
                Assert.Contains($"   {line}\n", run.Output);
            await server.StopAsync();
            var audit = await server.AuditAsync();
            Assert.True(audit.ExitCode == 0, audit.Output + audit.Error);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
