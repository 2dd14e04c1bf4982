using System.Collections;
using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Playwright;

namespace Provisioning.Interop.Browser;

/// <summary>
/// The operating system's Chromium, without a window and in a home of its own. It speaks TLS itself, and trusts the
/// server's root and shows a certificate because both were imported, as a person would have done it.
/// </summary>
internal sealed class Chromium : IAsyncDisposable
{
    private const string Executable = "/usr/bin/chromium";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // It runs as root in containers, and has nobody to talk to but the server.
    private static readonly string[] Switches =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--no-proxy-server",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
    ];

    private readonly string _home;
    private readonly IPlaywright _driver;
    private readonly IBrowserContext _context;

    private Chromium(string home, IPlaywright driver, IBrowserContext context)
    {
        (_home, _driver, _context) = (home, driver, context);
        context.SetDefaultTimeout((float)Patience.TotalMilliseconds);
        context.Request += (_, request) => Requests.Enqueue(new Uri(request.Url));
        context.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") Complaints.Enqueue(message.Text);
        };
    }

    /// <summary>Everything that its pages have asked for, from wherever.</summary>
    internal ConcurrentQueue<Uri> Requests { get; } = new();

    /// <summary>Errors and warnings of its pages, broken content policies among them.</summary>
    internal ConcurrentQueue<string> Complaints { get; } = new();

    /// <summary>Starts it.</summary>
    /// <param name="server">The server whose root it trusts.</param>
    /// <param name="credential">The first credential that it shows to that server, or null for none.</param>
    internal static async Task<Chromium> StartAsync(ServerProcess server, string? credential)
    {
        Assert.True(File.Exists(Executable), $"{Executable} is missing: apt-get install chromium libnss3-tools");
        var home = Directory.CreateTempSubdirectory("provisioning-chromium-").FullName;
        await ImportAsync(server, credential, home);
        var profile = Path.Combine(home, "profile");
        await ChooseCertificateAsync(server, profile);

        var driver = await Playwright.CreateAsync();
        var context = await driver.Chromium.LaunchPersistentContextAsync(profile, new()
        {
            ExecutablePath = Executable,
            Headless = true,
            Args = Switches,
            Env = EnvironmentOf(home),
            ViewportSize = new() { Width = 1280, Height = 1500 },
            Timeout = (float)Patience.TotalMilliseconds,
        });
        Assertions.SetDefaultExpectTimeout((float)Patience.TotalMilliseconds);
        return new Chromium(home, driver, context);
    }

    internal Task<IPage> NewPageAsync() => _context.NewPageAsync();

    public async ValueTask DisposeAsync()
    {
        await _context.CloseAsync();
        _driver.Dispose();
        Directory.Delete(_home, recursive: true);
    }

    private static async Task ImportAsync(ServerProcess server, string? credential, string home)
    {
        var database = "sql:" + Directory.CreateDirectory(Path.Combine(home, ".pki", "nssdb")).FullName;
        await Tool.CheckAsync("certutil", "-N", "-d", database, "--empty-password");
        await Tool.CheckAsync(
            "certutil", "-A", "-d", database, "-n", "root", "-t", "C,,", "-i", server.Pki("root.pem"));
        if (credential is null) return;
        await Tool.CheckAsync(
            "pk12util", "-d", database, "-K", "", "-i", server.Credential(credential + ".p12"),
            "-w", server.Credential("p12.password"));
    }

    // What a person answers once, when the browser asks which certificate to show.
    private static Task ChooseCertificateAsync(ServerProcess server, string profile)
    {
        var any = new { setting = new { filters = new[] { new { } } } };
        var exceptions = new Dictionary<string, object> { [server.Https + ",*"] = any };
        var preferences = new
        {
            profile = new { content_settings = new { exceptions = new { auto_select_certificate = exceptions } } },
        };
        var folder = Directory.CreateDirectory(Path.Combine(profile, "Default")).FullName;
        return File.WriteAllTextAsync(Path.Combine(folder, "Preferences"), JsonSerializer.Serialize(preferences));
    }

    private static Dictionary<string, string> EnvironmentOf(string home)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);
        environment["HOME"] = home;
        foreach (var folder in new[] { "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME" })
            environment.Remove(folder);
        return environment;
    }
}
