using System.Net;

namespace Provisioning.Tests.Server.Renewals;

/// <summary>Whether the key changes with the certificate.</summary>
public sealed class RekeyTests
{
    [Theory]
    [InlineData("allowed", true, null)]
    [InlineData("allowed", false, null)]
    [InlineData("required", true, null)]
    [InlineData("required", false, "new-key-required")]
    [InlineData("forbidden", true, "new-key-not-allowed")]
    [InlineData("forbidden", false, null)]
    public async Task The_group_says_whether_a_renewal_brings_a_new_key(string rekey, bool newKey, string? refusal)
    {
        await using var house = await RenewalHouse.StartAsync($$"""{"early":"allowed","rekey":"{{rekey}}"}""");
        var client = house.Device.Client();
        var answer = await house.Device.RenewAsync(client, newKey);
        if (refusal is not null)
        {
            await Problem.IsAsync(answer, HttpStatusCode.UnprocessableEntity, refusal);
            return;
        }

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);

        // The answer was lost: the same request gets the same certificate.
        var first = house.Device.SerialNumber;
        using (await house.Device.RenewAsync(client, newKey: false)) Assert.Equal(first, house.Device.SerialNumber);
    }
}
