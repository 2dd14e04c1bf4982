using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using Provisioning.Core.Enrollment;
using Provisioning.Rest;
using Provisioning.Tests.Certificates;
using Provisioning.Tests.Server.Observability;
using Xunit.Sdk;
using Xunit.v3;

namespace Provisioning.Tests.Server;

/// <summary>
/// Every certification request that the tests of the reader refuse (rows C and K of the table of hostile inputs), sent to a real
/// server: the same reason, under its wire code, cheaply, and the next request works. The inputs are those of these tests, collected
/// while they run, so that a new one is sent here too. Alone, because the whole process is measured: client and server.
/// </summary>
[Collection(Alone.Name)]
public sealed class HostileRequestTests(HostileHttpTests.SharedServer shared) : IClassFixture<HostileHttpTests.SharedServer>
{
    private const int LargestBody = 16 * 1024;

    public static TheoryData<string> Rows => new(Tests.Keys);

    private static Dictionary<string, MethodInfo> Tests { get; } = new Type[]
    {
        typeof(RequestAlternativeNameTests), typeof(RequestAttributesTests), typeof(RequestExtensionTests), typeof(RequestKeyTests),
        typeof(RequestRsaKeyTests), typeof(RequestSignatureTests), typeof(RequestStructureTests), typeof(RequestSubjectTests),
    }
        .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        .Where(method => method.Name.StartsWith("C_", StringComparison.Ordinal) || method.Name.StartsWith("K_", StringComparison.Ordinal))
        .ToDictionary(method => method.Name);

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_hostile_request_is_refused_over_HTTP_as_by_the_reader(string row)
    {
        foreach (var (code, der) in await CollectAsync(Tests[row]))
        {
            // What is read at all and does not begin as a SEQUENCE does is taken for text, which it is not either.
            var isRead = code != RefusalCode.TooLarge;
            var kind = RestErrors.KindOf(isRead && der is not [0x30, ..] ? RefusalCode.Malformed : code);
            var cost = await RequestCost.LeastAsync(shared.IsAliveAsync, () => shared.Client.SendAsync(Request(der)), response =>
                Problem.IsAsync(response, (HttpStatusCode)kind.Status, kind.Code));
            Assert.True(cost.IsCheap, $"{cost} for {Convert.ToHexString(der.AsSpan(0, Math.Min(der.Length, 200)))}");
        }

        await shared.IsAliveAsync();
    }

    [Fact]
    public async Task Most_rows_have_inputs_to_send()
    {
        var all = new Dictionary<string, int>();
        foreach (var (row, test) in Tests) all[row] = (await CollectAsync(test)).Count;
        Assert.InRange(all.Values.Count(count => count > 0), 60, int.MaxValue);
        Assert.InRange(all.Values.Sum(), 300, int.MaxValue);
    }

    private static async Task<List<(RefusalCode Code, byte[] Der)>> CollectAsync(MethodInfo test)
    {
        var all = new List<(RefusalCode Code, byte[] Der)>();
        var instance = Activator.CreateInstance(test.DeclaringType!);
        await using var tracker = new DisposalTracker();
        var sets = test.GetCustomAttributes().OfType<IDataAttribute>().ToList();
        foreach (var set in sets)
        {
            foreach (var data in await set.GetData(test, tracker))
                all.AddRange(Requests.CollectRefused(() => test.Invoke(instance, Fit(test, data.GetData()))));
        }

        if (sets.Count == 0) all.AddRange(Requests.CollectRefused(() => test.Invoke(instance, null)));
        return all;
    }

    // As the runner does: a number in an attribute may be meant for a smaller type.
    private static object?[] Fit(MethodInfo test, object?[] arguments) =>
        [.. test.GetParameters().Zip(arguments, (parameter, argument) => argument is int number && parameter.ParameterType == typeof(byte)
            ? (byte)number
            : argument)];

    private static HttpRequestMessage Request(byte[] der)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/enrollments?deviceId=dev-1")
        {
            Content = new ByteArrayContent(der) { Headers = { ContentType = new MediaTypeHeaderValue("application/pkcs10") } },
        };

        // What is too large is refused by its length; to send it all the same would only break the connection.
        if (der.Length > LargestBody) request.Headers.ExpectContinue = true;
        return request;
    }
}
