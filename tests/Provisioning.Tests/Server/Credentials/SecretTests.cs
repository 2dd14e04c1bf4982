using System.Net;
using Microsoft.Data.Sqlite;
using Provisioning.Core.Authorities;

namespace Provisioning.Tests.Server.Credentials;

/// <summary>TM_16: what a thief of the database, its log, a backup or the service's log finds.</summary>
public sealed class SecretTests
{
    [Fact]
    public async Task TM_16_no_secret_is_in_the_database_its_log_a_backup_or_the_log()
    {
        await using var server = await TestServer.StartAsync();
        await server.OpenGroupAsync();
        var (used, unused, revoked) = (await NewTokenAsync(server), await NewTokenAsync(server), await NewTokenAsync(server));
        await CredentialCalls.SerialAsync(await server.WithToken(used).EnrollAsync("pump-1"));
        await Problem.IsAsync(await server.WithToken(used).EnrollAsync("pump-2"), HttpStatusCode.Forbidden, "token-exhausted");
        await server.Administrator().DeleteAsync("/api/v1/tokens/" + revoked.Split('.')[1]);
        await Problem.IsAsync(await server.WithToken(revoked).EnrollAsync("pump-3"), HttpStatusCode.Unauthorized, "bad-token");

        var data = server.Instance.Data;
        var secrets = new List<(string Name, byte[] Octets)>();
        foreach (var token in new[] { used, unused, revoked }) AddForms(secrets, "token", token);
        AddForms(secrets, "passphrase", (await File.ReadAllTextAsync(Path.Combine(data.Path, "passphrase"))).Trim());
        AddForms(secrets, "p12 password", (await File.ReadAllTextAsync(server.Instance.Credentials.PasswordFile)).Trim());
        foreach (var name in new[] { CredentialFiles.Administrator, CredentialFiles.FactoryLine })
        {
            using var certificate = server.Credential(name);
            using var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(certificate)!;
            var d = key.ExportParameters(true).D!;
            secrets.AddRange([(name, d), (name, System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(d)))]);
        }

        var places = new List<(string Name, byte[] Octets)>();
        foreach (var file in Directory.EnumerateFiles(data.Path, "provisioning.db*")) places.Add((file, await ReadSharedAsync(file)));
        places.Add(("backup", await BackUpAsync(data.Path)));
        places.Add(("log", System.Text.Encoding.UTF8.GetBytes(string.Join('\n', server.Log.All))));

        Assert.Contains(places, place => place.Name.EndsWith("-wal", StringComparison.Ordinal) && place.Octets.Length > 0);
        Assert.True(places.Single(place => place.Name == "backup").Octets.AsSpan().IndexOf("token-created"u8) > 0);
        foreach (var (place, octets) in places)
        {
            foreach (var (name, secret) in secrets)
                Assert.True(octets.AsSpan().IndexOf(secret) < 0, $"The {name} is in {place}.");
        }
    }

    // Whoever reads the hash must not get in with it either.
    [Fact]
    public async Task TM_16_the_hash_of_a_token_is_no_token()
    {
        await using var server = await TestServer.StartAsync();
        await server.OpenGroupAsync();
        var token = await NewTokenAsync(server);
        var (_, hash) = (await server.Instance.Database.Tokens.FindTokenAsync(token.Split('.')[1], default))!.Value;

        foreach (var guess in new[] { hash.ToString(), $"PVT1.{token.Split('.')[1]}.{hash}", Convert.ToBase64String(hash.ToOctets()), $"PVT1.{token.Split('.')[1]}.{hash.ToString()[..32]}" })
            await Problem.IsAsync(await server.WithToken(guess).EnrollAsync("pump-1"), HttpStatusCode.Unauthorized, "bad-token");
    }

    private static Task<string> NewTokenAsync(TestServer server) => server.CreateTokenAsync(new { group = "pumps" });

    // As it is, its secret part alone, and both as a program might write them.
    private static void AddForms(List<(string Name, byte[] Octets)> secrets, string name, string secret)
    {
        foreach (var part in new[] { secret, secret.Split('.')[^1] })
        {
            var octets = System.Text.Encoding.UTF8.GetBytes(part);
            secrets.AddRange([(name, octets), (name, System.Text.Encoding.Unicode.GetBytes(part))]);
            secrets.Add((name, System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(octets).TrimEnd('='))));
            secrets.Add((name, System.Text.Encoding.ASCII.GetBytes(Convert.ToHexString(octets))));
        }
    }

    private static async Task<byte[]> ReadSharedAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    // As "sqlite3 .backup" makes it: the engine's own backup of the live database.
    private static async Task<byte[]> BackUpAsync(string folder)
    {
        var target = Path.Combine(folder, "backup.copy");
        await using (var source = new SqliteConnection($"Data Source={Path.Combine(folder, "provisioning.db")};Mode=ReadOnly;Pooling=False"))
        await using (var copy = new SqliteConnection($"Data Source={target};Pooling=False"))
        {
            await source.OpenAsync();
            await copy.OpenAsync();
            source.BackupDatabase(copy);
        }

        return await File.ReadAllBytesAsync(target);
    }
}
