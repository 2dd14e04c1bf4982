using System.Reflection;
using Provisioning.Core.Enrollment;
using Provisioning.Tests.Certificates;
using Xunit.Sdk;
using Xunit.v3;

namespace Provisioning.Tests.Server;

/// <summary>
/// Every certification request that the tests of the reader refuse (rows C, K and E-12 of the table of hostile inputs), collected while
/// these tests run, so that a new one is sent to every door too.
/// </summary>
internal static class HostileRequests
{
    private static readonly Dictionary<string, MethodInfo> Tests = new Type[]
    {
        typeof(RequestAlternativeNameTests), typeof(RequestAttributesTests), typeof(RequestExtensionTests), typeof(RequestKeyProtectionTests),
        typeof(RequestKeyTests), typeof(RequestRsaKeyTests), typeof(RequestSignatureTests), typeof(RequestStructureTests), typeof(RequestSubjectTests),
    }
        .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        .Where(method => method.Name is ['C' or 'K' or 'E', '_', ..])
        .ToDictionary(method => method.Name);

    internal static IEnumerable<string> Rows => Tests.Keys;

    /// <summary>The inputs of a row, with the reason for which the reader refuses each.</summary>
    internal static async Task<List<(RefusalCode Code, byte[] Der)>> CollectAsync(string row)
    {
        var test = Tests[row];
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
}
