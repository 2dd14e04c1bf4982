using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;

namespace Provisioning.Interop.Samples;

/// <summary>A service with groups for <c>samples/est/device.sh</c>; one for all tests of a class.</summary>
public sealed class DeviceHouse : IAsyncLifetime
{
    /// <summary>Takes tokens and lets its devices renew at once; their subject has more in it than the name.</summary>
    internal const string Group = "brokers";

    /// <summary>The same, but its devices renew when it is time.</summary>
    internal const string Patient = "patient";

    /// <summary>Has an administrator approve each request.</summary>
    internal const string Manual = "valves";

    /// <summary>Its devices have a subject that is hard to write, with <see cref="OddName"/> in it.</summary>
    internal const string Odd = "odd";

    internal const string OddName = @"Süd / West\Ost + Nord=#1";

    private int _names;

    internal CommandLine Line { get; } = new();

    internal ServerProcess Server => Line.Server;

    public async ValueTask InitializeAsync()
    {
        await Line.InitializeAsync();
        await SaveAsync(["profiles", "save", Odd], $$"""
            {"name":"odd","holder":"device","subject":[{"organization":{{JsonSerializer.Serialize(OddName)}}},{"commonName":"${deviceId}"},{"serialNumber":"${deviceId}"}],
            "alternativeNames":[],"keyAlgorithms":["p256"],"keyUsage":["digitalSignature"],"extendedKeyUsage":["clientAuth"],
            "lifetime":"P365D","backdating":"PT1H","renewAfter":0.6,"renewBefore":0.9}
            """);
        await DefineAsync(Odd, """{"profile":"odd","credentials":["token"],"renewal":{"early":"allowed"}}""");
        await DefineAsync(Group, """{"profile":"mqtt-client","credentials":["token"],"renewal":{"early":"allowed"}}""");
        await DefineAsync(Patient, """{"credentials":["token"]}""");
        await DefineAsync(Manual, """{"credentials":["token"],"approval":"manual"}""");
    }

    public ValueTask DisposeAsync() => Line.DisposeAsync();

    /// <summary>A device that has a token, and nothing else.</summary>
    /// <param name="group">What the token is for.</param>
    internal async Task<ScriptedDevice> NewAsync(string group = Group)
    {
        var device = new ScriptedDevice(this, NextName(), group);
        var made = await Line.DoAsync("tokens", "create", "--group", group, "--device", device.Id);
        await File.WriteAllTextAsync(device.Token, made.GetProperty("items")[0].GetProperty("token").GetString() + "\n");
        return device;
    }

    // One of the devices that come first in every window: half a percent of them, by the hashes of their names.
    private string NextName()
    {
        while (true)
        {
            var name = $"gate-{Interlocked.Increment(ref _names)}";
            var hash = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name));
            if (BinaryPrimitives.ReadUInt32BigEndian(hash) < uint.MaxValue / 200) return name;
        }
    }

    private Task DefineAsync(string name, string definition) => SaveAsync(["groups", "save", name, "--file"], definition);

    private async Task SaveAsync(string[] verb, string definition)
    {
        var file = Line.At("definition.json");
        await File.WriteAllTextAsync(file, definition);
        await Line.DoAsync([.. verb, file]);
    }
}
