namespace Provisioning.Interop.Samples;

/// <summary><c>samples/contract-manufacturer</c> against the real server.</summary>
public sealed class ContractManufacturerTests
{
    [Fact]
    public async Task A_week_of_a_contract_manufacturer_ends_with_a_report_that_verifies()
    {
        await using var week = await RunningSample.RunAsync("contract-manufacturer", "week.sh");

        Assert.Matches("station-1-[0-9]+ station-2-[0-9]+\n", week.Output);
        Assert.Equal(2, week.Output.Split("refused: 403 quota-exhausted").Length - 1);
        Assert.Contains("refused from now on: 403 lot-closed", week.Output, StringComparison.Ordinal);
        foreach (var line in (string[])["ordered: 6", "issued: 7", "replaced: 1", "activated: 3", "scrapped: 1", "unaccounted: 3", "attemptsBeyond: 2"])
            Assert.Contains($"   {line}\n", week.Output, StringComparison.Ordinal);
        await week.Server.StopAsync();
        var audit = await week.Server.AuditAsync();
        Assert.True(audit.ExitCode == 0, audit.Output + audit.Error);
    }
}
